/* family_bvpo_exact.c -- moments of the preference gradients by enumeration. */
#include "sim/family_bvpo.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ref_status sim_bvpo_coupling_parse(sim_bvpo_coupling *out, const char *name,
                                   ref_why *why)
{
    static const char *const names[] = {[SIM_BVPO_PAIRED] = "paired",
                                        [SIM_BVPO_PROMPT] = "prompt",
                                        [SIM_BVPO_INDEP] = "indep"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (sim_bvpo_coupling)i;
            return REF_OK;
        }
    return ref_fail(why, REF_EUSAGE, "coupling '%s' is none of paired, prompt, indep",
                    name);
}

static void add_scaled(double *y, double a, const double *x, size_t d)
{
    for (size_t k = 0; k < d; k++) y[k] += a * x[k];
}

/* E over both traces of one pair: loss, mean gradient (d), mean square. */
typedef struct trace_mean {
    double loss, square;
} trace_mean;

static trace_mean average_traces(double *mean, double *g, const sim_bvpo *m,
                                 const sim_bvpo_table *t, sim_bvpo_pair pair)
{
    trace_mean out = {0};
    memset(mean, 0, m->shape.d * sizeof *mean);
    for (size_t r = 0; r < m->shape.R; r++)
        for (size_t q = 0; q < m->shape.R; q++) {
            const double w = sim_bvpo_posterior(m, pair.x, r, pair.plus)
                             * sim_bvpo_posterior(m, pair.x, q, pair.minus);
            out.loss += w * sim_bvpo_trace(m, t, pair, r, q, g);
            out.square += w * ref_norm2(g, m->shape.d);
            add_scaled(mean, w, g, m->shape.d);
        }
    return out;
}

/* Scratch and running sums of the enumeration; vectors of length d. */
typedef struct sums {
    double *mu, *E_t, *E_e; /* population means */
    double *x_t, *x_e;      /* contributions of one prompt, weights of that prompt */
    double *mean, *g;       /* of one pair, of one outcome */
    double *block;          /* owned */
    double L_m, L_t, L_e;
    double square_t, square_e; /* E|g_t|^2, E|g_e|^2 */
    double paired, prompt;     /* E (E_r g_t).g_e on one pair; on one prompt */
    double condvar;
} sums;

static ref_status sums_init(sums *s, size_t d)
{
    *s = (sums){0};
    s->block = calloc(7 * d, sizeof *s->block);
    if (s->block == NULL) return REF_ENOMEM;
    double **const slot[7] = {&s->mu,  &s->E_t,  &s->E_e, &s->x_t,
                              &s->x_e, &s->mean, &s->g};
    for (size_t i = 0; i < 7; i++) *slot[i] = s->block + i * d;
    return REF_OK;
}

/* Thinking side of one pair, and g_e on the same pair for the paired coupling. */
static void add_pair(sums *s, const sim_bvpo *m, const sim_bvpo_table *t,
                     sim_bvpo_pair pair, double w)
{
    const size_t d = m->shape.d;
    const trace_mean trace = average_traces(s->mean, s->g, m, t, pair);
    s->L_t += w * trace.loss;
    s->square_t += w * trace.square;
    s->condvar += w * (trace.square - ref_norm2(s->mean, d));
    add_scaled(s->x_t, w, s->mean, d);
    s->L_m += w * sim_bvpo_marginal(m, t, pair, s->g);
    add_scaled(s->mu, w, s->g, d);
    (void)sim_bvpo_empty(m, t, pair, s->g);
    s->paired += w * ref_dot(s->mean, s->g, d);
}

/* Empty-trace side of one pair under the law that the coupling asks for. */
static void add_empty(sums *s, const sim_bvpo *m, const sim_bvpo_table *t,
                      sim_bvpo_pair pair, double w)
{
    s->L_e += w * sim_bvpo_empty(m, t, pair, s->g);
    s->square_e += w * ref_norm2(s->g, m->shape.d);
    add_scaled(s->x_e, w, s->g, m->shape.d);
}

static void add_prompt(sums *s, const sim_bvpo *m, const sim_bvpo_table *t, size_t x,
                       sim_bvpo_law law)
{
    const size_t d = m->shape.d, count = m->shape.Y * (m->shape.Y - 1);
    memset(s->x_t, 0, d * sizeof *s->x_t);
    memset(s->x_e, 0, d * sizeof *s->x_e);
    for (size_t k = x * count; k < (x + 1) * count; k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(m, k);
        add_pair(s, m, t, pair, sim_bvpo_weight(m, pair, SIM_BVPO_MARGINAL));
        add_empty(s, m, t, pair, sim_bvpo_weight(m, pair, law));
    }
    add_scaled(s->E_t, 1.0, s->x_t, d);
    add_scaled(s->E_e, 1.0, s->x_e, d);
    /* x_t and x_e carry a factor 1/P each, and E_x of their product wants only one */
    s->prompt += (double)m->shape.P * ref_dot(s->x_t, s->x_e, d);
}

/* Turn sums into biases and covariances; E_t and E_e become b_t and b_e. */
static ref_bvpo_pieces make_pieces(const sums *s, size_t d, double cross)
{
    ref_bvpo_pieces p = {
        .tr_S_t = s->square_t - ref_norm2(s->E_t, d),
        .tr_S_e = s->square_e - ref_norm2(s->E_e, d),
        .tr_S_te = cross - ref_dot(s->E_t, s->E_e, d),
    };
    add_scaled(s->E_t, -1.0, s->mu, d);
    add_scaled(s->E_e, -1.0, s->mu, d);
    p.b_t2 = ref_norm2(s->E_t, d);
    p.b_e2 = ref_norm2(s->E_e, d);
    p.b_te = ref_dot(s->E_t, s->E_e, d);
    return p;
}

ref_status sim_bvpo_moments(sim_bvpo_exact *out, double *mu, const sim_bvpo *m,
                            const sim_bvpo_table *t, sim_bvpo_coupling coupling)
{
    const size_t d = m->shape.d;
    sums s;
    REF_TRY(sums_init(&s, d));
    const sim_bvpo_law law =
        coupling == SIM_BVPO_PAIRED ? SIM_BVPO_MARGINAL : SIM_BVPO_NO_TRACE;
    for (size_t x = 0; x < m->shape.P; x++) add_prompt(&s, m, t, x, law);

    double cross = ref_dot(s.E_t, s.E_e, d); /* independent draws: covariance 0 */
    if (coupling == SIM_BVPO_PAIRED) cross = s.paired;
    if (coupling == SIM_BVPO_PROMPT) cross = s.prompt;
    *out = (sim_bvpo_exact){.L_m = s.L_m,
                            .L_t = s.L_t,
                            .L_e = s.L_e,
                            .mu2 = ref_norm2(s.mu, d),
                            .condvar = s.condvar};
    out->pieces = make_pieces(&s, d, cross);
    if (mu != NULL) memcpy(mu, s.mu, d * sizeof *mu);
    free(s.block);
    return REF_OK;
}

ref_status sim_bvpo_pair_moments(sim_bvpo_exact *out, const sim_bvpo *m,
                                 const sim_bvpo_table *t, sim_bvpo_pair pair)
{
    const size_t d = m->shape.d;
    sums s;
    REF_TRY(sums_init(&s, d));
    add_pair(&s, m, t, pair, 1.0);
    add_empty(&s, m, t, pair, 1.0);
    add_scaled(s.E_t, 1.0, s.x_t, d);
    add_scaled(s.E_e, 1.0, s.x_e, d);
    *out = (sim_bvpo_exact){.L_m = s.L_m,
                            .L_t = s.L_t,
                            .L_e = s.L_e,
                            .mu2 = ref_norm2(s.mu, d),
                            .condvar = s.condvar};
    /* g_e is a constant here, so its variance and its covariance with g_t are 0 */
    out->pieces = make_pieces(&s, d, ref_dot(s.E_t, s.E_e, d));
    out->pieces.tr_S_e = 0.0;
    out->pieces.tr_S_te = 0.0;
    free(s.block);
    return REF_OK;
}

/* ---- K traces ------------------------------------------------------------------------ */

/* Draw number `code` in base R -> K traces; returns their probability given answer y. */
static double decode(size_t *r, const sim_bvpo *m, size_t x, size_t y, size_t code,
                     size_t K)
{
    double w = 1.0;
    for (size_t k = 0; k < K; k++) {
        r[k] = code % m->shape.R;
        code /= m->shape.R;
        w *= sim_bvpo_posterior(m, x, r[k], y);
    }
    return w;
}

ref_status sim_bvpo_ktrace_moments(sim_bvpo_kmoments *out, const sim_bvpo *m,
                                   const sim_bvpo_table *t, sim_bvpo_pair pair,
                                   size_t K)
{
    const size_t d = m->shape.d;
    size_t draws = 1; /* R^K <= 2^12 of each answer */
    for (size_t k = 0; k < K; k++)
        if ((draws *= m->shape.R) > 4096) return REF_ESHAPE;
    if (K == 0 || K > 12) return REF_ESHAPE;

    double *mean = calloc(3 * d, sizeof *mean);
    if (mean == NULL) return REF_ENOMEM;
    double *const g = mean + d, *const target = g + d;
    size_t plus[12], minus[12];
    sim_bvpo_kmoments sum = {0};
    double square = 0.0;
    ref_status status = REF_OK;
    for (size_t i = 0; i < draws * draws && status == REF_OK; i++) {
        const double w = decode(plus, m, pair.x, pair.plus, i / draws, K)
                         * decode(minus, m, pair.x, pair.minus, i % draws, K);
        double loss = 0.0;
        status = sim_bvpo_ktrace(&loss, g, m, t, pair, plus, minus, K);
        sum.loss += w * loss;
        square += w * ref_norm2(g, d);
        add_scaled(mean, w, g, d);
    }
    sum.variance = square - ref_norm2(mean, d);
    (void)sim_bvpo_marginal(m, t, pair, target);
    add_scaled(mean, -1.0, target, d);
    sum.bias = sqrt(ref_norm2(mean, d));
    if (status == REF_OK) *out = sum;
    free(mean);
    return status;
}

/* ---- smoothness ---------------------------------------------------------------------- */

/* Largest |u - v| over the rows of feature (n,d). */
static double diameter(const double *feature, size_t n, size_t d)
{
    double largest = 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double square = 0.0;
            for (size_t k = 0; k < d; k++) {
                const double step = feature[i * d + k] - feature[j * d + k];
                square += step * step;
            }
            largest = fmax(largest, square);
        }
    return sqrt(largest);
}

sim_bvpo_smoothness sim_bvpo_smooth(const sim_bvpo *m)
{
    const size_t R = m->shape.R, Y = m->shape.Y, d = m->shape.d;
    sim_bvpo_smoothness out = {0};
    for (size_t x = 0; x < m->shape.P; x++) {
        out.D_phi = fmax(out.D_phi, diameter(&m->phi[x * R * d], R, d));
        for (size_t r = 0; r < R; r++) {
            const double D = diameter(&m->psi[(x * R + r) * Y * d], Y, d);
            out.D_psi = fmax(out.D_psi, D);
            if (r == 0) out.D_psi0 = fmax(out.D_psi0, D);
        }
    }
    const double beta = m->shape.beta;
    const double reach = out.D_phi + 2.0 * out.D_psi; /* bound of |s(r,y+) - s(q,y-)| */
    const double margin = 0.25 * beta * beta * reach * reach;
    const double answer = 0.25 * beta * out.D_psi * out.D_psi;
    out.L_t = margin + answer;
    out.L_m = margin + 0.25 * beta * reach * reach + answer;
    out.L_e = 0.25 * beta * beta * out.D_psi0 * out.D_psi0;
    return out;
}
