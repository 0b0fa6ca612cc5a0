/* experiment_bvpo_traces.c -- BVPO with several traces, and with estimated weights.
 *
 * Symbols (paper -> code)
 *   K         K        traces per answer
 *   n         n        traces per answer of a batch that holds every pair
 *   J         J        past batches that an estimated weight is pooled over
 */
#include "sim/experiment_bvpo.h"

#include "ref/bvpo.h"
#include "ref/bvpo_estimate.h"
#include "ref/bvpo_ktrace.h"
#include "ref/numeric.h"
#include "sim/setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D SIM_BVPO_D

/* ---- bvpo-ktrace: bias and variance against traces ------------------------------------- */

#define LEVEL_MAX 4

/* The pair of the golden table. */
static const sim_bvpo_pair fixed_pair = {.x = 0, .plus = 3, .minus = 1};

/* |Delta_level|^2 of one draw of 2^level traces per answer. */
static ref_status delta_square(double *square, const sim_bvpo_study *s, unsigned level,
                               const ref_rng_stream *stream)
{
    const size_t K = (size_t)1 << level, R = s->m.shape.R, Y = s->m.shape.Y;
    double log_w[2][1 << LEVEL_MAX], c[2][1 << LEVEL_MAX], scratch[1 << LEVEL_MAX];
    size_t at[2][1 << LEVEL_MAX];
    const size_t x = fixed_pair.x, y[2] = {fixed_pair.plus, fixed_pair.minus};
    for (size_t side = 0; side < 2; side++)
        for (size_t k = 0; k < K; k++) {
            const double u = ref_rng_uniform(stream, (uint32_t)(2 * k + side));
            const size_t r = sim_bvpo_sample_trace(&s->m, x, y[side], u);
            log_w[side][k] = sim_bvpo_log_weight(&s->m, &s->t, x, r, y[side]);
            at[side][k] = (x * R + r) * Y + y[side];
        }
    REF_TRY(ref_bvpo_multilevel_coefficients(c[0], c[1], scratch, s->m.shape.beta,
                                             log_w[0], log_w[1], level));
    double g[D] = {0};
    for (size_t side = 0; side < 2; side++)
        for (size_t k = 0; k < K; k++)
            for (size_t j = 0; j < D; j++)
                g[j] += c[side][k] * s->t.s[at[side][k] * D + j];
    *square = ref_norm2(g, D);
    return REF_OK;
}

static void ktrace_row(sim_rows *out, const char *method, double traces, double bias,
                       double variance)
{
    sim_rows_text(out, method);
    sim_rows_number(out, traces);
    sim_rows_number(out, bias);
    sim_rows_number(out, variance);
    sim_rows_number(out, bias * bias + variance);
    sim_rows_end(out);
}

/* Exact rows: K weighted traces, and the mean of K independent one-trace gradients. */
static ref_status ktrace_exact(const sim_config *c, const sim_bvpo_study *s,
                               sim_rows *out, ref_why *why)
{
    double K[SIM_SETTING_MOST];
    const size_t count = sim_config_list(c, "K", K, SIM_SETTING_MOST);
    sim_bvpo_kmoments one, many;
    ref_status status = sim_bvpo_ktrace_moments(&one, &s->m, &s->t, fixed_pair, 1);
    for (size_t i = 0; status == REF_OK && i < count; i++) {
        status = sim_bvpo_ktrace_moments(&many, &s->m, &s->t, fixed_pair, (size_t)K[i]);
        if (status != REF_OK) break;
        ktrace_row(out, "weighted", K[i], many.bias, many.variance);
        ktrace_row(out, "average", K[i], one.bias, one.variance / K[i]);
    }
    return status == REF_OK
               ? REF_OK
               : ref_fail(why, status, "the enumeration of K traces failed");
}

/* Levels up to top with probabilities ~ 2^(-3l/2), renormalised: bias of 2^top traces,
 * variance sum_l E|Delta_l|^2 / P(l) - |E g|^2, cost sum_l P(l) 2^l. */
static ref_status ktrace_levels(const sim_config *c, const sim_bvpo_study *s,
                                sim_rows *out)
{
    const uint32_t draws = (uint32_t)sim_config_number(c, "draws");
    double square[LEVEL_MAX + 1] = {0};
    for (unsigned level = 0; level <= LEVEL_MAX; level++)
        for (size_t seed = 0; seed < c->seeds; seed++)
            for (uint32_t i = 0; i < draws; i++) {
                const ref_rng_stream stream = {.seed = c->seed + (uint32_t)seed,
                                               .stream = 1,
                                               .prompt = level,
                                               .step = i};
                double one = 0.0;
                REF_TRY(delta_square(&one, s, level, &stream));
                square[level] += one / ((double)draws * (double)c->seeds);
            }
    for (unsigned top = 0; top <= LEVEL_MAX; top++) {
        sim_bvpo_kmoments last;
        double mass = 0.0, cost = 0.0, second = 0.0;
        REF_TRY(
            sim_bvpo_ktrace_moments(&last, &s->m, &s->t, fixed_pair, (size_t)1 << top));
        for (unsigned l = 0; l <= top; l++) {
            const double p = ref_bvpo_multilevel_probability(l);
            mass += p;
            cost += p * exp2((double)l);
            second += square[l] / p;
        }
        ktrace_row(out, "multilevel", cost / mass, last.bias,
                   second * mass - last.mean2);
    }
    return REF_OK;
}

static size_t ktrace_cells(const sim_config *c)
{
    (void)c;
    return 2; /* exact rows; multilevel rows */
}

static ref_status ktrace_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_counts(c, "K", 1.0, 16.0, why));
    REF_TRY(sim_setting_count(c, "draws", 2.0, 1e6, why));
    REF_TRY(sim_setting_range(c, "tau", -10.0, 10.0, why));
    return sim_setting_range(c, "kappa", 0.0, 10.0, why);
}

static ref_status ktrace_run(const sim_config *c, size_t cell, sim_rows *out,
                             ref_why *why)
{
    sim_bvpo_study s;
    REF_TRY(sim_bvpo_study_open(&s, 1.0, sim_config_number(c, "tau"),
                                sim_config_number(c, "kappa"), SIM_BVPO_PAIRED, why));
    ref_status status =
        cell == 0 ? ktrace_exact(c, &s, out, why) : ktrace_levels(c, &s, out);
    if (status != REF_OK && cell == 1)
        status = ref_fail(why, status, "the multilevel draws failed");
    sim_bvpo_study_close(&s);
    return status;
}

static const sim_parameter ktrace_parameter[] = {
    {"K", "1,2,3,4,6,8,12,16", "traces per answer, at most 16"},
    {"draws", "2000", "draws per seed and level of the multilevel variance"},
    {"tau", "1", "distance of the policy from the reference"},
    {"kappa", "0.5", "dependence of the answer on the trace"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_bvpo_ktrace = {
    .name = "bvpo-ktrace",
    .label = "spec:bvpo 8.6",
    .what = "bias and variance of the preference gradient against traces per answer",
    .columns = "method\ttraces\tbias\tvariance\tmse",
    .seeds = 10,
    .parameter = ktrace_parameter,
    .cells = ktrace_cells,
    .run = ktrace_run,
    .check = ktrace_check,
};

/* ---- bvpo-mse: fixed and estimated weights --------------------------------------------- */

#define POOLS 4
static const size_t pool_size[POOLS] = {0, 4, 16, 64}; /* 0: the batch itself */
#define PAST 64

/* Every pair of the population with every pair of traces: what a batch draws from. */
typedef struct population {
    size_t pairs, R;
    double *g;      /* (pairs,R,R,D) trace gradients */
    double *below;  /* (pairs,2,R) cumulative posteriors */
    double *weight; /* (pairs) */
    double g_e[D];  /* mean empty-trace gradient */
    double noise;   /* tr Var of the batch gradient with one trace per answer */
} population;

static void population_free(population *p)
{
    free(p->g);
    free(p->below);
    free(p->weight);
    *p = (population){0};
}

static ref_status fill_pair(population *p, const sim_bvpo_study *s, size_t k)
{
    const sim_bvpo_pair pair = sim_bvpo_pair_at(&s->m, k);
    const size_t R = p->R;
    double g[D], sum[2] = {0.0, 0.0};
    p->weight[k] = sim_bvpo_weight(&s->m, pair, SIM_BVPO_MARGINAL);
    for (size_t r = 0; r < R; r++) {
        sum[0] += sim_bvpo_posterior(&s->m, pair.x, r, pair.plus);
        sum[1] += sim_bvpo_posterior(&s->m, pair.x, r, pair.minus);
        p->below[(2 * k) * R + r] = sum[0];
        p->below[(2 * k + 1) * R + r] = sum[1];
        for (size_t q = 0; q < R; q++)
            (void)sim_bvpo_trace(&s->m, &s->t, pair, r, q,
                                 &p->g[((k * R + r) * R + q) * D]);
    }
    (void)sim_bvpo_empty(&s->m, &s->t, pair, g);
    for (size_t j = 0; j < D; j++) p->g_e[j] += p->weight[k] * g[j];
    sim_bvpo_exact x;
    REF_TRY(sim_bvpo_pair_moments(&x, &s->m, &s->t, pair));
    p->noise += p->weight[k] * p->weight[k] * x.pieces.tr_S_t;
    return REF_OK;
}

static ref_status population_init(population *p, const sim_bvpo_study *s)
{
    const size_t pairs = sim_bvpo_pairs(&s->m), R = s->m.shape.R;
    *p = (population){.pairs = pairs, .R = R};
    p->g = malloc(pairs * R * R * D * sizeof *p->g);
    p->below = malloc(pairs * 2 * R * sizeof *p->below);
    p->weight = malloc(pairs * sizeof *p->weight);
    ref_status status = REF_OK;
    if (p->g == NULL || p->below == NULL || p->weight == NULL) status = REF_ENOMEM;
    for (size_t k = 0; status == REF_OK && k < pairs; k++) status = fill_pair(p, s, k);
    if (status != REF_OK) population_free(p);
    return status;
}

static size_t invert(const double *below, size_t R, double u)
{
    size_t r = 0;
    while (r + 1 < R && u > below[r]) r++;
    return r;
}

/* half (D) <- gradient of all pairs with n traces per answer, draws first .. first+n-1 */
static void draw_half(double *half, const population *p, const ref_rng_stream *stream,
                      uint32_t first, uint32_t n)
{
    memset(half, 0, D * sizeof *half);
    ref_rng_stream s = *stream;
    for (size_t k = 0; k < p->pairs; k++) {
        s.prompt = (uint32_t)k;
        for (uint32_t i = first; i < first + n; i++) {
            const size_t r =
                invert(&p->below[2 * k * p->R], p->R, ref_rng_uniform(&s, 2 * i));
            const size_t q = invert(&p->below[(2 * k + 1) * p->R], p->R,
                                    ref_rng_uniform(&s, 2 * i + 1));
            const double *g = &p->g[((k * p->R + r) * p->R + q) * D];
            for (size_t j = 0; j < D; j++) half[j] += p->weight[k] / (double)n * g[j];
        }
    }
}

/* What one batch leaves behind: its split moments, and gbar - mu. */
typedef struct trial {
    ref_bvpo_pool pool;
    double error[D];
} trial;

static trial draw_trial(const population *p, const sim_bvpo_study *s,
                        const ref_rng_stream *stream, uint32_t n)
{
    double h[2][D];
    trial t = {0};
    draw_half(h[0], p, stream, 0, n / 2);
    draw_half(h[1], p, stream, n / 2, n / 2);
    const ref_bvpo_split_dots dots = {.g11 = ref_norm2(h[0], D),
                                      .g22 = ref_norm2(h[1], D),
                                      .g12 = ref_dot(h[0], h[1], D),
                                      .g1e = ref_dot(h[0], p->g_e, D),
                                      .g2e = ref_dot(h[1], p->g_e, D),
                                      .ee = ref_norm2(p->g_e, D)};
    ref_bvpo_pool_split(&t.pool, &dots);
    for (size_t j = 0; j < D; j++) t.error[j] = 0.5 * (h[0][j] + h[1][j]) - s->mu[j];
    return t;
}

/* Weight of trial b estimated from itself (J = 0) or from the J batches before it. */
static double estimated(const trial *t, size_t b, size_t J)
{
    if (J == 0) return ref_bvpo_pool_alpha(&t[b].pool);
    ref_bvpo_pool sum = {0};
    for (size_t i = b - J; i < b; i++) {
        sum.numerator += t[i].pool.numerator;
        sum.denominator += t[i].pool.denominator;
        sum.n++;
    }
    return ref_bvpo_pool_alpha(&sum);
}

/* Mean squared errors of one seed under each pool size; t (PAST + replicas). */
static void run_seed(double mse[POOLS], trial *t, const population *p,
                     const sim_bvpo_study *s, uint32_t seed, uint32_t n,
                     size_t replicas)
{
    for (size_t b = 0; b < PAST + replicas; b++) {
        const ref_rng_stream stream = {
            .seed = seed, .stream = 1, .step = (uint32_t)b, .replica = n};
        t[b] = draw_trial(p, s, &stream, n);
    }
    for (size_t k = 0; k < POOLS; k++) {
        mse[k] = 0.0;
        for (size_t b = PAST; b < PAST + replicas; b++) {
            const double alpha = estimated(t, b, pool_size[k]);
            for (size_t j = 0; j < D; j++) {
                const double e =
                    alpha * t[b].error[j] + (1.0 - alpha) * (p->g_e[j] - s->mu[j]);
                mse[k] += e * e / (double)replicas;
            }
        }
    }
}

static void mse_row(sim_rows *out, const sim_config *c, const sim_bvpo_study *s,
                    const population *p, double tau, double n,
                    double per_pool[POOLS][SIM_BVPO_SEEDS])
{
    /* the data are fixed, so g_e has no noise and g_t has the traces' alone */
    ref_bvpo_pieces fixed = s->x.pieces;
    fixed.tr_S_t = p->noise;
    fixed.tr_S_e = fixed.tr_S_te = 0.0;
    const ref_bvpo_moments m = ref_bvpo_moments_at(&fixed, 1.0 / n);
    const double star = ref_bvpo_alpha(&m), best = ref_bvpo_mse(&m, star);
    const double exact[] = {
        tau, n, star, best, ref_bvpo_mse(&m, 0.5) / best, m.A / best, m.B / best};
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++)
        sim_rows_number(out, exact[i]);
    for (size_t k = 0; k < POOLS; k++) {
        for (size_t i = 0; i < c->seeds; i++) per_pool[k][i] /= best;
        sim_bvpo_rows_band(out, sim_bvpo_band_of(per_pool[k], c->seeds));
    }
    sim_rows_end(out);
}

static size_t mse_cells(const sim_config *c)
{
    return sim_setting_length(c, "tau") * sim_setting_length(c, "n");
}

static ref_status mse_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_bvpo_check_seeds(c, why));
    REF_TRY(sim_setting_list(c, "tau", -10.0, 10.0, why));
    REF_TRY(sim_setting_counts(c, "n", 2.0, 4096.0, why));
    REF_TRY(sim_setting_range(c, "kappa", 0.0, 10.0, why));
    for (size_t i = 0; i < sim_setting_length(c, "n"); i++) {
        const double n = sim_setting_item(c, "n", i);
        if (fmod(n, 2.0) != 0.0)
            return ref_fail(why, REF_EUSAGE, "n: %g is odd, halves need an even number",
                            n);
    }
    return sim_setting_count(c, "replicas", 2.0, 1e6, why);
}

static ref_status mse_run(const sim_config *c, size_t cell, sim_rows *out, ref_why *why)
{
    double per_pool[POOLS][SIM_BVPO_SEEDS];
    const size_t sizes = sim_setting_length(c, "n");
    const double distance = sim_setting_item(c, "tau", cell / sizes);
    const double traces = sim_setting_item(c, "n", cell % sizes);
    const size_t replicas = (size_t)sim_config_number(c, "replicas");
    sim_bvpo_study s;
    population p;
    REF_TRY(sim_bvpo_study_open(&s, 1.0, distance, sim_config_number(c, "kappa"),
                                SIM_BVPO_PAIRED, why));
    trial *t = malloc((PAST + replicas) * sizeof *t);
    ref_status status = population_init(&p, &s);
    if (t == NULL) status = REF_ENOMEM;
    for (size_t i = 0; status == REF_OK && i < c->seeds; i++) {
        double mse[POOLS];
        run_seed(mse, t, &p, &s, c->seed + (uint32_t)i, (uint32_t)traces, replicas);
        for (size_t k = 0; k < POOLS; k++) per_pool[k][i] = mse[k];
    }
    if (status == REF_OK) mse_row(out, c, &s, &p, distance, traces, per_pool);
    free(t);
    population_free(&p);
    sim_bvpo_study_close(&s);
    return status == REF_OK ? REF_OK
                            : ref_fail(why, status, "no memory for the batches");
}

static const sim_parameter mse_parameter[] = {
    {"tau", "0,1", "distance of the policy from the reference"},
    {"n", "2,4,8,16,32,64,128", "traces per answer, even"},
    {"replicas", "150", "batches per seed, after 64 that fill the pools"},
    {"kappa", "0.5", "dependence of the answer on the trace"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_bvpo_mse = {
    .name = "bvpo-mse",
    .label = "spec:bvpo 6",
    .what = "error of fixed and estimated weights over that of alpha*, against traces",
    .columns = "tau\tn\talpha_star\tmse\thalf\ttrace\tempty\t"
               "split\tsplit_low\tsplit_high\tpool4\tpool4_low\tpool4_high\t"
               "pool16\tpool16_low\tpool16_high\tpool64\tpool64_low\tpool64_high",
    .seeds = 10,
    .parameter = mse_parameter,
    .cells = mse_cells,
    .run = mse_run,
    .check = mse_check,
};
