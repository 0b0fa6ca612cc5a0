/* family_head.c -- a learned answer head: acceptance is soft and depends on theta.
 *
 * P(y|x_i) = softmax_y(theta.phi_iy + o_y),  P(z|x_i,y) = softmax_z(psi.chi_iyz),
 * a(y) = P(z_i|x_i,y);  y = 0 is the empty rationale, o_0 = -2.         [spec:sim 2.4]
 *
 * Symbols (paper -> code)
 *   theta, psi  theta[0..d), theta[d..2d)   policy and head
 *   phi, chi    phi, chi     features (m,Y,d), (m,Y,Z,d)
 *   r_y         r            chi_iy,z_i - E_z chi_iy, the head's score      (Y,d)
 *   h, s        -            (phi_y - E_P phi, 0), (phi_y - E_P phi, r_y)
 */
#include "ref/numeric.h"
#include "sim/family.h"
#include "sim/family_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double EMPTY_OFFSET = -2.0;
static const size_t LARGEST_HEAD = (size_t)1 << 28; /* doubles in chi, 2 GiB */

typedef struct head_data {
    size_t Y, Z, d; /* d of either block */
    double *phi;    /* (m,Y,d) */
    double *chi;    /* (m,Y,Z,d) */
    double *start;  /* (2d) */
} head_data;

/* Scratch, in this order. */
typedef struct head_work {
    double *P, *C, *Q, *logit, *accept, *log_accept, *s2, *h2; /* (Y) */
    double *mean;                                              /* (d) E_P phi */
    double *mu;                                                /* (2d) */
    double *r;                                                 /* (Y,d) */
    double *answer;                                            /* (Z) log P(z|x,y) */
} head_work;

static const head_data *data_of(const sim_problem *p)
{
    return p->data;
}

static size_t scratch_size(size_t Y, size_t Z, size_t d)
{
    return 8 * Y + 3 * d + Y * d + Z;
}

static head_work work_at(double *scratch, const head_data *c)
{
    head_work w = {.P = scratch};
    w.C = w.P + c->Y;
    w.Q = w.C + c->Y;
    w.logit = w.Q + c->Y;
    w.accept = w.logit + c->Y;
    w.log_accept = w.accept + c->Y;
    w.s2 = w.log_accept + c->Y;
    w.h2 = w.s2 + c->Y;
    w.mean = scratch + 8 * c->Y;
    w.mu = w.mean + c->d;
    w.r = w.mu + 2 * c->d;
    w.answer = w.r + c->Y * c->d;
    return w;
}

static const double *phi_at(const head_data *c, size_t i, size_t y)
{
    return c->phi + (i * c->Y + y) * c->d;
}

static const double *chi_at(const head_data *c, size_t i, size_t y, size_t z)
{
    return c->chi + ((i * c->Y + y) * c->Z + z) * c->d;
}

static double inner(const double *x, const double *y, size_t d)
{
    double total = 0.0;
    for (size_t k = 0; k < d; k++) total += x[k] * y[k];
    return total;
}

/* answer (Z) <- log P(z|x_i,y) */
static void answer_law(double *answer, const head_data *c, const double *psi, size_t i,
                       size_t y)
{
    for (size_t z = 0; z < c->Z; z++) answer[z] = inner(psi, chi_at(c, i, y, z), c->d);
    const double total = ref_logsumexp(answer, c->Z);
    for (size_t z = 0; z < c->Z; z++) answer[z] -= total;
}

/* r (d) <- chi_iy,z_i - sum_z P(z|x_i,y) chi_iyz */
static void answer_score(double *r, const head_data *c, const double *answer, size_t i,
                         size_t y)
{
    const double *wanted = chi_at(c, i, y, i % c->Z);
    for (size_t k = 0; k < c->d; k++) r[k] = wanted[k];
    for (size_t z = 0; z < c->Z; z++) {
        const double weight = exp(answer[z]);
        const double *chi = chi_at(c, i, y, z);
        for (size_t k = 0; k < c->d; k++) r[k] -= weight * chi[k];
    }
}

static void head_open(const sim_problem *p, const double *theta, size_t i,
                      double *scratch)
{
    const head_data *c = data_of(p);
    const head_work w = work_at(scratch, c);
    for (size_t y = 0; y < c->Y; y++)
        w.logit[y] =
            inner(theta, phi_at(c, i, y), c->d) + (y == 0 ? EMPTY_OFFSET : 0.0);
    sim_softmax(w.P, w.C, w.logit, c->Y);

    for (size_t k = 0; k < c->d; k++) w.mean[k] = 0.0;
    for (size_t y = 0; y < c->Y; y++) {
        const double *phi = phi_at(c, i, y);
        for (size_t k = 0; k < c->d; k++) w.mean[k] += w.P[y] * phi[k];
        answer_law(w.answer, c, theta + c->d, i, y);
        answer_score(w.r + y * c->d, c, w.answer, i, y);
        w.log_accept[y] = w.answer[i % c->Z];
        w.accept[y] = exp(w.log_accept[y]);
    }
}

/* |phi_y - E_P phi|^2 */
static double policy_norm2(const head_data *c, const double *mean, size_t i, size_t y)
{
    const double *phi = phi_at(c, i, y);
    double total = 0.0;
    for (size_t k = 0; k < c->d; k++) total += (phi[k] - mean[k]) * (phi[k] - mean[k]);
    return total;
}

/* mu (2d) <- E_Q s;  returns v = E_Q |s - mu|^2 */
static double posterior_mean(const head_work *w, const head_data *c, size_t i)
{
    double v = 0.0;
    memset(w->mu, 0, 2 * c->d * sizeof *w->mu);
    for (size_t y = 0; y < c->Y; y++)
        for (size_t k = 0; k < c->d; k++) {
            w->mu[k] += w->Q[y] * (phi_at(c, i, y)[k] - w->mean[k]);
            w->mu[c->d + k] += w->Q[y] * w->r[y * c->d + k];
        }
    for (size_t y = 0; y < c->Y; y++)
        for (size_t k = 0; k < c->d; k++) {
            const double policy = phi_at(c, i, y)[k] - w->mean[k] - w->mu[k];
            const double head = w->r[y * c->d + k] - w->mu[c->d + k];
            v += w->Q[y] * (policy * policy + head * head);
        }
    return v;
}

static void head_moments(const sim_problem *p, const double *theta, size_t i,
                         double *scratch, sim_moments *out, double *mu)
{
    const head_data *c = data_of(p);
    const head_work w = work_at(scratch, c);
    head_open(p, theta, i, scratch);
    sim_posterior(w.Q, out, w.P, w.accept, w.log_accept, w.logit, c->Y);
    for (size_t y = 0; y < c->Y; y++) {
        const double *r = w.r + y * c->d;
        w.h2[y] = policy_norm2(c, w.mean, i, y);
        w.s2[y] = w.h2[y] + inner(r, r, c->d);
    }
    sim_moment_sums(out, w.P, w.Q, w.accept, w.s2, w.h2, c->Y);
    out->v = posterior_mean(&w, c, i);
    out->mu2 = inner(w.mu, w.mu, 2 * c->d);
    if (mu != NULL) memcpy(mu, w.mu, 2 * c->d * sizeof *mu);
}

/* One prompt's part of the Hessian,
 *   Cov_P(phi) on the policy block, E_Q Cov_z(chi) on the head block, - Cov_Q(s). */
static void add_prompt(double *hessian, const head_work *w, const head_data *c,
                       const double *psi, size_t i, double weight)
{
    const size_t d = c->d;
    for (size_t y = 0; y < c->Y; y++) {
        const double *phi = phi_at(c, i, y), *r = w->r + y * d;
        for (size_t j = 0; j < 2 * d; j++) {
            const double s_j = j < d ? phi[j] - w->mean[j] : r[j - d];
            for (size_t k = 0; k < 2 * d; k++) {
                const double s_k = k < d ? phi[k] - w->mean[k] : r[k - d];
                const double mixed = (s_j - w->mu[j]) * (s_k - w->mu[k]);
                const double policy = j < d && k < d ? w->P[y] * s_j * s_k : 0.0;
                hessian[j * 2 * d + k] += weight * (policy - w->Q[y] * mixed);
            }
        }
        answer_law(w->answer, c, psi, i, y);
        for (size_t z = 0; z < c->Z; z++) {
            const double share = weight * w->Q[y] * exp(w->answer[z]);
            const double *chi = chi_at(c, i, y, z);
            const double *wanted = chi_at(c, i, y, i % c->Z);
            for (size_t j = 0; j < d; j++) /* E_z chi = wanted - r */
                for (size_t k = 0; k < d; k++)
                    hessian[(d + j) * 2 * d + d + k] += share
                                                        * (chi[j] - wanted[j] + r[j])
                                                        * (chi[k] - wanted[k] + r[k]);
        }
    }
}

static ref_status head_hessian(const sim_problem *p, const double *theta,
                               double *hessian)
{
    const head_data *c = data_of(p);
    double *scratch = calloc(p->scratch, sizeof *scratch);
    if (scratch == NULL) return REF_ENOMEM;
    const head_work w = work_at(scratch, c);
    memset(hessian, 0, p->d * p->d * sizeof *hessian);
    for (size_t i = 0; i < p->m; i++) {
        sim_moments unused;
        head_moments(p, theta, i, scratch, &unused, NULL);
        add_prompt(hessian, &w, c, theta + c->d, i, 1.0 / (double)p->m);
    }
    for (size_t k = 0; k < p->d; k++) hessian[k * p->d + k] += p->lambda;
    free(scratch);
    return REF_OK;
}

static double distance2(const double *x, const double *y, size_t d)
{
    double total = 0.0;
    for (size_t k = 0; k < d; k++) total += (x[k] - y[k]) * (x[k] - y[k]);
    return total;
}

/* Diameter of the answer features of (i,y). */
static double answer_diameter(const head_data *c, size_t i, size_t y)
{
    double widest2 = 0.0;
    for (size_t z = 0; z < c->Z; z++)
        for (size_t other = 0; other < z; other++)
            widest2 = fmax(widest2,
                           distance2(chi_at(c, i, y, z), chi_at(c, i, y, other), c->d));
    return sqrt(widest2);
}

/* Mean over prompts of
 *   max_{y,y'} [ |phi_y - phi_y'|^2 + (D_y + D_y')^2 ] / 4,  D_y = diam_z chi_iyz:
 * Cov_Q(s) from below, where |r_y| <= D_y. From above Cov_P(phi) <= diam^2/4 and
 * E_Q Cov_z(chi) <= D^2/4, both no larger. */
static double head_smoothness(const sim_problem *p)
{
    const head_data *c = data_of(p);
    ref_sum total = {0};
    for (size_t i = 0; i < p->m; i++) {
        double widest2 = 0.0;
        for (size_t y = 0; y < c->Y; y++)
            for (size_t x = 0; x <= y; x++) {
                const double D = answer_diameter(c, i, y) + answer_diameter(c, i, x);
                widest2 = fmax(
                    widest2, distance2(phi_at(c, i, y), phi_at(c, i, x), c->d) + D * D);
            }
        ref_sum_add(&total, 0.25 * widest2);
    }
    return ref_sum_value(&total) / (double)p->m + p->lambda;
}

static void head_start(const sim_problem *p, double *theta)
{
    memcpy(theta, data_of(p)->start, p->d * sizeof *theta);
}

static double head_draw(const sim_problem *p, size_t i, const double *scratch,
                        const ref_rng_stream *stream, uint32_t j, uint32_t *latent)
{
    const size_t Y = data_of(p)->Y;
    (void)i;
    latent[0] = sim_draw_index(scratch + Y, Y, ref_rng_uniform(stream, j));
    return scratch[4 * Y + latent[0]];
}

static void head_add_score(const sim_problem *p, size_t i, const double *scratch,
                           const uint32_t *latent, double c_s, double c_h, double *g)
{
    const head_data *c = data_of(p);
    const double *mean = scratch + 8 * c->Y;
    const double *r = mean + 3 * c->d + latent[0] * c->d;
    const double *phi = phi_at(c, i, latent[0]);
    for (size_t k = 0; k < c->d; k++) {
        g[k] += (c_s + c_h) * (phi[k] - mean[k]);
        g[c->d + k] += c_s * r[k];
    }
}

static double head_score_norm(const sim_problem *p, size_t i, const double *scratch,
                              const uint32_t *latent)
{
    const head_data *c = data_of(p);
    const double *mean = scratch + 8 * c->Y;
    const double *r = mean + 3 * c->d + latent[0] * c->d;
    return sqrt(policy_norm2(c, mean, i, latent[0]) + inner(r, r, c->d));
}

static void head_release(sim_problem *p)
{
    head_data *c = p->data;
    free(c->phi);
    free(c->chi);
    free(c->start);
    free(c);
}

const sim_family sim_family_head = {
    .name = "head",
    .what = "log-linear policy with a learned answer head: soft acceptance",
    .start = head_start,
    .moments = head_moments,
    .hessian = head_hessian,
    .smoothness = head_smoothness,
    .open = head_open,
    .draw = head_draw,
    .add_score = head_add_score,
    .score_norm = head_score_norm,
    .free = head_release,
};

bool sim_head_quiet(const sim_problem *p, const double *theta, size_t i,
                    double *scratch, double *g)
{
    if (p->family != &sim_family_head) return false;
    const head_data *c = data_of(p);
    const head_work w = work_at(scratch, c);
    answer_law(w.answer, c, theta + c->d, i, 0);
    for (size_t k = 0; k < c->d; k++) g[k] = 0.0;
    answer_score(g + c->d, c, w.answer, i, 0);
    return true;
}

/* The draws of the specification's model H. */
static void fill_head(head_data *c, size_t m, double kappa, uint32_t seed)
{
    const double root2 = sqrt(2.0);
    for (uint32_t i = 0; i < m; i++)
        for (uint32_t y = 0; y < c->Y; y++) {
            const uint32_t row = i * (uint32_t)c->Y + y;
            for (uint32_t k = 0; k < c->d; k++)
                c->phi[row * c->d + k] =
                    ref_rng_feature_gauss(seed, 0, i, y, k) / root2;
            for (uint32_t z = 0; z < c->Z; z++)
                for (uint32_t k = 0; k < c->d; k++)
                    c->chi[(row * c->Z + z) * c->d + k] =
                        ref_rng_feature_gauss(seed, 2, i, z, k)
                        + kappa * ref_rng_feature_gauss(seed, 4, row, z, k);
        }
    for (uint32_t k = 0; k < 2 * c->d; k++)
        c->start[k] = 0.6 * ref_rng_feature_gauss(seed, 6, 0, 0, k) / root2;
}

static bool head_sizes(size_t m, size_t Y, size_t Z, size_t d)
{
    size_t total = 1;
    const size_t factor[] = {m, Y, Z, d};
    for (size_t k = 0; k < 4; k++) {
        if (factor[k] == 0 || factor[k] > LARGEST_HEAD / total) return false;
        total *= factor[k];
    }
    return Z >= 2;
}

ref_status sim_head_init(sim_problem *p, size_t m, size_t Y, size_t Z, size_t d,
                         double kappa, uint32_t seed, ref_why *why)
{
    *p = (sim_problem){0};
    if (!head_sizes(m, Y, Z, d))
        return ref_fail(why, REF_ESHAPE,
                        "m = %zu, Y = %zu, Z = %zu, d = %zu: all must be positive, "
                        "Z >= 2, and their product at most 2^28",
                        m, Y, Z, d);
    if (!isfinite(kappa)) return ref_fail(why, REF_EDOM, "kappa is not finite");

    head_data *c = calloc(1, sizeof *c);
    if (c == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the problem");
    *c = (head_data){.Y = Y, .Z = Z, .d = d};
    c->phi = calloc(m * Y * d, sizeof *c->phi);
    c->chi = calloc(m * Y * Z * d, sizeof *c->chi);
    c->start = calloc(2 * d, sizeof *c->start);
    *p = (sim_problem){.family = &sim_family_head,
                       .m = m,
                       .d = 2 * d,
                       .latent = 1,
                       .uniforms = 1,
                       .scratch = scratch_size(Y, Z, d),
                       .data = c,
                       .policy = d};
    if (c->phi == NULL || c->chi == NULL || c->start == NULL) {
        sim_problem_free(p);
        return ref_fail(why, REF_ENOMEM, "no memory for the features of the head");
    }
    fill_head(c, m, kappa, seed);
    return REF_OK;
}
