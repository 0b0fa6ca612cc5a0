/* family_bvpo.c -- the finite preference model: generator, tables, losses, gradients. */
#include "sim/family_bvpo.h"

#include "ref/bvpo_ktrace.h"
#include "ref/numeric.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* log-odds offset of the empty trace: rare in thinking mode */
#define EMPTY_OFFSET (-2.0)
#define SIZE_LIMIT   ((size_t)1 << 24)

sim_bvpo_shape sim_bvpo_default(void)
{
    return (sim_bvpo_shape){.P = 3,
                            .R = 5,
                            .Y = 4,
                            .d = 8,
                            .seed = 20251006,
                            .beta = 1.0,
                            .tau = 1.0,
                            .kappa = 0.5};
}

/* ---- model --------------------------------------------------------------------------- */

static ref_status check_shape(const sim_bvpo_shape *s, ref_why *why)
{
    const size_t sizes[4] = {s->P, s->R, s->Y, s->d};
    size_t entries = 1;
    for (size_t i = 0; i < 4; i++) {
        if (sizes[i] == 0 || sizes[i] > SIZE_LIMIT / entries)
            return ref_fail(
                why, REF_ESHAPE,
                "P, R, Y, d = %zu, %zu, %zu, %zu: each must be positive and "
                "their product at most 2^24",
                s->P, s->R, s->Y, s->d);
        entries *= sizes[i];
    }
    if (s->Y < 2) return ref_fail(why, REF_ESHAPE, "a pair needs at least 2 answers");
    if (!(s->beta > 0.0 && isfinite(s->beta)))
        return ref_fail(why, REF_EDOM, "beta = %g must be positive and finite",
                        s->beta);
    if (!isfinite(s->tau) || !isfinite(s->kappa))
        return ref_fail(why, REF_EDOM, "tau = %g and kappa = %g must be finite", s->tau,
                        s->kappa);
    return REF_OK;
}

/* x (n) <- uniforms of [-1,1) in draw order */
static void draw_array(double *x, size_t n, uint64_t *state)
{
    for (size_t i = 0; i < n; i++)
        x[i] = 2.0 * ((double)(ref_rng_splitmix64(state) >> 11) * 0x1p-53) - 1.0;
}

static void generate(sim_bvpo *m)
{
    const sim_bvpo_shape *s = &m->shape;
    uint64_t state = s->seed;
    draw_array(m->phi, s->P * s->R * s->d, &state);
    draw_array(m->a, s->P * s->Y * s->d, &state);
    draw_array(m->b, s->P * s->R * s->Y * s->d, &state);
    draw_array(m->theta_ref, s->d, &state);
    draw_array(m->delta, s->d, &state);
    draw_array(m->reward, s->P * s->Y, &state);
    for (size_t i = 0; i < s->P * s->Y; i++) m->reward[i] *= 2.0;

    for (size_t k = 0; k < s->d; k++)
        m->theta[k] = m->theta_ref[k] + s->tau * m->delta[k];
    const size_t Yd = s->Y * s->d;
    for (size_t x = 0; x < s->P; x++)
        for (size_t r = 0; r < s->R; r++)
            for (size_t j = 0; j < Yd; j++) {
                const size_t at = (x * s->R + r) * Yd + j;
                m->psi[at] = m->a[x * Yd + j] + s->kappa * m->b[at];
            }
}

ref_status sim_bvpo_init(sim_bvpo *m, const sim_bvpo_shape *shape, ref_why *why)
{
    *m = (sim_bvpo){.shape = *shape};
    REF_TRY(check_shape(shape, why));
    const size_t PRd = shape->P * shape->R * shape->d,
                 PYd = shape->P * shape->Y * shape->d;
    const size_t PRYd = PRd * shape->Y, d = shape->d, PY = shape->P * shape->Y;

    m->block = calloc(PRd + PYd + 2 * PRYd + 3 * d + PY, sizeof *m->block);
    if (m->block == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the model");
    m->phi = m->block;
    m->a = m->phi + PRd;
    m->b = m->a + PYd;
    m->psi = m->b + PRYd;
    m->theta_ref = m->psi + PRYd;
    m->delta = m->theta_ref + d;
    m->theta = m->delta + d;
    m->reward = m->theta + d;
    generate(m);

    const ref_status status = sim_bvpo_table_init(&m->ref, m, m->theta_ref);
    if (status == REF_OK) return REF_OK;
    sim_bvpo_free(m);
    return ref_fail(why, status, "no memory for the reference's tables");
}

void sim_bvpo_free(sim_bvpo *m)
{
    sim_bvpo_table_free(&m->ref);
    free(m->block);
    *m = (sim_bvpo){0};
}

/* ---- tables -------------------------------------------------------------------------- */

ref_status sim_bvpo_table_init(sim_bvpo_table *t, const sim_bvpo *m,
                               const double *theta)
{
    const sim_bvpo_shape *s = &m->shape;
    const size_t PR = s->P * s->R, PRY = PR * s->Y, PY = s->P * s->Y;
    *t = (sim_bvpo_table){0};
    t->block = calloc(PR + 2 * PRY + PY + (PRY + PR + PY) * s->d, sizeof *t->block);
    if (t->block == NULL) return REF_ENOMEM;

    t->log_r = t->block;
    t->log_y = t->log_r + PR;
    t->log_ry = t->log_y + PRY;
    t->log_m = t->log_ry + PRY;
    t->s = t->log_m + PY;
    t->s_phi = t->s + PRY * s->d;
    t->S = t->s_phi + PR * s->d;
    sim_bvpo_table_fill(t, m, theta);
    return REF_OK;
}

void sim_bvpo_table_free(sim_bvpo_table *t)
{
    free(t->block);
    *t = (sim_bvpo_table){0};
}

/* Softmax over n rows of features: log_p (n) holds offsets on entry, log-probabilities on
 * return; score (n,d) <- feature - mean feature. */
static void softmax_scores(double *log_p, double *score, const double *feature,
                           const double *theta, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++) log_p[i] += ref_dot(&feature[i * d], theta, d);
    const double total = ref_logsumexp(log_p, n);
    for (size_t i = 0; i < n; i++) log_p[i] -= total;

    for (size_t k = 0; k < d; k++) {
        double mean = 0.0;
        for (size_t i = 0; i < n; i++) mean += exp(log_p[i]) * feature[i * d + k];
        for (size_t i = 0; i < n; i++) score[i * d + k] = feature[i * d + k] - mean;
    }
}

/* log pi(y|x) and S(y) of prompt x from the joint tables. */
static void marginalise(sim_bvpo_table *t, const sim_bvpo_shape *sh, size_t x)
{
    const size_t R = sh->R, Y = sh->Y, d = sh->d;
    for (size_t y = 0; y < Y; y++) {
        double top = -HUGE_VAL, sum = 0.0;
        for (size_t r = 0; r < R; r++) top = fmax(top, t->log_ry[(x * R + r) * Y + y]);
        for (size_t r = 0; r < R; r++) sum += exp(t->log_ry[(x * R + r) * Y + y] - top);
        const double log_m = top + log(sum);
        t->log_m[x * Y + y] = log_m;

        double *S = &t->S[(x * Y + y) * d];
        memset(S, 0, d * sizeof *S);
        for (size_t r = 0; r < R; r++) {
            const size_t at = (x * R + r) * Y + y;
            const double posterior = exp(t->log_ry[at] - log_m);
            for (size_t k = 0; k < d; k++) S[k] += posterior * t->s[at * d + k];
        }
    }
}

void sim_bvpo_table_fill(sim_bvpo_table *t, const sim_bvpo *m, const double *theta)
{
    const sim_bvpo_shape *sh = &m->shape;
    const size_t R = sh->R, Y = sh->Y, d = sh->d;
    for (size_t x = 0; x < sh->P; x++) {
        double *log_r = &t->log_r[x * R];
        for (size_t r = 0; r < R; r++) log_r[r] = r == 0 ? EMPTY_OFFSET : 0.0;
        softmax_scores(log_r, &t->s_phi[x * R * d], &m->phi[x * R * d], theta, R, d);

        for (size_t r = 0; r < R; r++) {
            const size_t row = (x * R + r) * Y;
            const double *s_phi = &t->s_phi[(x * R + r) * d];
            memset(&t->log_y[row], 0, Y * sizeof(double));
            softmax_scores(&t->log_y[row], &t->s[row * d], &m->psi[row * d], theta, Y,
                           d);
            for (size_t y = 0; y < Y; y++) {
                t->log_ry[row + y] = log_r[r] + t->log_y[row + y];
                for (size_t k = 0; k < d; k++) t->s[(row + y) * d + k] += s_phi[k];
            }
        }
        marginalise(t, sh, x);
    }
}

/* ---- pairs --------------------------------------------------------------------------- */

size_t sim_bvpo_pairs(const sim_bvpo *m)
{
    return m->shape.P * m->shape.Y * (m->shape.Y - 1);
}

sim_bvpo_pair sim_bvpo_pair_at(const sim_bvpo *m, size_t k)
{
    const size_t Y = m->shape.Y;
    assert(Y >= 2); /* the shape was checked */
    const size_t within = k % (Y * (Y - 1));
    const size_t plus = within / (Y - 1), other = within % (Y - 1);
    return (sim_bvpo_pair){
        .x = k / (Y * (Y - 1)), .plus = plus, .minus = other + (other >= plus)};
}

/* ref(y|x) or ref(y|x,r=0) */
static double answer_probability(const sim_bvpo *m, size_t x, size_t y,
                                 sim_bvpo_law law)
{
    const size_t R = m->shape.R, Y = m->shape.Y;
    return exp(law == SIM_BVPO_MARGINAL ? m->ref.log_m[x * Y + y]
                                        : m->ref.log_y[x * R * Y + y]);
}

double sim_bvpo_weight(const sim_bvpo *m, sim_bvpo_pair pair, sim_bvpo_law law)
{
    double differ = 1.0; /* probability that two answers differ */
    for (size_t y = 0; y < m->shape.Y; y++) {
        const double p = answer_probability(m, pair.x, y, law);
        differ -= p * p;
    }
    const double *reward = &m->reward[pair.x * m->shape.Y];
    return 2.0 * answer_probability(m, pair.x, pair.plus, law)
           * answer_probability(m, pair.x, pair.minus, law)
           * ref_sigmoid(reward[pair.plus] - reward[pair.minus])
           / (differ * (double)m->shape.P);
}

static size_t joint(const sim_bvpo *m, size_t x, size_t r, size_t y)
{
    return (x * m->shape.R + r) * m->shape.Y + y;
}

double sim_bvpo_posterior(const sim_bvpo *m, size_t x, size_t r, size_t y)
{
    return exp(m->ref.log_ry[joint(m, x, r, y)] - m->ref.log_m[x * m->shape.Y + y]);
}

double sim_bvpo_log_weight(const sim_bvpo *m, const sim_bvpo_table *t, size_t x,
                           size_t r, size_t y)
{
    const size_t at = joint(m, x, r, y);
    return t->log_ry[at] - m->ref.log_ry[at];
}

/* ---- losses and gradients ------------------------------------------------------------ */

/* softplus(-h), h = beta (plus - minus); g <- -beta sigma(-h) (s_plus - s_minus) */
static double pair_loss(const sim_bvpo *m, double plus, double minus,
                        const double *s_plus, const double *s_minus, double *g)
{
    const ref_bvpo_margin margin = ref_bvpo_ktrace_margin(m->shape.beta, plus, minus);
    if (g != NULL)
        for (size_t k = 0; k < m->shape.d; k++)
            g[k] = -margin.scale * (s_plus[k] - s_minus[k]);
    return margin.loss;
}

double sim_bvpo_marginal(const sim_bvpo *m, const sim_bvpo_table *t, sim_bvpo_pair pair,
                         double *g)
{
    const size_t plus = pair.x * m->shape.Y + pair.plus;
    const size_t minus = pair.x * m->shape.Y + pair.minus;
    return pair_loss(m, t->log_m[plus] - m->ref.log_m[plus],
                     t->log_m[minus] - m->ref.log_m[minus], &t->S[plus * m->shape.d],
                     &t->S[minus * m->shape.d], g);
}

double sim_bvpo_trace(const sim_bvpo *m, const sim_bvpo_table *t, sim_bvpo_pair pair,
                      size_t r_plus, size_t r_minus, double *g)
{
    const size_t plus = joint(m, pair.x, r_plus, pair.plus);
    const size_t minus = joint(m, pair.x, r_minus, pair.minus);
    return pair_loss(m, t->log_ry[plus] - m->ref.log_ry[plus],
                     t->log_ry[minus] - m->ref.log_ry[minus], &t->s[plus * m->shape.d],
                     &t->s[minus * m->shape.d], g);
}

double sim_bvpo_empty(const sim_bvpo *m, const sim_bvpo_table *t, sim_bvpo_pair pair,
                      double *g)
{
    return sim_bvpo_trace(m, t, pair, 0, 0, g);
}

ref_status sim_bvpo_ktrace(double *loss, double *g, const sim_bvpo *m,
                           const sim_bvpo_table *t, sim_bvpo_pair pair,
                           const size_t *r_plus, const size_t *r_minus, size_t K)
{
    double log_w[2][SIM_BVPO_TRACES_MAX], c[2][SIM_BVPO_TRACES_MAX];
    if (K == 0 || K > SIM_BVPO_TRACES_MAX) return REF_ESHAPE;
    for (size_t k = 0; k < K; k++) {
        log_w[0][k] = sim_bvpo_log_weight(m, t, pair.x, r_plus[k], pair.plus);
        log_w[1][k] = sim_bvpo_log_weight(m, t, pair.x, r_minus[k], pair.minus);
    }
    ref_bvpo_margin margin;
    REF_TRY(ref_bvpo_ktrace_coefficients(c[0], c[1], &margin, m->shape.beta, log_w[0],
                                         log_w[1], K));
    const size_t d = m->shape.d;
    memset(g, 0, d * sizeof *g);
    for (size_t k = 0; k < K; k++) {
        const double *plus = &t->s[joint(m, pair.x, r_plus[k], pair.plus) * d];
        const double *minus = &t->s[joint(m, pair.x, r_minus[k], pair.minus) * d];
        for (size_t j = 0; j < d; j++) g[j] += c[0][k] * plus[j] + c[1][k] * minus[j];
    }
    *loss = margin.loss;
    return REF_OK;
}

double sim_bvpo_loss(const sim_bvpo *m, const sim_bvpo_table *t, double *mu)
{
    const size_t d = m->shape.d, Y = m->shape.Y;
    if (mu != NULL) memset(mu, 0, d * sizeof *mu);
    ref_sum loss = {0};
    for (size_t k = 0; k < sim_bvpo_pairs(m); k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(m, k);
        const double w = sim_bvpo_weight(m, pair, SIM_BVPO_MARGINAL);
        const size_t plus = pair.x * Y + pair.plus, minus = pair.x * Y + pair.minus;
        const ref_bvpo_margin margin =
            ref_bvpo_ktrace_margin(m->shape.beta, t->log_m[plus] - m->ref.log_m[plus],
                                   t->log_m[minus] - m->ref.log_m[minus]);
        ref_sum_add(&loss, w * margin.loss);
        if (mu == NULL) continue;
        const double *S = t->S;
        for (size_t j = 0; j < d; j++)
            mu[j] -= w * margin.scale * (S[plus * d + j] - S[minus * d + j]);
    }
    return ref_sum_value(&loss);
}

/* ---- sampling ------------------------------------------------------------------------ */

size_t sim_bvpo_sample_trace(const sim_bvpo *m, size_t x, size_t y, double u)
{
    double below = 0.0;
    for (size_t r = 0; r + 1 < m->shape.R; r++) {
        below += sim_bvpo_posterior(m, x, r, y);
        if (u <= below) return r;
    }
    return m->shape.R - 1;
}

/* A pair of prompt x by inversion of u in (0,1]. */
static sim_bvpo_pair sample_pair(const sim_bvpo *m, size_t x, sim_bvpo_law law,
                                 double u)
{
    const size_t count = m->shape.Y * (m->shape.Y - 1);
    double below = 0.0;
    for (size_t k = 0; k + 1 < count; k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(m, x * count + k);
        below += sim_bvpo_weight(m, pair, law) * (double)m->shape.P;
        if (u <= below) return pair;
    }
    return sim_bvpo_pair_at(m, x * count + count - 1);
}

static size_t sample_prompt(const sim_bvpo *m, double u)
{
    const size_t x = (size_t)(u * (double)m->shape.P);
    return x < m->shape.P ? x : m->shape.P - 1;
}

sim_bvpo_draw sim_bvpo_sample(const sim_bvpo *m, sim_bvpo_coupling coupling,
                              const ref_rng_stream *stream, uint32_t j)
{
    double u[6];
    for (uint32_t i = 0; i < 6; i++) u[i] = ref_rng_uniform(stream, 8 * j + i);
    sim_bvpo_draw draw;
    const size_t x = sample_prompt(m, u[0]);
    draw.t = sample_pair(m, x, SIM_BVPO_MARGINAL, u[1]);
    draw.r_plus = sim_bvpo_sample_trace(m, x, draw.t.plus, u[2]);
    draw.r_minus = sim_bvpo_sample_trace(m, x, draw.t.minus, u[3]);

    const size_t other = coupling == SIM_BVPO_INDEP ? sample_prompt(m, u[5]) : x;
    draw.e = coupling == SIM_BVPO_PAIRED
                 ? draw.t
                 : sample_pair(m, other, SIM_BVPO_NO_TRACE, u[4]);
    return draw;
}
