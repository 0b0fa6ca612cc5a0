/* bvpo_thm4.c -- statistical and algorithmic optimality: the floor and its weight. */
#include "ref/bvpo.h"
#include "ref/descent.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define INSTANCES 10000

static bool g1_pieces(ref_bvpo_pieces *p)
{
    check_bvpo c;
    sim_bvpo_exact x;
    if (!check_bvpo_open_g1(&c)) return false;
    const bool ok = CHECK_OK(sim_bvpo_moments(&x, NULL, &c.m, &c.t, SIM_BVPO_PAIRED));
    if (ok) *p = x.pieces;
    check_bvpo_close(&c);
    return ok;
}

/* property 18: E_c(alpha) - E_c(alpha_c) = D_c (alpha - alpha_c)^2 */
static void the_floor_is_a_parabola_around_its_weight(void)
{
    double error = 0.0;
    for (uint32_t i = 0; i < INSTANCES; i++) {
        const ref_bvpo_pieces p = check_bvpo_random(18, i);
        const double c = check_bvpo_uniform(19, i, 0);
        const double best = ref_bvpo_floor_weight(&p, c);
        const ref_bvpo_moments m = ref_bvpo_moments_at(&p, c);
        const double size = m.A + m.B;
        if (m.D < 1e-6 * size) continue; /* the weight is not determined */
        for (double alpha = 0.0; alpha <= 1.0; alpha += 0.25) {
            const double rise =
                ref_bvpo_floor(&p, alpha, c) - ref_bvpo_floor(&p, best, c);
            const double want = m.D * (alpha - best) * (alpha - best);
            /* both sides grow with alpha_c^2 where D is small: judged at that size */
            error =
                check_worse(error, fabs(rise - want) / (size * (1.0 + best * best)));
        }
    }
    CLAIM_HOLDS("spec:bvpo 2.5",
                "The floor rises from its minimum as D_c (alpha - alpha_c)^2", error,
                1e-12);
}

/* property 18: c = 1 is the mean squared error; batch sizes and c as in the table */
static void floor_weights_of_g1_come_out(void)
{
    const double n[6] = {1, 8, 64, 512, 4096, HUGE_VAL};
    const double want[6] = {0.215010, 0.255732, 0.457494, 0.745579, 0.836447, 0.852001};
    ref_bvpo_pieces p;
    double error = 0.0;
    if (!g1_pieces(&p)) return;
    const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
    CHECK_EQUAL(ref_bvpo_floor_weight(&p, 1.0), ref_bvpo_alpha_free(&m));
    CHECK_NEAR(ref_bvpo_floor(&p, 0.3, 1.0), ref_bvpo_mse(&m, 0.3), 1e-15);
    for (size_t i = 0; i < 6; i++)
        error =
            check_worse(error, fabs(ref_bvpo_floor_weight(&p, 1.0 / n[i]) - want[i]));
    error = check_worse(error, fabs(ref_bvpo_floor_weight(&p, 0.3) - 0.229187807));
    error = check_worse(error, fabs(ref_bvpo_floor_weight(&p, 0.05) - 0.314623929));
    CLAIM_HOLDS("spec:bvpo 2.5",
                "Optimal weights against batch size and against eta L equal the golden "
                "table (0.215 for one item, 0.852 for infinitely many)",
                error, 1e-6);
}

/* The weight that minimises the MSE minimises the floor at eta L = 1 and not below. */
static void the_mse_weight_is_algorithmically_optimal_at_full_step(void)
{
    double worst = -HUGE_VAL;
    for (uint32_t i = 0; i < INSTANCES; i++) {
        const ref_bvpo_pieces p = check_bvpo_random(20, i);
        const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
        const double star = ref_bvpo_floor(&p, ref_bvpo_alpha(&m), 1.0);
        for (double alpha = 0.0; alpha <= 1.0; alpha += 0.0625)
            worst = check_worse(worst, star - ref_bvpo_floor(&p, alpha, 1.0));
    }
    CLAIM_HOLDS(
        "bvpo:thm4",
        "At eta L = 1 no weight in [0,1] has a lower floor than the MSE-optimal one",
        worst, 1e-14);
    ref_bvpo_pieces p;
    if (!g1_pieces(&p)) return;
    CLAIM_HOLDS(
        "spec:bvpo 2.5",
        "Below full step the MSE-optimal weight is not floor-optimal: at eta L = "
        "0.05 in G1 alpha_c does better (statistic: its floor minus the other)",
        ref_bvpo_floor(&p, ref_bvpo_floor_weight(&p, 0.05), 0.05)
            - ref_bvpo_floor(&p, ref_bvpo_floor_weight(&p, 1.0), 0.05),
        -1e-3);
}

/* property 19: E_c(alpha*_MSE) <= E_c(alpha_c)/c, clipped weights */
static void the_price_of_the_mse_weight_is_bounded(void)
{
    double worst = -HUGE_VAL;
    for (uint32_t i = 0; i < INSTANCES; i++) {
        const ref_bvpo_pieces p = check_bvpo_random(21, i);
        const double c = 0.01 + 0.99 * check_bvpo_uniform(22, i, 0);
        const ref_bvpo_moments mse = ref_bvpo_moments_at(&p, 1.0);
        const ref_bvpo_moments floor = ref_bvpo_moments_at(&p, c);
        const double paid = ref_bvpo_floor(&p, ref_bvpo_alpha(&mse), c);
        const double least = ref_bvpo_floor(&p, ref_bvpo_alpha(&floor), c);
        worst = check_worse(worst, paid - least / c);
    }
    CLAIM_HOLDS(
        "spec:bvpo 2.5",
        "Using the MSE weight at eta L = c costs at most a factor 1/c in the floor",
        worst, 1e-12);
}

/* The adaptive bound: at every theta the mixture's floor is below min(MSE_t, MSE_e). */
static void adaptive_weights_bound_the_run(void)
{
    double mse_t[3], mse_e[3], mse_c = 0.0;
    for (size_t k = 0; k < 3; k++) {
        check_bvpo c;
        sim_bvpo_exact x;
        if (!check_bvpo_open(&c, 1.0, 0.5 * (double)k, 0.5)) return;
        CHECK_OK(sim_bvpo_moments(&x, NULL, &c.m, &c.t, SIM_BVPO_PAIRED));
        const ref_bvpo_moments m = ref_bvpo_moments_at(&x.pieces, 1.0);
        mse_t[k] = m.A;
        mse_e[k] = m.B;
        mse_c += ref_bvpo_mse(&m, ref_bvpo_alpha(&m)) / 3.0;
        check_bvpo_close(&c);
    }
    const double L = 62.5901633670895, gap = 0.7;
    CLAIM_HOLDS(
        "bvpo:thm4",
        "With weights adapted at each theta the bound is no larger than with the "
        "better of the two gradients at each theta",
        ref_descent_average(gap, 1.0 / L, L, 3, mse_c)
            - ref_descent_adaptive(gap, L, mse_t, mse_e, 3),
        0.0);
}

SUITE("[bvpo:thm4][spec:bvpo 2.5] the floor of a run", NULL,
      {"the floor is a parabola around its weight",
       the_floor_is_a_parabola_around_its_weight},
      {"floor weights of G1 come out", floor_weights_of_g1_come_out},
      {"the MSE weight is algorithmically optimal at full step",
       the_mse_weight_is_algorithmically_optimal_at_full_step},
      {"the price of the MSE weight is bounded",
       the_price_of_the_mse_weight_is_bounded},
      {"adaptive weights bound the run", adaptive_weights_bound_the_run});
