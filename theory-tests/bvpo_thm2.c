/* bvpo_thm2.c -- the weight that minimises the mean squared error. */
#include "ref/bvpo.h"
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define DIM       8
#define INSTANCES 10000

/* E|g_c - mu|^2 of one item by enumeration, no moment formula involved; g_e on the pair */
static double enumerated_mse(const check_bvpo *c, const double *mu, double alpha)
{
    double g[DIM], g_e[DIM], total = 0.0;
    for (size_t k = 0; k < sim_bvpo_pairs(&c->m); k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(&c->m, k);
        (void)sim_bvpo_empty(&c->m, &c->t, pair, g_e);
        for (size_t r = 0; r < 5; r++)
            for (size_t q = 0; q < 5; q++) {
                const double w = sim_bvpo_weight(&c->m, pair, SIM_BVPO_MARGINAL)
                                 * check_bvpo_traces(c, pair, r, q);
                (void)sim_bvpo_trace(&c->m, &c->t, pair, r, q, g);
                for (size_t j = 0; j < DIM; j++)
                    g[j] = alpha * g[j] + (1.0 - alpha) * g_e[j] - mu[j];
                total += w * ref_norm2(g, DIM);
            }
    }
    return total;
}

/* property 10 */
static void the_error_splits_into_bias_and_variance(void)
{
    check_bvpo c;
    sim_bvpo_exact x;
    double mu[DIM], error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    CHECK_OK(sim_bvpo_moments(&x, mu, &c.m, &c.t, SIM_BVPO_PAIRED));
    const ref_bvpo_moments m = ref_bvpo_moments_at(&x.pieces, 1.0);
    for (int i = 0; i <= 10; i++) {
        const double alpha = 0.1 * i;
        const double direct = enumerated_mse(&c, mu, alpha);
        const double parts =
            ref_bvpo_bias2(&x.pieces, alpha) + ref_bvpo_variance(&x.pieces, alpha);
        const double d_form =
            alpha * m.A + (1.0 - alpha) * m.B - alpha * (1.0 - alpha) * m.D;
        error = check_worse(error, check_bvpo_relative(parts, direct));
        error =
            check_worse(error, check_bvpo_relative(ref_bvpo_mse(&m, alpha), direct));
        error = check_worse(error, check_bvpo_relative(d_form, direct));
    }
    CLAIM_HOLDS("spec:bvpo 2.2",
                "The enumerated mean squared error equals |bias|^2 plus variance, and "
                "alpha A + (1-alpha) B - alpha (1-alpha) D",
                error, 1e-11);
    check_bvpo_close(&c);
}

/* Minimiser of the enumerated error on [0,1] by golden section, 60 reductions: the
 * bracket is below 1e-12, the flat bottom limits the place to sqrt(eps) ~ 1e-7. */
static double golden_section(const check_bvpo *c, const double *mu)
{
    const double ratio = 0.5 * (sqrt(5.0) - 1.0);
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 60; i++) {
        const double left = high - ratio * (high - low);
        const double right = low + ratio * (high - low);
        if (enumerated_mse(c, mu, left) < enumerated_mse(c, mu, right)) {
            high = right;
        } else {
            low = left;
        }
    }
    return 0.5 * (low + high);
}

/* property 12 */
static void three_forms_of_the_weight_agree(void)
{
    check_bvpo c;
    sim_bvpo_exact x;
    double mu[DIM];
    if (!check_bvpo_open_g1(&c)) return;
    CHECK_OK(sim_bvpo_moments(&x, mu, &c.m, &c.t, SIM_BVPO_PAIRED));
    const ref_bvpo_pieces *p = &x.pieces;
    const ref_bvpo_moments m = ref_bvpo_moments_at(p, 1.0);
    const ref_bvpo_moments again = ref_bvpo_moments_of(m.A, m.B, m.C);
    const double from_pieces = (p->b_e2 - p->b_te + p->tr_S_e - p->tr_S_te)
                               / (p->b_t2 + p->b_e2 - 2.0 * p->b_te + p->tr_S_t
                                  + p->tr_S_e - 2.0 * p->tr_S_te);
    const double free = ref_bvpo_alpha_free(&m);
    double apart = fabs(ref_bvpo_alpha_free(&again) - free);
    apart = check_worse(apart, fabs(free - from_pieces));
    apart = check_worse(apart, fabs(free - 0.5 - (m.B - m.A) / (2.0 * m.D)));
    CLAIM_HOLDS(
        "bvpo:thm2",
        "The optimal weight from A, B and C, from biases and covariances, and as "
        "1/2 + (B-A)/(2D) is one number",
        apart, 1e-12);
    CLAIM_HOLDS(
        "bvpo:thm2",
        "The closed-form weight is the minimiser that a golden-section search of "
        "the enumerated error finds",
        fabs(golden_section(&c, mu) - ref_bvpo_alpha(&m)), 1e-6);
    check_bvpo_close(&c);
}

/* property 13: domination on random instances */
static void the_optimum_dominates_both_ends(void)
{
    double worst = -HUGE_VAL, least_gain = HUGE_VAL;
    size_t interior = 0;
    for (uint32_t i = 0; i < INSTANCES; i++) {
        const ref_bvpo_pieces p = check_bvpo_random(13, i);
        const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
        const double best = ref_bvpo_mse(&m, ref_bvpo_alpha(&m));
        const double free = ref_bvpo_alpha_free(&m);
        worst = check_worse(worst, best - check_least(m.A, m.B));
        if (!(free > 1e-6 && free < 1.0 - 1e-6)) continue;
        interior++;
        least_gain = check_least(least_gain, (check_least(m.A, m.B) - best) / m.D);
    }
    CLAIM_HOLDS(
        "bvpo:thm2",
        "The optimal mixture is never worse than either gradient on 10 000 random "
        "instances",
        worst, 1e-14);
    CHECK(interior > INSTANCES / 4);
    CLAIM_HOLDS(
        "bvpo:thm2",
        "With the free weight inside (0,1) the optimal mixture is strictly better "
        "than either gradient (statistic: minus the least gain over D)",
        -least_gain, -1e-13);
}

/* property 13: the stated cases */
static void stated_cases_come_out(void)
{
    const double given[4][3] = {{1, 4, 1.5}, {4, 1, 1.5}, {1, 0.25, 0}, {2, 1, 0.5}};
    const double weight[4] = {1.0, 0.0, 0.2, 0.25}, mse[4] = {1.0, 1.0, 0.2, 0.875};
    double error = 0.0;
    for (size_t i = 0; i < 4; i++) {
        const ref_bvpo_moments m =
            ref_bvpo_moments_of(given[i][0], given[i][1], given[i][2]);
        error = check_worse(error, fabs(ref_bvpo_alpha(&m) - weight[i]));
        error = check_worse(error, fabs(ref_bvpo_mse(&m, ref_bvpo_alpha(&m)) - mse[i]));
        CHECK_EQUAL(ref_bvpo_clips(&m), i < 2);
    }
    CLAIM_HOLDS(
        "bvpo:thm2",
        "Weight and error of four stated cases (A, B, C), two of them clipped to "
        "an end, come out by hand",
        error, 1e-15);
    const ref_bvpo_moments same = ref_bvpo_moments_of(0.3, 0.3, 0.3);
    CHECK_EQUAL(ref_bvpo_alpha(&same), 0.5);
    CHECK_NEAR(ref_bvpo_mse_free(&same), 0.3, 1e-16);
    CHECK_EQUAL(ref_bvpo_gains(&same).over_t, 0.0);
    const ref_bvpo_moments impossible = ref_bvpo_moments_of(1.0, 1.0, 2.0);
    CHECK(isnan(ref_bvpo_alpha(&impossible)));
    CHECK(isnan(ref_bvpo_mse_free(&impossible)));
    CHECK(isnan(ref_bvpo_gains(&impossible).over_e));
}

SUITE("[bvpo:thm2][spec:bvpo 2.2] the optimal weight", NULL,
      {"the error splits into bias and variance",
       the_error_splits_into_bias_and_variance},
      {"three forms of the weight agree", three_forms_of_the_weight_agree},
      {"the optimum dominates both ends", the_optimum_dominates_both_ends},
      {"stated cases come out", stated_cases_come_out});
