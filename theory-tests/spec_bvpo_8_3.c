/* spec_bvpo_8_3.c -- a data-driven weight that never loses: the James-Stein bound. */
#include "ref/bvpo_estimate.h"
#include "ref/numeric.h"
#include "ref/rng.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define DIM   8
#define DRAWS 100000

static const double spectrum[DIM] = {1.0, 0.9, 0.8, 0.8, 0.7, 0.6, 0.5, 0.4};

/* z (DIM) ~ N(mean, diag spectrum), |mean|^2 = 0.68 spread evenly */
static void draw(double *z, uint32_t i)
{
    const ref_rng_stream s = {.seed = 83, .stream = 1, .prompt = i};
    for (uint32_t j = 0; j < DIM; j++) {
        const double radius = sqrt(-2.0 * log(ref_rng_uniform(&s, 2 * j)));
        const double angle = 2.0 * acos(-1.0) * ref_rng_uniform(&s, 2 * j + 1);
        z[j] = sqrt(0.68 / DIM) + sqrt(spectrum[j]) * radius * cos(angle);
    }
}

enum { RAW, LINEAR, POSITIVE, PLUG_IN, ORACLE, RULES };

/* Loss of every rule on one draw: |weight z - mean|^2. */
static void losses(double *loss, const double *z, double tr_S, double best)
{
    const double z2 = ref_norm2(z, DIM);
    const double weight[RULES] = {1.0, 1.0 - best / z2, ref_bvpo_stein_weight(best, z2),
                                  ref_bvpo_stein_weight(tr_S, z2),
                                  0.68 / (0.68 + tr_S)};
    for (size_t k = 0; k < RULES; k++) {
        loss[k] = 0.0;
        for (size_t j = 0; j < DIM; j++) {
            const double off = weight[k] * z[j] - sqrt(0.68 / DIM);
            loss[k] += off * off;
        }
    }
}

static void shrinkage_dominates_within_its_bound(void)
{
    const double tr_S = ref_total(spectrum, DIM),
                 best = ref_bvpo_stein_constant(tr_S, 1.0);
    ref_moment risk[RULES] = {{0}}, inverse = {0}, slack = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        double z[DIM], loss[RULES];
        draw(z, i);
        losses(loss, z, tr_S, best);
        for (size_t k = 0; k < RULES; k++) ref_moment_add(&risk[k], loss[k]);
        const double inv = 1.0 / ref_norm2(z, DIM);
        ref_moment_add(&inverse, inv);
        /* per draw: the bound's estimate minus the loss, positive in the mean */
        ref_moment_add(&slack,
                       ref_bvpo_stein_risk(tr_S, 1.0, best, inv) - loss[LINEAR]);
    }
    /* the specification's Monte Carlo, given to three figures */
    const double want[RULES] = {5.70, 2.01, 1.74, 1.07, 0.61};
    for (size_t k = 0; k < RULES; k++) {
        const double se = sqrt(ref_moment_variance(&risk[k], 1) / DRAWS);
        CHECK_NEAR(risk[k].mean, want[k], 4.9 * se + 0.01);
    }
    const double se = sqrt(ref_moment_variance(&slack, 1) / DRAWS);
    CLAIM_HOLDS(
        "spec:bvpo 8.3",
        "Risk of the shrunk gradient stays below tr S - c (2 tr S - 4 lam_max - c) "
        "E[1/|z|^2] (statistic: minus the slack in standard errors, 100 000 draws)",
        -slack.mean / se, -CHECK_Z_LIMIT);
    const double raw_se = sqrt(ref_moment_variance(&risk[RAW], 1) / DRAWS);
    CLAIM_SAMPLED("spec:bvpo 8.3", "Without shrinkage the risk is tr S, 5.70",
                  (risk[RAW].mean - tr_S) / raw_se,
                  "shrinking gains nothing: its risk is tr S too",
                  (risk[LINEAR].mean - tr_S) / raw_se);
}

/* The best constant of the bound, and the edges. */
static void the_constant_minimises_the_bound(void)
{
    for (double tr_S = 2.0; tr_S < 9.0; tr_S += 0.7) {
        const double c = ref_bvpo_stein_constant(tr_S, 1.0);
        const double least = ref_bvpo_stein_risk(tr_S, 1.0, c, 0.2);
        for (double other = 0.0; other < 10.0; other += 0.1)
            CHECK(least <= ref_bvpo_stein_risk(tr_S, 1.0, other, 0.2) + 1e-15);
        CHECK_NEAR(least, tr_S - c * c * 0.2, 1e-14);
    }
    CHECK_EQUAL(ref_bvpo_stein_constant(1.5, 1.0), 0.0);
    CHECK(isnan(ref_bvpo_stein_constant(1.0, 2.0)));
    CHECK_EQUAL(ref_bvpo_stein_weight(2.0, 0.0), 0.0);
    CHECK_EQUAL(ref_bvpo_stein_weight(0.0, 0.0), 1.0);
    CHECK_EQUAL(ref_bvpo_stein_weight(2.0, 8.0), 0.75);
    CHECK(isnan(ref_bvpo_stein_weight(-1.0, 1.0)));
    CHECK(isnan(ref_bvpo_stein_risk(1.0, 0.5, -1.0, 1.0)));
}

SUITE("[spec:bvpo 8.3] James-Stein weights", NULL,
      {"shrinkage dominates within its bound", shrinkage_dominates_within_its_bound},
      {"the constant minimises the bound", the_constant_minimises_the_bound});
