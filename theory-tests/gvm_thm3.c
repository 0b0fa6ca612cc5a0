/* gvm_thm3.c -- theorem 3 as read in arXiv v1: a counterexample for every k >= 1. */
#include "ref/descent.h"

#include "theory-tests/check.h"

#include <math.h>

/* Counterexample A of theorem 2 with a second coordinate of curvature H, noise-free and
 * at its optimum, so that the loss is H-strongly convex and nothing else changes. */
typedef struct outcome_a {
    double change;
    ref_descent_run run;
} outcome_a;

static outcome_a example_a(size_t k, double H)
{
    const double delta = 0.1, eta = fmin(0.5, 1.0 / (4.0 * (double)k * H));
    outcome_a out = {.run = {.eta = eta, .gamma = 1.0, .k = k, .H = H}};
    const double P = ldexp(1.0, -(int)k);
    for (unsigned path = 0; path < 1u << k; path++) {
        double u = 0.0, grad_sum = 0.0;
        for (size_t r = 0; r < k; r++) {
            out.run.D1 += P * u * u;
            out.run.Omega += P * delta * delta;
            grad_sum += u;
            out.run.D3 += P * grad_sum * grad_sum;
            u -= eta * (u - ((path >> r & 1u) ? delta : -delta));
        }
        out.change += P * (u * u / 2.0 - log(cosh(delta * u)));
    }
    return out;
}

/* property 44, the second half */
static void strongly_convex_counterexample_has_its_golden_numbers(void)
{
    const outcome_a one = example_a(1, 0.5);
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
        const outcome_a a = example_a(1, H);
        least = check_least(least, a.change - ref_descent_thm3_printed(&a.run));
    }
    for (size_t k = 1; k <= 6; k++) {
        const outcome_a a = example_a(k, 0.5 / (double)k);
        least = check_least(least, a.change - ref_descent_thm3_printed(&a.run));
    }
    CHECK_AT_MOST(6e-4, least);
}

SUITE("[gvm:thm3] theorem 3 as printed", NULL,
      {"the strongly convex counterexample has its golden numbers",
       strongly_convex_counterexample_has_its_golden_numbers},
      {"it fails for every curvature and k", it_fails_for_every_curvature_and_k});
