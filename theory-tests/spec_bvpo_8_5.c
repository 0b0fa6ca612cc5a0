/* spec_bvpo_8_5.c -- one budget split between trace samples and empty-trace samples. */
#include "ref/bvpo_allocate.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

static ref_bvpo_split_case golden(void)
{
    return (ref_bvpo_split_case){.v_t = 3.5,
                                 .v_e = 2.3,
                                 .c_t = 3.17,
                                 .c_e = 1.0,
                                 .b_t2 = 0.05 * 0.05 + 0.06 * 0.06,
                                 .b_e2 = 0.62 * 0.62 + 0.5 * 0.5,
                                 .b_te = 0.05 * 0.62 - 0.06 * 0.5,
                                 .budget = 200.0};
}

static void the_golden_split_comes_out(void)
{
    const ref_bvpo_split_case c = golden();
    const ref_bvpo_budget b = ref_bvpo_budget_split(&c);
    double error = check_bvpo_relative(b.alpha, 0.946077431146);
    error = check_worse(error, check_bvpo_relative(b.mse, 0.059670612298));
    error = check_worse(error, check_bvpo_relative(b.share, 0.974705984));
    CLAIM_HOLDS("spec:bvpo 8.5", "Weight, error and share equal their golden values",
                error, 1e-9);
    CHECK_NEAR(b.n_t * c.c_t + b.n_e * c.c_e, c.budget, 1e-11);
}

/* Error of any weight and any split, from the definition. */
static double error_of(const ref_bvpo_split_case *c, double alpha, double share)
{
    const double rest = 1.0 - alpha;
    double mse =
        alpha * alpha * c->b_t2 + rest * rest * c->b_e2 + 2.0 * alpha * rest * c->b_te;
    if (alpha > 0.0) mse += alpha * alpha * c->v_t * c->c_t / (share * c->budget);
    if (rest > 0.0) mse += rest * rest * c->v_e * c->c_e / ((1.0 - share) * c->budget);
    return mse;
}

/* No weight and split on a grid does better, and the plan's error is what it says. */
static void no_other_plan_does_better(void)
{
    double better = -HUGE_VAL, error = 0.0;
    for (uint32_t i = 0; i < 50; i++) {
        ref_bvpo_split_case c = golden();
        c.v_t *= 2.0 * check_bvpo_uniform(88, i, 0);
        c.v_e *= 2.0 * check_bvpo_uniform(88, i, 1);
        c.budget = exp(6.0 * check_bvpo_uniform(88, i, 2));
        const ref_bvpo_budget b = ref_bvpo_budget_split(&c);
        error =
            check_worse(error, fabs(error_of(&c, b.alpha, b.share) - b.mse) / b.mse);
        for (double alpha = 0.0; alpha <= 1.0; alpha += 0.02)
            for (double share = 0.01; share < 1.0; share += 0.02)
                better = check_worse(better, b.mse - error_of(&c, alpha, share));
    }
    CLAIM_HOLDS(
        "spec:bvpo 8.5",
        "No weight and split on a grid of 2500 has a smaller error than the closed "
        "form",
        better, 1e-14);
    CHECK_AT_MOST(error, 1e-13);
}

static void edges_of_the_split(void)
{
    ref_bvpo_split_case c = golden();
    c.v_t = c.v_e = 0.0;
    ref_bvpo_budget b = ref_bvpo_budget_split(&c);
    CHECK_EQUAL(b.share, 0.5);
    c.b_e2 = c.b_t2 = c.b_te = 0.0;
    b = ref_bvpo_budget_split(&c);
    CHECK_EQUAL(b.alpha, 0.5);
    CHECK_EQUAL(b.mse, 0.0);
    c.budget = 0.0;
    CHECK(isnan(ref_bvpo_budget_split(&c).alpha));
    c = golden();
    c.c_t = -1.0;
    CHECK(isnan(ref_bvpo_budget_split(&c).mse));
}

SUITE("[spec:bvpo 8.5] one budget for two estimators", NULL,
      {"the golden split comes out", the_golden_split_comes_out},
      {"no other plan does better", no_other_plan_does_better},
      {"edges of the split", edges_of_the_split});
