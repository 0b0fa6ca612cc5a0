/* spec_bvpo_8_6.c -- multilevel debiasing of the K-trace gradient. */
#include "ref/bvpo_ktrace.h"
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>
#include <string.h>

#define DIM 8

/* g (DIM) <- Delta_level of the fixed pair (0, 3, 1) for traces r+ (K), r- (K) */
static void delta(double *g, const check_bvpo *c, const size_t *r, const size_t *q,
                  unsigned level)
{
    const size_t K = (size_t)1 << level;
    double plus[64], minus[64], scratch[64], log_w[2][64];
    for (size_t k = 0; k < K; k++) {
        log_w[0][k] = sim_bvpo_log_weight(&c->m, &c->t, 0, r[k], 3);
        log_w[1][k] = sim_bvpo_log_weight(&c->m, &c->t, 0, q[k], 1);
    }
    CHECK_OK(ref_bvpo_multilevel_coefficients(plus, minus, scratch, c->m.shape.beta,
                                              log_w[0], log_w[1], level));
    memset(g, 0, DIM * sizeof *g);
    for (size_t k = 0; k < K; k++)
        for (size_t j = 0; j < DIM; j++)
            g[j] += plus[k] * c->t.s[(r[k] * 4 + 3) * DIM + j]
                    + minus[k] * c->t.s[(q[k] * 4 + 1) * DIM + j];
}

/* E Delta_0 + E Delta_1 = E g_2 and E|Delta_1|^2, by enumeration of 5^4 draws */
static void the_telescope_is_exact(void)
{
    check_bvpo c;
    if (!check_bvpo_open_g1(&c)) return;
    const sim_bvpo_pair pair = {0, 3, 1};
    double sum[DIM] = {0}, target[DIM], g[DIM], square = 0.0;
    for (size_t i = 0; i < 625; i++) {
        const size_t r[2] = {i % 5, i / 5 % 5}, q[2] = {i / 25 % 5, i / 125};
        double w = 1.0;
        for (size_t k = 0; k < 2; k++)
            w *= sim_bvpo_posterior(&c.m, 0, r[k], 3)
                 * sim_bvpo_posterior(&c.m, 0, q[k], 1);
        delta(g, &c, r, q, 1);
        square += w * ref_norm2(g, DIM);
        for (size_t j = 0; j < DIM; j++) sum[j] += w * g[j];
        delta(g, &c, r, q, 0);
        for (size_t j = 0; j < DIM; j++) sum[j] += w * g[j];
    }
    (void)sim_bvpo_marginal(&c.m, &c.t, pair, target);
    for (size_t j = 0; j < DIM; j++) sum[j] -= target[j];
    CLAIM_HOLDS(
        "spec:bvpo 8.6",
        "Levels 0 and 1 sum to the two-trace gradient in expectation (bias 0.1289)",
        check_bvpo_relative(sqrt(ref_norm2(sum, DIM)), 0.128898149809), 1e-9);
    CHECK_NEAR(square, 0.1164, 5e-5); /* four digits are given */
    check_bvpo_close(&c);
}

/* One draw of Delta_level / P(level) at a random level; traces of one stream. */
static void debiased(double *g, const check_bvpo *c, uint32_t i)
{
    ref_rng_stream s = {.seed = 86, .stream = 1, .prompt = i};
    unsigned level = ref_bvpo_multilevel_level(ref_rng_uniform(&s, 0));
    if (level > 6) level = 6; /* the tail P(level >= 6) = 2^-9 goes to level 6 */
    size_t r[64], q[64];
    for (uint32_t k = 0; k < (uint32_t)1 << level; k++) {
        r[k] = sim_bvpo_sample_trace(&c->m, 0, 3, ref_rng_uniform(&s, 2 * k + 1));
        q[k] = sim_bvpo_sample_trace(&c->m, 0, 1, ref_rng_uniform(&s, 2 * k + 2));
    }
    delta(g, c, r, q, level);
    const double mass = level < 6 ? ref_bvpo_multilevel_probability(level) : exp2(-9.0);
    for (size_t j = 0; j < DIM; j++) g[j] /= mass;
}

/* Along the bias of g_1, where a missing correction shows: the debiased draws average to
 * the marginal gradient, the paper's g_t does not. N = 60 000 draws; cutting the levels
 * at 6 leaves the bias of 64 traces, below 0.005, that is 0.4 standard errors. */
static void random_levels_remove_the_bias(void)
{
    check_bvpo c;
    if (!check_bvpo_open_g1(&c)) return;
    const sim_bvpo_pair pair = {0, 3, 1};
    double mean[DIM] = {0}, target[DIM], g[DIM];
    for (size_t i = 0; i < 25; i++) {
        const double w = sim_bvpo_posterior(&c.m, 0, i / 5, 3)
                         * sim_bvpo_posterior(&c.m, 0, i % 5, 1);
        (void)sim_bvpo_trace(&c.m, &c.t, pair, i / 5, i % 5, g);
        for (size_t j = 0; j < DIM; j++) mean[j] += w * g[j];
    }
    (void)sim_bvpo_marginal(&c.m, &c.t, pair, target);
    double bias[DIM];
    for (size_t j = 0; j < DIM; j++) bias[j] = mean[j] - target[j];
    const double norm = sqrt(ref_norm2(bias, DIM));

    ref_moment along = {0};
    for (uint32_t i = 0; i < 60000; i++) {
        debiased(g, &c, i);
        for (size_t j = 0; j < DIM; j++) g[j] -= target[j];
        ref_moment_add(&along, ref_dot(g, bias, DIM) / norm);
    }
    const double se = sqrt(ref_moment_variance(&along, 1) / 60000.0);
    CLAIM_SAMPLED(
        "spec:bvpo 8.6",
        "A random level with P(l) ~ 2^(-3l/2) estimates the marginal gradient "
        "without bias",
        along.mean / se, "it still has the bias 0.216 of one trace",
        (along.mean - norm) / se);
    check_bvpo_close(&c);
}

/* E|Delta_l|^2 falls like 4^-l: levels 1..5 against the specification's Monte Carlo. */
static void corrections_fall_fast(void)
{
    const double want[6] = {0.0, 0.1164, 0.033, 0.0085, 0.0023, 0.0006};
    check_bvpo c;
    if (!check_bvpo_open_g1(&c)) return;
    for (unsigned level = 1; level <= 5; level++) {
        ref_moment square = {0};
        for (uint32_t i = 0; i < 4000; i++) {
            const ref_rng_stream s = {.seed = 86, .stream = 2 + level, .prompt = i};
            size_t r[32], q[32];
            double g[DIM];
            for (uint32_t k = 0; k < (uint32_t)1 << level; k++) {
                r[k] = sim_bvpo_sample_trace(&c.m, 0, 3, ref_rng_uniform(&s, 2 * k));
                q[k] =
                    sim_bvpo_sample_trace(&c.m, 0, 1, ref_rng_uniform(&s, 2 * k + 1));
            }
            delta(g, &c, r, q, level);
            ref_moment_add(&square, ref_norm2(g, DIM));
        }
        /* 4.9 standard errors and the last digit that the specification prints */
        const double se = sqrt(ref_moment_variance(&square, 1) / 4000.0);
        CHECK_NEAR(square.mean, want[level], 4.9 * se + 0.1 * want[level]);
    }
    check_bvpo_close(&c);
}

static void the_level_law_is_a_law(void)
{
    double mass = 0.0, cost = 0.0;
    for (unsigned l = 0; l < 200; l++) {
        mass += ref_bvpo_multilevel_probability(l);
        cost += ref_bvpo_multilevel_probability(l) * exp2((double)l);
    }
    CHECK_ROUND(mass, 1.0, 200, 1.0);
    CHECK_NEAR(cost, ref_bvpo_multilevel_cost(), 1e-12);
    /* the inverse of the tail: level l from P(level >= l) = 2^(-3l/2) down to the next */
    for (unsigned l = 0; l < 20; l++) {
        const double top = exp2(-1.5 * l), next = exp2(-1.5 * (l + 1));
        CHECK_EQUAL(ref_bvpo_multilevel_level(top * 0.999999), l);
        CHECK_EQUAL(ref_bvpo_multilevel_level(next * 1.000001), l);
    }
    CHECK_EQUAL(ref_bvpo_multilevel_level(1.0), 0);
    CHECK_EQUAL(ref_bvpo_multilevel_level(0.0), 0);
    CHECK_EQUAL(ref_bvpo_multilevel_level(nan("")), 0);
}

static void bad_levels_are_refused(void)
{
    double plus[2] = {7.0, 7.0}, minus[2], scratch[2];
    const double w[2] = {0.0, -HUGE_VAL};
    CHECK_STATUS(ref_bvpo_multilevel_coefficients(plus, minus, scratch, 1.0, w, w, 32),
                 REF_ESHAPE);
    CHECK_STATUS(ref_bvpo_multilevel_coefficients(plus, minus, scratch, 1.0, w, w, 1),
                 REF_ENONFINITE); /* its second half has no weight */
    CHECK_STATUS(ref_bvpo_multilevel_coefficients(plus, minus, scratch, -1.0, w, w, 0),
                 REF_EDOM);
    CHECK_EQUAL(plus[0], 7.0);
}

SUITE("[spec:bvpo 8.6] multilevel debiasing", NULL,
      {"the telescope is exact", the_telescope_is_exact},
      {"random levels remove the bias", random_levels_remove_the_bias},
      {"corrections fall fast", corrections_fall_fast},
      {"the level law is a law", the_level_law_is_a_law},
      {"bad levels are refused", bad_levels_are_refused});
