/* spec_bvpo_2_3.c -- what follows from the quadratic in alpha, and K estimators. */
#include "ref/bvpo.h"
#include "ref/bvpo_estimate.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define INSTANCES 10000

/* property 14: alpha = 1/2 beats both ends iff |A-B| < D/2 iff 1/4 < alpha_unc < 3/4 */
static void the_half_rule_is_exact(void)
{
    size_t wrong = 0, yes = 0;
    for (uint32_t i = 0; i < INSTANCES; i++) {
        const ref_bvpo_pieces p = check_bvpo_random(14, i);
        const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
        const double margin = 0.5 * m.D - fabs(m.A - m.B);
        if (fabs(margin) < 1e-9) continue;
        const double free = ref_bvpo_alpha_free(&m);
        const bool beats = ref_bvpo_mse(&m, 0.5) < fmin(m.A, m.B);
        wrong += beats != ref_bvpo_half_beats_both(&m);
        wrong += beats != (free > 0.25 && free < 0.75);
        yes += beats;
    }
    CHECK(yes > INSTANCES / 10 && yes < INSTANCES);
    CLAIM_HOLDS(
        "spec:bvpo 2.3",
        "alpha = 1/2 beats both ends exactly when |MSE_t - MSE_e| < E|g_t-g_e|^2/2",
        (double)wrong, 0.0);
}

/* 2.3 (a)-(c), (e), (f) on random instances; errors relative to A + B */
static double identity_error(const ref_bvpo_moments *m)
{
    const double size = m->A + m->B;
    const double free = ref_bvpo_alpha_free(m), best = ref_bvpo_mse(m, free);
    const ref_bvpo_gain gain = ref_bvpo_gains(m);
    const ref_bvpo_range range = ref_bvpo_ranges(m);
    const double other =
        0.5 * size - 0.25 * m->D - (m->A - m->B) * (m->A - m->B) / (4.0 * m->D);
    double error = fabs(ref_bvpo_mse_free(m) - best);
    error = check_worse(error, fabs(other - best));
    error = check_worse(error, fabs(m->A - best - gain.over_t));
    error = check_worse(error, fabs(m->B - best - gain.over_e));
    /* at the ends of the ranges the mixture ties with g_t, respectively g_e */
    error = check_worse(error, fabs(ref_bvpo_mse(m, range.beats_t_above) - m->A));
    error = check_worse(error, fabs(ref_bvpo_mse(m, range.beats_e_below) - m->B));
    for (double alpha = 0.0; alpha <= 1.0; alpha += 0.125) {
        const double chord = alpha * m->A + (1.0 - alpha) * m->B;
        error = check_worse(error, ref_bvpo_mse(m, alpha) - chord);
    }
    return error / size;
}

static void the_identities_hold(void)
{
    double error = 0.0;
    size_t wrong = 0;
    for (uint32_t i = 0; i < INSTANCES; i++) {
        const ref_bvpo_pieces p = check_bvpo_random(23, i);
        const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
        if (m.D < 1e-3 * (m.A + m.B)) continue; /* the gains divide by D */
        error = check_worse(error, identity_error(&m));
        const double free = ref_bvpo_alpha_free(&m);
        wrong += ref_bvpo_clips(&m) != (free <= 0.0 || free >= 1.0);
        wrong += ref_bvpo_clips(&m) != (m.C >= fmin(m.A, m.B));
    }
    CHECK_EQUAL(wrong, 0);
    CLAIM_HOLDS("spec:bvpo 2.3",
                "Gains, ranges, the chord bound and the minimum (AB - C^2)/D hold on "
                "10 000 random instances",
                error, 1e-12);
}

/* 2.3 (i)-(iii): deterministic g_e, unbiased g_t, independent unbiased pair */
static void special_cases_are_the_known_ones(void)
{
    const ref_bvpo_pieces unbiased = {.b_e2 = 0.8, .tr_S_t = 2.4};
    const ref_bvpo_moments m = ref_bvpo_moments_at(&unbiased, 1.0);
    CHECK_NEAR(ref_bvpo_alpha(&m), 0.8 / 3.2, 1e-15);
    CHECK_NEAR(1.0 / ref_bvpo_mse_free(&m), 1.0 / 2.4 + 1.0 / 0.8, 1e-14);
    const ref_bvpo_pieces pair = {.tr_S_t = 3.0, .tr_S_e = 1.0};
    const ref_bvpo_moments w = ref_bvpo_moments_at(&pair, 1.0);
    CHECK_NEAR(ref_bvpo_alpha(&w), 0.25, 1e-15);
    CHECK(isnan(ref_bvpo_moments_at(&pair, -1.0).A));
}

/* 2.3 (h): blockwise weights are at least as good as the best common one. */
static void blocks_do_no_harm(void)
{
    double worst = -HUGE_VAL;
    for (uint32_t i = 0; i < 1000; i++) {
        ref_bvpo_moments block[3];
        ref_bvpo_moments sum = {0};
        double alpha[3], mse = nan("");
        for (uint32_t j = 0; j < 3; j++) {
            const ref_bvpo_pieces p = check_bvpo_random(33 + j, i);
            block[j] = ref_bvpo_moments_at(&p, 1.0);
            sum = (ref_bvpo_moments){sum.A + block[j].A, sum.B + block[j].B,
                                     sum.C + block[j].C, sum.D + block[j].D};
        }
        CHECK_OK(ref_bvpo_blocks(alpha, &mse, block, 3));
        CHECK_EQUAL(alpha[1], ref_bvpo_alpha(&block[1]));
        worst = check_worse(worst, mse - ref_bvpo_mse(&sum, ref_bvpo_alpha(&sum)));
    }
    CLAIM_HOLDS("spec:bvpo 2.3",
                "Weights per block are never worse than the best common weight", worst,
                1e-13);
    double kept = 7.0;
    const ref_bvpo_moments bad = {1.0, 1.0, 2.0, -2.0};
    CHECK_STATUS(ref_bvpo_blocks(&kept, NULL, &bad, 1), REF_EDOM);
    CHECK_EQUAL(kept, 7.0);
}

/* Q (K,K) = M M' + a little identity, from a test stream */
static void random_gram(double *Q, size_t K, uint32_t i)
{
    double M[25];
    for (size_t j = 0; j < K * K; j++)
        M[j] = 2.0 * check_bvpo_uniform(29, i, (uint32_t)j) - 1.0;
    for (size_t a = 0; a < K; a++)
        for (size_t b = 0; b < K; b++)
            Q[a * K + b] = ref_dot(&M[a * K], &M[b * K], K) + (a == b ? 0.05 : 0.0);
}

/* 2.3 (i): stationarity Q w = mse 1 with sum w = 1 is the optimality condition. */
static void gram_weights_are_stationary(void)
{
    double error = 0.0, scratch[25], Q[25], w[5];
    for (size_t K = 1; K <= 5; K++)
        for (uint32_t i = 0; i < 50; i++) {
            double mse = nan("");
            random_gram(Q, K, i);
            CHECK_OK(ref_bvpo_gram_weights(w, &mse, Q, K, scratch));
            error = check_worse(error, fabs(ref_total(w, K) - 1.0));
            for (size_t k = 0; k < K; k++)
                error = check_worse(error, fabs(ref_dot(&Q[k * K], w, K) - mse));
        }
    CLAIM_HOLDS("spec:bvpo 2.3",
                "The weights of K estimators sum to 1 and equalise Q w = MSE", error,
                1e-11);
}

static void two_estimators_give_back_the_weight(void)
{
    double scratch[4], w[2], mse;
    for (uint32_t i = 0; i < 100; i++) {
        const ref_bvpo_pieces p = check_bvpo_random(30, i);
        const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
        const double Q[4] = {m.A, m.C, m.C, m.B};
        if (m.A * m.B - m.C * m.C < 1e-3 * m.A * m.B) continue;
        CHECK_OK(ref_bvpo_gram_weights(w, &mse, Q, 2, scratch));
        CHECK_NEAR(w[0], ref_bvpo_alpha_free(&m), 1e-10);
        CHECK_RELATIVE(mse, ref_bvpo_mse_free(&m), 1e-10);
    }
}

static void singular_gram_matrices_are_refused(void)
{
    double w[2] = {7.0, 7.0}, scratch[4];
    const double twice[4] = {1.0, 1.0, 1.0, 1.0}, indefinite[4] = {1.0, 2.0, 2.0, 1.0};
    const double bad[4] = {1.0, 0.0, nan(""), 1.0};
    CHECK_STATUS(ref_bvpo_gram_weights(w, NULL, twice, 2, scratch), REF_EDOM);
    CHECK_STATUS(ref_bvpo_gram_weights(w, NULL, indefinite, 2, scratch), REF_EDOM);
    CHECK_STATUS(ref_bvpo_gram_weights(w, NULL, bad, 2, scratch), REF_EDOM);
    CHECK_STATUS(ref_bvpo_gram_weights(w, NULL, twice, 0, scratch), REF_ESHAPE);
    CHECK_EQUAL(w[0], 7.0);
}

SUITE("[spec:bvpo 2.3] identities of the mixture", NULL,
      {"the half rule is exact", the_half_rule_is_exact},
      {"the identities hold", the_identities_hold},
      {"special cases are the known ones", special_cases_are_the_known_ones},
      {"blocks do no harm", blocks_do_no_harm},
      {"Gram weights are stationary", gram_weights_are_stationary},
      {"two estimators give back the weight", two_estimators_give_back_the_weight},
      {"singular Gram matrices are refused", singular_gram_matrices_are_refused});
