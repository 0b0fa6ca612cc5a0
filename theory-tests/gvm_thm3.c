/* gvm_thm3.c -- theorem 3 as read in arXiv v1: a counterexample for every k >= 1. */
#include "theory-tests/check.h"
#include "theory-tests/example_a.h"

#include <math.h>

/* Counterexample A with a second coordinate of curvature H, at the largest step that the
 * theorem allows. */
static example_a_outcome curved(size_t k, double H)
{
    return example_a(k, fmin(0.5, 1.0 / (4.0 * (double)k * H)), H);
}

/* property 44, the second half */
static void strongly_convex_counterexample_has_its_golden_numbers(void)
{
    const example_a_outcome one = curved(1, 0.5);
    CHECK_NEAR(one.change, 0.0012375000520830903, 1e-12);
    CHECK_NEAR(ref_descent_thm3_printed(&one.run), 0.000625, 1e-12);
    CHECK_AT_MOST(one.change, ref_descent_thm1(&one.run));
    CLAIM_REFUTED(
        "gvm:thm3",
        "Theorem 3 as read in arXiv v1: E L(theta_kT) - L(theta_0) is at most its "
        "right side (here a Gaussian model, k = 1, H = 1/2, eta = gamma/2)",
        one.change, ref_descent_thm3_printed(&one.run));
}

/* every H in (0, 1/2] for k = 1, and more steps with a curvature that keeps eta */
static void it_fails_for_every_curvature_and_k(void)
{
    double least = HUGE_VAL;
    for (double H = 0.05; H <= 0.5; H += 0.05) {
        const example_a_outcome a = curved(1, H);
        least = check_least(least, a.change - ref_descent_thm3_printed(&a.run));
    }
    for (size_t k = 1; k <= 6; k++) {
        const example_a_outcome a = curved(k, 0.5 / (double)k);
        least = check_least(least, a.change - ref_descent_thm3_printed(&a.run));
    }
    CHECK_AT_MOST(6e-4, least);
}

SUITE("[gvm:thm3] theorem 3 as printed", NULL,
      {"the strongly convex counterexample has its golden numbers",
       strongly_convex_counterexample_has_its_golden_numbers},
      {"it fails for every curvature and k", it_fails_for_every_curvature_and_k});
