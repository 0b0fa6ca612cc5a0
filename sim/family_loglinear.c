/* family_loglinear.c -- P(y|x_i) = softmax_y(theta.phi_iy + o_iy), fixed acceptance.
 *
 * Symbols (paper -> code)
 *   phi, o    phi, offset      features (m,Y,d), fixed offsets (m,Y)
 *   E_P phi   mean             (d)
 *   h = s     phi - mean       score; acceptance does not depend on theta
 *
 * Hess L = (1/m) sum_i [Cov_P(phi) - Cov_Q(phi)] + lambda I.           [spec:sim 2.4]
 */
#include "ref/numeric.h"
#include "sim/family.h"
#include "sim/family_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Scratch of one prompt, in this order. */
typedef struct prompt_table {
    double *P, *C, *Q, *logit, *h2; /* (Y) */
    double *mean, *mean_q, *weight; /* (d), (d), (d) */
} prompt_table;

static size_t scratch_size(size_t Y, size_t d)
{
    return 5 * Y + 3 * d;
}

static prompt_table table_at(double *scratch, size_t Y, size_t d)
{
    return (prompt_table){.P = scratch,
                          .C = scratch + Y,
                          .Q = scratch + 2 * Y,
                          .logit = scratch + 3 * Y,
                          .h2 = scratch + 4 * Y,
                          .mean = scratch + 5 * Y,
                          .mean_q = scratch + 5 * Y + d,
                          .weight = scratch + 5 * Y + 2 * d};
}

static const sim_loglinear_data *data_of(const sim_problem *p)
{
    return p->data;
}

/* out (d) <- sum_y w_y phi_iy */
static void mean_feature(double *out, const sim_loglinear *t, size_t i, const double *w)
{
    for (size_t k = 0; k < t->d; k++) out[k] = 0.0;
    for (size_t y = 0; y < t->Y; y++) {
        const double *phi = t->phi + (i * t->Y + y) * t->d;
        for (size_t k = 0; k < t->d; k++) out[k] += w[y] * phi[k];
    }
}

/* |phi_iy - centre|^2 */
static double distance2(const sim_loglinear *t, size_t i, size_t y,
                        const double *centre)
{
    const double *phi = t->phi + (i * t->Y + y) * t->d;
    double total = 0.0;
    for (size_t k = 0; k < t->d; k++)
        total += (phi[k] - centre[k]) * (phi[k] - centre[k]);
    return total;
}

/* Policy of prompt i of a table: logit, P, C. */
static void open_policy(const prompt_table *w, const sim_loglinear *t,
                        const double *theta, size_t i)
{
    for (size_t y = 0; y < t->Y; y++) {
        const double *phi = t->phi + (i * t->Y + y) * t->d;
        double logit = t->offset[i * t->Y + y];
        for (size_t k = 0; k < t->d; k++) logit += phi[k] * theta[k];
        w->logit[y] = logit;
    }
    sim_softmax(w->P, w->C, w->logit, t->Y);
}

static void loglinear_open(const sim_problem *p, const double *theta, size_t i,
                           double *scratch)
{
    const sim_loglinear *t = &data_of(p)->table;
    const prompt_table w = table_at(scratch, t->Y, t->d);
    open_policy(&w, t, theta, i);
    mean_feature(w.mean, t, i, w.P);
}

static void loglinear_moments(const sim_problem *p, const double *theta, size_t i,
                              double *scratch, sim_moments *out, double *mu)
{
    const sim_loglinear *t = &data_of(p)->table;
    const double *accept = t->accept + i * t->Y;
    const prompt_table w = table_at(scratch, t->Y, t->d);
    loglinear_open(p, theta, i, scratch);
    sim_posterior(w.Q, out, w.P, accept, NULL, w.logit, t->Y);
    mean_feature(w.mean_q, t, i, w.Q);

    for (size_t y = 0; y < t->Y; y++) w.h2[y] = distance2(t, i, y, w.mean);
    sim_moment_sums(out, w.P, w.Q, accept, w.h2, w.h2, t->Y);

    out->mu2 = 0.0;
    for (size_t k = 0; k < t->d; k++) {
        const double mu_k = w.mean_q[k] - w.mean[k];
        out->mu2 += mu_k * mu_k;
        if (mu != NULL) mu[k] = mu_k;
    }
    /* directly, not as S2 - |mu|^2: exactly 0 for a single accepted latent */
    out->v = 0.0;
    for (size_t y = 0; y < t->Y; y++)
        if (w.Q[y] > 0.0) out->v += w.Q[y] * distance2(t, i, y, w.mean_q);
}

/* hessian (d,d), lower triangle += scale sum_y w_y (phi - centre)(phi - centre)' */
static void add_covariance(double *hessian, const sim_loglinear *t, size_t i,
                           const double *w, const double *centre, double scale)
{
    for (size_t y = 0; y < t->Y; y++) {
        const double *phi = t->phi + (i * t->Y + y) * t->d;
        for (size_t j = 0; j < t->d; j++) {
            const double left = scale * w[y] * (phi[j] - centre[j]);
            for (size_t k = 0; k <= j; k++)
                hessian[j * t->d + k] += left * (phi[k] - centre[k]);
        }
    }
}

static ref_status loglinear_hessian(const sim_problem *p, const double *theta,
                                    double *hessian)
{
    const sim_loglinear *t = &data_of(p)->table;
    double *scratch = calloc(p->scratch, sizeof *scratch);
    if (scratch == NULL) return REF_ENOMEM;
    const prompt_table w = table_at(scratch, t->Y, t->d);
    const double weight = 1.0 / (double)t->m;

    memset(hessian, 0, t->d * t->d * sizeof *hessian);
    for (size_t i = 0; i < t->m; i++) {
        sim_moments unused;
        loglinear_open(p, theta, i, scratch);
        sim_posterior(w.Q, &unused, w.P, t->accept + i * t->Y, NULL, w.logit, t->Y);
        mean_feature(w.mean_q, t, i, w.Q);
        add_covariance(hessian, t, i, w.P, w.mean, weight);
        add_covariance(hessian, t, i, w.Q, w.mean_q, -weight);
    }
    for (size_t j = 0; j < t->d; j++) {
        hessian[j * t->d + j] += p->lambda;
        for (size_t k = 0; k < j; k++) hessian[k * t->d + j] = hessian[j * t->d + k];
    }
    free(scratch);
    return REF_OK;
}

/* (1/m) sum_i diam_i^2 / 4 + lambda (Popoviciu).            [spec:sim 2.4][spec:gvm 1.4] */
static double loglinear_smoothness(const sim_problem *p)
{
    const sim_loglinear *t = &data_of(p)->table;
    ref_sum total = {0};
    for (size_t i = 0; i < t->m; i++) {
        double diameter2 = 0.0;
        for (size_t y = 0; y < t->Y; y++)
            for (size_t z = 0; z < y; z++) {
                const double gap = distance2(t, i, y, t->phi + (i * t->Y + z) * t->d);
                if (!(gap <= diameter2)) diameter2 = gap;
            }
        ref_sum_add(&total, diameter2);
    }
    return 0.25 * ref_sum_value(&total) / (double)t->m + p->lambda;
}

static void loglinear_start(const sim_problem *p, double *theta)
{
    const double *start = data_of(p)->start;
    for (size_t k = 0; k < p->d; k++) theta[k] = start == NULL ? 0.0 : start[k];
}

static double loglinear_draw(const sim_problem *p, size_t i, const double *scratch,
                             const ref_rng_stream *stream, uint32_t j, uint32_t *latent)
{
    const sim_loglinear *t = &data_of(p)->table;
    latent[0] = sim_draw_index(scratch + t->Y, t->Y, ref_rng_uniform(stream, j));
    return t->accept[i * t->Y + latent[0]];
}

static void loglinear_add_score(const sim_problem *p, size_t i, const double *scratch,
                                const uint32_t *latent, double c_s, double c_h,
                                double *g)
{
    const sim_loglinear *t = &data_of(p)->table;
    const double *mean = scratch + 5 * t->Y;
    const double *phi = t->phi + (i * t->Y + latent[0]) * t->d;
    const double c = c_s + c_h;
    for (size_t k = 0; k < t->d; k++) g[k] += c * (phi[k] - mean[k]);
}

static double loglinear_score_norm(const sim_problem *p, size_t i,
                                   const double *scratch, const uint32_t *latent)
{
    const sim_loglinear *t = &data_of(p)->table;
    return sqrt(distance2(t, i, latent[0], scratch + 5 * t->Y));
}

static void loglinear_release(sim_problem *p)
{
    sim_loglinear_data_free(p->data);
}

const sim_family sim_family_loglinear = {
    .name = "loglinear",
    .what = "shared log-linear policy over enumerated latents, fixed acceptance",
    .start = loglinear_start,
    .moments = loglinear_moments,
    .hessian = loglinear_hessian,
    .smoothness = loglinear_smoothness,
    .open = loglinear_open,
    .draw = loglinear_draw,
    .add_score = loglinear_add_score,
    .score_norm = loglinear_score_norm,
    .free = loglinear_release,
};

void sim_loglinear_problem(sim_problem *p, sim_loglinear_data *data, double lambda)
{
    const sim_loglinear *t = &data->table;
    *p = (sim_problem){.family = &sim_family_loglinear,
                       .m = t->m,
                       .d = t->d,
                       .lambda = lambda,
                       .latent = 1,
                       .uniforms = 1,
                       .scratch = scratch_size(t->Y, t->d),
                       .data = data,
                       .policy = t->d};
}

const sim_loglinear *sim_problem_loglinear(const sim_problem *p)
{
    if (p->family != &sim_family_tabular && p->family != &sim_family_loglinear)
        return NULL;
    const sim_loglinear *t = &data_of(p)->table;
    return t->phi == NULL ? NULL : t;
}

const sim_loglinear *sim_problem_test_set(const sim_problem *p)
{
    if (p->family != &sim_family_loglinear) return NULL;
    const sim_loglinear *t = &data_of(p)->test;
    return t->m == 0 ? NULL : t;
}

double sim_problem_test_accuracy(const sim_problem *p, const double *theta,
                                 double *scratch)
{
    const sim_loglinear *t = sim_problem_test_set(p);
    if (t == NULL) return nan("");
    const prompt_table w = table_at(scratch, t->Y, t->d);
    ref_sum total = {0};
    for (size_t i = 0; i < t->m; i++) {
        open_policy(&w, t, theta, i);
        ref_sum_add(&total, ref_dot(w.P, t->accept + i * t->Y, t->Y));
    }
    return ref_sum_value(&total) / (double)t->m;
}
