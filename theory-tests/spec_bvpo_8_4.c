/* spec_bvpo_8_4.c -- allocation with the empty trace to fall back on. */
#include "ref/bvpo.h"
#include "ref/bvpo_allocate.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define M 5

static void golden_items(ref_bvpo_item *item)
{
    const double v[M] = {4.0, 1.0, 0.25, 9.0, 0.5}, B[M] = {0.5, 0.05, 2.0, 0.02, 0.3};
    for (size_t i = 0; i < M; i++)
        item[i] = ref_bvpo_item_unbiased(v[i], B[i], 1.0, 1.0);
}

/* property 29: golden 8.4 */
static void the_golden_allocation_comes_out(void)
{
    const double want[M] = {23.050831833074, 0.0, 7.637707958268, 0.0, 9.311460208658};
    const double alpha[M] = {0.742357949, 0.0, 0.983897372, 0.0, 0.848182965};
    const double uniform[M] = {8.0, 8.0, 8.0, 8.0, 8.0};
    ref_bvpo_item item[M];
    double n[M], neyman[M], total = 0.0, error = 0.0;
    golden_items(item);
    CHECK_OK(ref_bvpo_allocate(n, NULL, item, M, 40.0, NULL));
    for (size_t i = 0; i < M; i++) total += sqrt(item[i].v);
    for (size_t i = 0; i < M; i++) neyman[i] = 40.0 * sqrt(item[i].v) / total;
    for (size_t i = 0; i < M; i++) {
        error = check_worse(error, fabs(n[i] - want[i]) / fmax(want[i], 1.0));
        CHECK_NEAR(ref_bvpo_item_alpha(&item[i], n[i]), alpha[i], 1e-9);
    }
    error =
        check_worse(error, check_bvpo_relative(ref_bvpo_allocation_error(item, n, M),
                                               0.276571392253));
    error = check_worse(error,
                        check_bvpo_relative(ref_bvpo_allocation_error(item, uniform, M),
                                            0.387858309436));
    error = check_worse(error,
                        check_bvpo_relative(ref_bvpo_allocation_error(item, neyman, M),
                                            0.443480170511));
    CLAIM_HOLDS(
        "spec:bvpo 8.4",
        "The allocation with fallback and the errors of uniform and Neyman equal "
        "their golden values",
        error, 1e-8);
}

/* Random items; general biases where wanted: b_t and b_e in the plane. */
static void random_items(ref_bvpo_item *item, uint32_t i, bool biased)
{
    for (uint32_t k = 0; k < M; k++) {
        double u[7];
        for (uint32_t j = 0; j < 7; j++) u[j] = check_bvpo_uniform(84, i, 7 * k + j);
        const double t[2] = {biased ? 0.6 * u[0] : 0.0,
                             biased ? 0.6 * u[1] - 0.3 : 0.0};
        const double e[2] = {2.0 * u[2] - 0.4, u[3] - 0.5};
        item[k] = (ref_bvpo_item){.v = 0.05 + 5.0 * u[4],
                                  .a = ref_norm2(t, 2),
                                  .e = ref_norm2(e, 2),
                                  .k = ref_dot(t, e, 2),
                                  .weight = 0.2 + u[5],
                                  .cost = 0.5 + 3.0 * u[6]};
    }
}

/* property 29: budget, KKT, and no feasible neighbour does better */
static void the_optimality_conditions_hold(void)
{
    double spent_error = 0.0, kkt = 0.0, better = -HUGE_VAL;
    size_t inactive = 0, full = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        ref_bvpo_item item[M];
        double n[M], lambda = nan(""), spent = 0.0;
        random_items(item, i, i % 2 == 1);
        const double budget = exp(9.0 * check_bvpo_uniform(85, i, 0) - 2.0);
        CHECK_OK(ref_bvpo_allocate(n, &lambda, item, M, budget, NULL));
        for (size_t k = 0; k < M; k++) {
            spent += item[k].cost * n[k];
            const double ratio = ref_bvpo_item_gain(&item[k], n[k]) / lambda;
            kkt = check_worse(kkt, n[k] > 0.0 ? fabs(ratio - 1.0) : ratio - 1.0);
            inactive += n[k] == 0.0;
            full += ref_bvpo_item_alpha(&item[k], n[k]) == 1.0;
        }
        spent_error = check_worse(spent_error, fabs(spent - budget) / budget);

        const double least = ref_bvpo_allocation_error(item, n, M);
        for (uint32_t k = 0; k < M;
             k++) { /* move a tenth of a prompt's budget elsewhere */
            const size_t to = (k + 1 + i % (M - 1)) % M;
            const double moved = 0.1 * n[k] * item[k].cost;
            double other[M];
            for (size_t j = 0; j < M; j++) other[j] = n[j];
            other[k] -= moved / item[k].cost;
            other[to] += moved / item[to].cost;
            better =
                check_worse(better, least - ref_bvpo_allocation_error(item, other, M));
        }
    }
    CHECK(inactive > 500 && full > 100); /* both kinds of clipping were met */
    CLAIM_HOLDS("spec:bvpo 8.4",
                "The allocation with the empty-trace fallback spends the whole budget "
                "(statistic: relative error)",
                spent_error, 1e-12);
    CLAIM_HOLDS("spec:bvpo 8.4",
                "Gains per unit of budget are equal on active prompts and no larger on "
                "inactive ones, biased trace gradients included",
                kkt, 1e-9);
    CLAIM_HOLDS("spec:bvpo 8.4",
                "No transfer of budget between two prompts does better than the "
                "allocation with the empty-trace fallback",
                better, 1e-13);
}

/* The gain is minus the derivative of the error, central differences of relative step
 * 1e-5: truncation 1e-10, rounding 1e-11 relative to the error itself. */
static void the_gain_is_the_derivative(void)
{
    for (uint32_t i = 0; i < 200; i++) {
        ref_bvpo_item item[M];
        random_items(item, i, true);
        for (size_t k = 0; k < M; k++) {
            const double n = exp(6.0 * check_bvpo_uniform(86, i, (uint32_t)k) - 2.0);
            const double h = 1e-5 * n;
            const double slope = (ref_bvpo_item_mse(&item[k], n + h)
                                  - ref_bvpo_item_mse(&item[k], n - h))
                                 / (2.0 * h);
            const double gain = -item[k].weight / item[k].cost * slope;
            CHECK_NEAR(ref_bvpo_item_gain(&item[k], n), gain, 1e-9 + 1e-4 * fabs(gain));
        }
    }
}

/* The formula of the error is the mixture's at its own weight with noise v/n. */
static void the_error_is_that_of_the_best_mixture(void)
{
    double error = 0.0;
    for (uint32_t i = 0; i < 500; i++) {
        ref_bvpo_item item[M];
        random_items(item, i, true);
        for (size_t k = 0; k < M; k++) {
            const double n = exp(6.0 * check_bvpo_uniform(87, i, (uint32_t)k) - 2.0);
            const ref_bvpo_pieces p = {.b_t2 = item[k].a,
                                       .b_e2 = item[k].e,
                                       .b_te = item[k].k,
                                       .tr_S_t = item[k].v};
            const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0 / n);
            const double alpha = ref_bvpo_alpha(&m);
            error = check_worse(error, fabs(ref_bvpo_item_alpha(&item[k], n) - alpha));
            error =
                check_worse(error, check_bvpo_relative(ref_bvpo_item_mse(&item[k], n),
                                                       ref_bvpo_mse(&m, alpha)));
        }
    }
    CLAIM_HOLDS("spec:bvpo 8.4",
                "Error and weight of a prompt are those of the optimal mixture with "
                "variance v/n",
                error, 1e-11);
}

/* property 29: B -> infinity is Neyman */
static void hopeless_fallbacks_give_neyman(void)
{
    ref_bvpo_item item[M];
    double n[M], total = 0.0, error = 0.0;
    random_items(item, 3, false);
    for (size_t i = 0; i < M; i++) item[i].e = 1e12;
    for (size_t i = 0; i < M; i++)
        total += sqrt(item[i].weight * item[i].v * item[i].cost);
    CHECK_OK(ref_bvpo_allocate(n, NULL, item, M, 100.0, NULL));
    for (size_t i = 0; i < M; i++) {
        const double neyman =
            100.0 * sqrt(item[i].weight * item[i].v / item[i].cost) / total;
        error = check_worse(error, check_bvpo_relative(n[i], neyman));
    }
    CLAIM_HOLDS("spec:bvpo 8.4",
                "With empty-trace biases of 1e12 the rule is Neyman's, that is, GVM's",
                error, 1e-6);
}

static void one_weight_for_the_batch(void)
{
    for (double V = 0.1; V < 3.0; V += 0.3) {
        const ref_bvpo_pieces p = {.b_e2 = 0.7, .tr_S_t = V};
        const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
        CHECK_NEAR(ref_bvpo_common_weight(V, 0.7), ref_bvpo_alpha(&m), 1e-15);
        CHECK_NEAR(ref_bvpo_common_error(V, 0.7), ref_bvpo_mse_free(&m), 1e-15);
        CHECK(ref_bvpo_common_error(V + 0.1, 0.7) > ref_bvpo_common_error(V, 0.7));
    }
    CHECK_EQUAL(ref_bvpo_common_weight(0.0, 0.0), 0.5);
    CHECK_EQUAL(ref_bvpo_common_error(0.0, 0.0), 0.0);
    CHECK(isnan(ref_bvpo_common_weight(-1.0, 0.0)));
    CHECK(isnan(ref_bvpo_common_error(0.0, nan(""))));
}

static void bad_items_are_refused(void)
{
    ref_bvpo_item item[M];
    double n[M] = {7.0};
    ref_why why = {{0}};
    golden_items(item);
    CHECK_STATUS(ref_bvpo_allocate(n, NULL, item, M, 0.0, &why), REF_EDOM);
    CHECK_STATUS(ref_bvpo_allocate(n, NULL, item, M, nan(""), &why), REF_EDOM);
    item[2].v = 0.0;
    CHECK_STATUS(ref_bvpo_allocate(n, NULL, item, M, 40.0, &why), REF_EDOM);
    golden_items(item);
    item[4].k = 1.0;
    CHECK_STATUS(ref_bvpo_allocate(n, NULL, item, M, 40.0, &why), REF_EDOM);
    golden_items(item);
    item[1].e = HUGE_VAL;
    CHECK_STATUS(ref_bvpo_allocate(n, NULL, item, M, 40.0, &why), REF_EDOM);
    for (size_t i = 0; i < M; i++) item[i] = ref_bvpo_item_unbiased(1.0, 0.0, 1.0, 1.0);
    CHECK_STATUS(ref_bvpo_allocate(n, NULL, item, M, 40.0, &why), REF_EINFEASIBLE);
    CHECK_EQUAL(n[0], 7.0);
    CHECK(isnan(ref_bvpo_item_mse(&item[0], -1.0)));
    CHECK(isnan(ref_bvpo_item_alpha(&item[0], nan(""))));
    CHECK(isnan(ref_bvpo_item_gain(&item[0], -1.0)));
    CHECK_EQUAL(ref_bvpo_item_gain(&item[0], 3.0), 0.0);
}

SUITE("[spec:bvpo 8.4] allocation with the empty-trace fallback", NULL,
      {"the golden allocation comes out", the_golden_allocation_comes_out},
      {"the optimality conditions hold", the_optimality_conditions_hold},
      {"the gain is the derivative", the_gain_is_the_derivative},
      {"the error is that of the best mixture", the_error_is_that_of_the_best_mixture},
      {"hopeless fallbacks give Neyman", hopeless_fallbacks_give_neyman},
      {"one weight for the batch", one_weight_for_the_batch},
      {"bad items are refused", bad_items_are_refused});
