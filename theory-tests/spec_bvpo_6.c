/* spec_bvpo_6.c -- the weight estimated from inner products. */
#include "ref/bvpo.h"
#include "ref/bvpo_estimate.h"
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define DIM   8
#define ITEMS 20000

/* Residuals (g_e-m).(g_e-g_t) - alpha |g_e-g_t|^2 average to zero at the ratio of
 * expectations; their spread gives the standard error of alpha_hat. The noise of m adds
 * |E(g_e-g_t)|^2 Var(m), a thousandth of it. */
typedef struct judged {
    double z_true, z_wrong;
} judged;

static ref_bvpo_mean_dots mean_dots(const double *g_t, const double *g_e,
                                    const double *m)
{
    return (ref_bvpo_mean_dots){.ee = ref_norm2(g_e, DIM),
                                .et = ref_dot(g_e, g_t, DIM),
                                .tt = ref_norm2(g_t, DIM),
                                .me = ref_dot(m, g_e, DIM),
                                .mt = ref_dot(m, g_t, DIM)};
}

/* property 24: m is the mean of an independent sample of marginal gradients. With own,
 * m is g_t itself, the mistake that section 6 warns of. */
static judged estimate(const check_bvpo *c, double want, bool own)
{
    static const ref_bvpo_pool empty;
    ref_bvpo_pool pool = empty;
    double m[DIM] = {0}, g_t[DIM], g_e[DIM];
    for (uint32_t i = 0; i < ITEMS; i++) {
        const ref_rng_stream s = {.seed = 24, .stream = 1, .prompt = i};
        const sim_bvpo_draw d = sim_bvpo_sample(&c->m, SIM_BVPO_PAIRED, &s, 0);
        (void)sim_bvpo_marginal(&c->m, &c->t, d.t, g_t);
        for (size_t j = 0; j < DIM; j++) m[j] += g_t[j] / ITEMS;
    }
    ref_moment residual = {0};
    for (uint32_t i = 0; i < ITEMS; i++) {
        const ref_rng_stream s = {.seed = 24, .stream = 2, .prompt = i};
        const sim_bvpo_draw d = sim_bvpo_sample(&c->m, SIM_BVPO_PAIRED, &s, 0);
        (void)sim_bvpo_trace(&c->m, &c->t, d.t, d.r_plus, d.r_minus, g_t);
        (void)sim_bvpo_empty(&c->m, &c->t, d.e, g_e);
        const ref_bvpo_mean_dots dots = mean_dots(g_t, g_e, own ? g_t : m);
        ref_bvpo_pool one = empty;
        ref_bvpo_pool_mean(&one, &dots);
        ref_bvpo_pool_mean(&pool, &dots);
        ref_moment_add(&residual, one.numerator - want * one.denominator);
    }
    const double spread = sqrt(ref_moment_variance(&residual, 1) / ITEMS);
    const double slope = pool.denominator / ITEMS;
    const double alpha = ref_bvpo_pool_alpha(&pool);
    return (judged){.z_true = (alpha - want) * slope / spread,
                    .z_wrong = (alpha - 0.5) * slope / spread};
}

static void an_independent_mean_finds_the_weight(void)
{
    check_bvpo c;
    sim_bvpo_exact x;
    if (!check_bvpo_open_g1(&c)) return;
    CHECK_OK(sim_bvpo_moments(&x, NULL, &c.m, &c.t, SIM_BVPO_PAIRED));
    const judged j = estimate(&c, ref_bvpo_floor_weight(&x.pieces, 1.0), false);
    CLAIM_SAMPLED(
        "spec:bvpo 6",
        "alpha_hat from an independent estimate of mu equals alpha_unc (20 000 "
        "items)",
        j.z_true, "the weight is the paper's 1/2", j.z_wrong);
    check_bvpo_close(&c);
}

/* m = g_t gives alpha = 1 identically: the numerator becomes the denominator. */
static void the_same_traces_mislead(void)
{
    check_bvpo c;
    if (!check_bvpo_open_g1(&c)) return;
    CHECK(estimate(&c, 0.2150, true).z_true > CHECK_Z_POWER);
    check_bvpo_close(&c);
}

static ref_bvpo_split_dots split_dots(const double *g1, const double *g2,
                                      const double *g_e)
{
    return (ref_bvpo_split_dots){.g11 = ref_norm2(g1, DIM),
                                 .g22 = ref_norm2(g2, DIM),
                                 .g12 = ref_dot(g1, g2, DIM),
                                 .g1e = ref_dot(g1, g_e, DIM),
                                 .g2e = ref_dot(g2, g_e, DIM),
                                 .ee = ref_norm2(g_e, DIM)};
}

/* property 24: B + V = |gbar - g_e|^2, all three from vectors directly */
static void the_split_identity_is_exact(void)
{
    double error = 0.0;
    for (uint32_t i = 0; i < 1000; i++) {
        double g[3][DIM], z2 = 0.0, V = 0.0, B = 0.0;
        for (uint32_t j = 0; j < 3 * DIM; j++)
            g[j / DIM][j % DIM] = 2.0 * check_bvpo_uniform(25, i, j) - 1.0;
        for (size_t j = 0; j < DIM; j++) {
            const double z = 0.5 * (g[0][j] + g[1][j]) - g[2][j];
            z2 += z * z;
            V += 0.25 * (g[0][j] - g[1][j]) * (g[0][j] - g[1][j]);
            B += (g[0][j] - g[2][j]) * (g[1][j] - g[2][j]);
        }
        const ref_bvpo_split_dots d = split_dots(g[0], g[1], g[2]);
        const ref_bvpo_split s = ref_bvpo_split_of(&d);
        error = check_worse(error, fabs(s.B + s.V - s.z2) / s.z2);
        error = check_worse(error, check_bvpo_relative(s.z2, z2));
        error = check_worse(error, check_bvpo_relative(s.V, V));
        CHECK_NEAR(s.B, B, 1e-13);
        ref_bvpo_pool pool = {0};
        ref_bvpo_pool_split(&pool, &d);
        CHECK_NEAR(ref_bvpo_pool_alpha(&pool), fmax(0.0, 1.0 - V / z2), 1e-13);
    }
    CLAIM_HOLDS("spec:bvpo 6",
                "Bias and variance estimates from two half-samples add up: B_hat + "
                "V_hat = |gbar - g_e|^2, from inner products alone",
                error, 1e-13);
}

/* Pooling items of one pair at the reference, where b_t = 0: the ratio of means is
 * |b_e|^2 / (|b_e|^2 + V/2). N = 20 000 splits. */
static void pooled_splits_find_the_conditional_weight(void)
{
    check_bvpo c;
    sim_bvpo_exact x;
    if (!check_bvpo_open(&c, 1.0, 0.0, 0.5)) return;
    const sim_bvpo_pair pair = {0, 3, 1};
    CHECK_OK(sim_bvpo_pair_moments(&x, &c.m, &c.t, pair));
    const double V = 0.5 * x.pieces.tr_S_t, want = x.pieces.b_e2 / (x.pieces.b_e2 + V);
    double g[3][DIM];
    (void)sim_bvpo_empty(&c.m, &c.t, pair, g[2]);
    ref_bvpo_pool pool = {0};
    ref_moment residual = {0};
    for (uint32_t i = 0; i < ITEMS; i++) {
        const ref_rng_stream s = {.seed = 24, .stream = 3, .prompt = i};
        for (uint32_t k = 0; k < 2; k++)
            (void)sim_bvpo_trace(
                &c.m, &c.t, pair,
                sim_bvpo_sample_trace(&c.m, 0, 3, ref_rng_uniform(&s, 2 * k)),
                sim_bvpo_sample_trace(&c.m, 0, 1, ref_rng_uniform(&s, 2 * k + 1)),
                g[k]);
        const ref_bvpo_split_dots d = split_dots(g[0], g[1], g[2]);
        const ref_bvpo_split split = ref_bvpo_split_of(&d);
        ref_moment_add(&residual, split.B - want * split.z2);
        ref_bvpo_pool_split(&pool, &d);
    }
    const double per =
        pool.denominator / ITEMS / sqrt(ref_moment_variance(&residual, 1) / ITEMS);
    const double unhalved = x.pieces.b_e2 / (x.pieces.b_e2 + x.pieces.tr_S_t);
    CLAIM_SAMPLED(
        "spec:bvpo 6",
        "Pooled split halves find |b_e|^2/(|b_e|^2 + V/2) at the reference policy",
        (ref_bvpo_pool_alpha(&pool) - want) * per,
        "the variance of one trace instead of the mean of two",
        (ref_bvpo_pool_alpha(&pool) - unhalved) * per);
    check_bvpo_close(&c);
}

static void pools_have_their_edges(void)
{
    ref_bvpo_pool pool = {0};
    CHECK_EQUAL(ref_bvpo_pool_alpha(&pool), 0.5);
    pool = (ref_bvpo_pool){-1.0, 2.0, 1};
    CHECK_EQUAL(ref_bvpo_pool_alpha(&pool), 0.0);
    pool = (ref_bvpo_pool){3.0, 2.0, 1};
    CHECK_EQUAL(ref_bvpo_pool_alpha(&pool), 1.0);
    pool = (ref_bvpo_pool){0.0, 0.0, 3};
    CHECK_EQUAL(ref_bvpo_pool_alpha(&pool), 0.5);
    pool = (ref_bvpo_pool){1.0, -2.0, 1};
    CHECK(isnan(ref_bvpo_pool_alpha(&pool)));
    pool = (ref_bvpo_pool){nan(""), 2.0, 1};
    CHECK(isnan(ref_bvpo_pool_alpha(&pool)));
}

SUITE("[spec:bvpo 6] the weight from data", NULL,
      {"an independent mean finds the weight", an_independent_mean_finds_the_weight},
      {"the same traces mislead", the_same_traces_mislead},
      {"the split identity is exact", the_split_identity_is_exact},
      {"pooled splits find the conditional weight",
       pooled_splits_find_the_conditional_weight},
      {"pools have their edges", pools_have_their_edges});
