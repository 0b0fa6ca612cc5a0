/* bvpo_eq2.c -- the mixed loss and its coefficients on four log-probabilities. */
#include "ref/bvpo.h"
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

static const double *score(const check_bvpo *c, size_t x, size_t r, size_t y)
{
    return &c->t.s[((x * c->m.shape.R + r) * c->m.shape.Y + y) * c->m.shape.d];
}

static double margin(const check_bvpo *c, sim_bvpo_pair p, size_t r, size_t q)
{
    return c->m.shape.beta
           * (sim_bvpo_log_weight(&c->m, &c->t, p.x, r, p.plus)
              - sim_bvpo_log_weight(&c->m, &c->t, p.x, q, p.minus));
}

/* property 28: sum_j c_j grad lp_j = alpha g_t + (1-alpha) g_e on pairs of their own. */
static double worst_mixture(const check_bvpo *c, sim_bvpo_pair pt, sim_bvpo_pair pe,
                            double alpha)
{
    double g_t[8], g_e[8], error = 0.0;
    const size_t r = 3, q = 1;
    (void)sim_bvpo_trace(&c->m, &c->t, pt, r, q, g_t);
    (void)sim_bvpo_empty(&c->m, &c->t, pe, g_e);
    const ref_bvpo_coefficient k = ref_bvpo_coefficients(
        alpha, c->m.shape.beta, margin(c, pt, r, q), margin(c, pe, 0, 0));
    for (size_t j = 0; j < 8; j++) {
        const double got = k.t_chosen * score(c, pt.x, r, pt.plus)[j]
                           + k.t_rejected * score(c, pt.x, q, pt.minus)[j]
                           + k.e_chosen * score(c, pe.x, 0, pe.plus)[j]
                           + k.e_rejected * score(c, pe.x, 0, pe.minus)[j];
        const double want = alpha * g_t[j] + (1.0 - alpha) * g_e[j];
        error = check_worse(error, fabs(got - want));
    }
    return error;
}

static void coefficients_rebuild_the_mixed_gradient(void)
{
    check_bvpo c;
    double error = 0.0;
    if (!check_bvpo_open(&c, 0.7, 1.0, 0.5)) return;
    for (size_t k = 0; k < 36; k++)
        for (double alpha = 0.0; alpha <= 1.0; alpha += 0.125)
            error = check_worse(error,
                                worst_mixture(&c, sim_bvpo_pair_at(&c.m, k),
                                              sim_bvpo_pair_at(&c.m, 35 - k), alpha));
    CLAIM_HOLDS(
        "bvpo:eq2",
        "The four coefficients turn score vectors into alpha g_t + (1-alpha) g_e",
        error, 1e-13);
    check_bvpo_close(&c);
}

/* property 28: the ends are pure DPO, bit for bit, and the other side is exactly silent */
static void the_ends_are_pure_dpo(void)
{
    int other = 0;
    for (uint32_t i = 0; i < 100; i++) {
        const double h_t = 20.0 * check_bvpo_uniform(28, i, 0) - 10.0;
        const double h_e = 20.0 * check_bvpo_uniform(28, i, 1) - 10.0;
        const double beta = 0.1;
        const ref_bvpo_coefficient t = ref_bvpo_coefficients(1.0, beta, h_t, h_e);
        const ref_bvpo_coefficient e = ref_bvpo_coefficients(0.0, beta, h_t, h_e);
        const double dpo_t = beta * ref_sigmoid(-h_t), dpo_e = beta * ref_sigmoid(-h_e);
        other += !(t.t_chosen == -dpo_t && t.t_rejected == dpo_t);
        other += !(t.e_chosen == 0.0 && t.e_rejected == 0.0);
        other += !(e.e_chosen == -dpo_e && e.e_rejected == dpo_e);
        other += !(e.t_chosen == 0.0 && e.t_rejected == 0.0);
    }
    CLAIM_HOLDS(
        "bvpo:eq2",
        "At alpha = 1 and alpha = 0 the four coefficients are those of DPO on one "
        "source, bit for bit, and zero on the other (statistic: exceptions)",
        other, 0.0);
}

/* Central difference of alpha softplus(-h_t) + (1-alpha) softplus(-h_e); truncation
 * step^2/6 max|sigma''| < 2e-12, rounding eps/step < 3e-10. */
static void coefficients_are_derivatives(void)
{
    const double alpha = 0.385, beta = 0.3, step = 1e-6;
    const double z[5] = {-3.0, -0.2, 0.0, 1.3, 4.0};
    for (size_t i = 0; i < 5; i++) {
        const double t = z[i], e = z[4 - i];
        const ref_bvpo_coefficient k = ref_bvpo_coefficients(alpha, beta, t, e);
        const double up = t + beta * step, down = t - beta * step;
        const double slope_t =
            alpha * (ref_softplus(-up) - ref_softplus(-down)) / (2.0 * step);
        const double e_up = e + beta * step, e_down = e - beta * step;
        const double slope_e = (1.0 - alpha)
                               * (ref_softplus(-e_up) - ref_softplus(-e_down))
                               / (2.0 * step);
        CHECK_NEAR(k.t_chosen, slope_t, 1e-9);
        CHECK_NEAR(k.t_rejected, -slope_t, 1e-9);
        CHECK_NEAR(k.e_chosen, slope_e, 1e-9);
        CHECK_NEAR(k.e_rejected, -slope_e, 1e-9);
    }
}

static void weights_outside_the_unit_interval_are_refused(void)
{
    CHECK(isnan(ref_bvpo_coefficients(-0.1, 1.0, 0.0, 0.0).t_chosen));
    CHECK(isnan(ref_bvpo_coefficients(1.1, 1.0, 0.0, 0.0).e_rejected));
    CHECK(isnan(ref_bvpo_coefficients(nan(""), 1.0, 0.0, 0.0).t_rejected));
    CHECK(isnan(ref_bvpo_coefficients(0.5, 0.0, 0.0, 0.0).e_chosen));
    CHECK(isnan(ref_bvpo_coefficients(0.5, 1.0, nan(""), 0.0).t_chosen));
}

SUITE("[bvpo:eq2] the mixed loss", NULL,
      {"coefficients rebuild the mixed gradient",
       coefficients_rebuild_the_mixed_gradient},
      {"the ends are pure DPO", the_ends_are_pure_dpo},
      {"coefficients are derivatives", coefficients_are_derivatives},
      {"weights outside the unit interval are refused",
       weights_outside_the_unit_interval_are_refused});
