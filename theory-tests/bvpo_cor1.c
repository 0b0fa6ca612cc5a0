/* bvpo_cor1.c -- an interior optimum is strictly better than both gradients. */
#include "ref/bvpo.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

/* (A-C)^2/D and (B-C)^2/D are the gains; both positive inside. */
static void an_interior_weight_gains_strictly(void)
{
    double least = HUGE_VAL, error = 0.0;
    size_t interior = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        const ref_bvpo_pieces p = check_bvpo_random(41, i);
        const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
        const double free = ref_bvpo_alpha_free(&m);
        if (!(free > 1e-3 && free < 0.999)) continue;
        interior++;
        const ref_bvpo_gain gain = ref_bvpo_gains(&m);
        least = check_least(least, check_least(gain.over_t, gain.over_e) / m.D);
        error = check_worse(error, fabs(gain.over_e / m.D - free * free));
        error = check_worse(error, fabs(gain.over_t / m.D - (1 - free) * (1 - free)));
    }
    CHECK(interior > 2500);
    CLAIM_HOLDS(
        "bvpo:cor1",
        "With 0 < alpha* < 1 the mixture is strictly better than g_t and than g_e "
        "(statistic: minus the least gain over D)",
        -least, -0.999e-6);
    CLAIM_HOLDS("bvpo:cor1",
                "The gains are (1-alpha*)^2 D over g_t and alpha*^2 D over g_e", error,
                1e-11);
}

static void every_golden_model_has_a_strict_gain(void)
{
    for (double kappa = 0.0; kappa <= 1.5; kappa += 0.5) {
        check_bvpo c;
        sim_bvpo_exact x;
        if (!check_bvpo_open(&c, 1.0, 1.0, kappa)) return;
        CHECK_OK(sim_bvpo_moments(&x, NULL, &c.m, &c.t, SIM_BVPO_PAIRED));
        const ref_bvpo_moments m = ref_bvpo_moments_at(&x.pieces, 1.0);
        const double best = ref_bvpo_mse(&m, ref_bvpo_alpha(&m));
        CHECK(best < m.A && best < m.B);
        check_bvpo_close(&c);
    }
}

/* At the edge of the condition the gain is gone: alpha* = 0 ties with g_e. */
static void a_clipped_weight_gains_nothing_over_its_end(void)
{
    const ref_bvpo_moments m = ref_bvpo_moments_of(4.0, 1.0, 1.0);
    CHECK_EQUAL(ref_bvpo_alpha_free(&m), 0.0);
    CHECK_EQUAL(ref_bvpo_gains(&m).over_e, 0.0);
    CHECK_EQUAL(ref_bvpo_mse(&m, ref_bvpo_alpha(&m)), m.B);
}

SUITE("[bvpo:cor1] strict improvement", NULL,
      {"an interior weight gains strictly", an_interior_weight_gains_strictly},
      {"every golden model has a strict gain", every_golden_model_has_a_strict_gain},
      {"a clipped weight gains nothing over its end",
       a_clipped_weight_gains_nothing_over_its_end});
