/* gvm_thm2.c -- theorem 2 as read in arXiv v1: two counterexamples for k >= 2. */
#include "theory-tests/check.h"
#include "theory-tests/descent_tree.h"
#include "theory-tests/example_a.h"

#include <math.h>

enum { LONGEST = 4 };
static const double eta = 0.5;

/* property 44, with the golden numbers of k = 1..4 */
static void gaussian_counterexample_has_its_golden_numbers(void)
{
    const double change[LONGEST] = {0.0012375000520830903, 0.0015468751334615396,
                                    0.0016242189080782122, 0.0016435548519993732};
    const double thm1[LONGEST] = {0.00125, 0.001875, 0.00234375, 0.0027734375};
    const double printed[LONGEST] = {0.00125, 0.00078125, 0.00033854166666666669,
                                     -0.0000146484375};
    for (size_t k = 1; k <= LONGEST; k++) {
        const example_a_outcome a = example_a(k, eta, 0.0);
        CHECK_NEAR(a.change, change[k - 1], 1e-12);
        CHECK_NEAR(ref_descent_thm1(&a.run), thm1[k - 1], 1e-12);
        CHECK_NEAR(ref_descent_thm2_printed(&a.run), printed[k - 1], 1e-12);
        CHECK_AT_MOST(a.change, ref_descent_thm1(&a.run));
    }
    /* k = 1 is the one safe case */
    CHECK_AT_MOST(example_a(1, eta, 0.0).change, thm1[0]);
    for (size_t k = 2; k <= LONGEST; k++) {
        const example_a_outcome a = example_a(k, eta, 0.0);
        CHECK(a.change > ref_descent_thm2_printed(&a.run));
    }
    const example_a_outcome two = example_a(2, eta, 0.0);
    CLAIM_REFUTED("gvm:thm2",
                  "Theorem 2 as read in arXiv v1: E L(theta_kT) - L(theta_0) is at "
                  "most its right side (here a Gaussian model, k = 2, eta = gamma/2)",
                  two.change, ref_descent_thm2_printed(&two.run));
}

/* Counterexample B: one prompt, two rationales that both pass, so L = 0 throughout;
 * one-hot features, gamma = 2, eta = 1. */
static descent_tree example_b(finite_model *f, size_t k)
{
    finite_model_init(f, &(finite_shape){1, 2, 2, 2, 1});
    finite_model_one_hot(f);
    descent_tree t = {.model = f, .n = 1, .k = k, .T = 1, .eta = 1.0};
    t.estimator = REF_REJECT_IW;
    descent_tree_run(&t, (double[]){0.0, 0.0});
    return t;
}

static void softmax_counterexample_has_its_golden_numbers(void)
{
    finite_model f;
    const size_t k[] = {5, 6, 8};
    const double printed[] = {0.00267, -0.01629, -0.04511};
    for (size_t c = 0; c < 3; c++) {
        const descent_tree t = example_b(&f, k[c]);
        CHECK_NEAR(t.run.gamma, 2.0, 1e-15);
        CHECK_NEAR(t.start, 0.0, 1e-15);
        CHECK_NEAR(t.end, 0.0, 1e-15);
        CHECK_NEAR(ref_descent_thm2_printed(&t.run), printed[c], 5.1e-6);
        CHECK_AT_MOST(0.0, ref_descent_thm1(&t.run));
    }
    const descent_tree six = example_b(&f, 6);
    CLAIM_REFUTED("gvm:thm2",
                  "Theorem 2 as read in arXiv v1: E L(theta_kT) - L(theta_0) is at "
                  "most its right side (here a softmax of two always accepted "
                  "rationales, k = 6, eta = gamma/2)",
                  six.end - six.start, ref_descent_thm2_printed(&six.run));
}

/* k = 1 follows from theorem 1's sharp form when eta <= gamma/2. */
static void one_step_is_safe(void)
{
    double worst = -HUGE_VAL;
    for (uint32_t seed = 0; seed < 40; seed++) {
        finite_model f;
        double theta[FINITE_D];
        finite_model_init(&f, &(finite_shape){2, 3, 3, 1 + seed % 2, 1400 + seed});
        finite_model_theta(&f, theta, 0.8, 0);
        descent_tree t = {.model = &f, .n = 1, .k = 1, .T = 1};
        t.estimator = REF_REJECT_IW;
        t.eta = 0.5 / finite_model_smoothness(&f);
        descent_tree_run(&t, theta);
        worst = check_worse(worst, t.end - t.start - ref_descent_thm2_printed(&t.run));
    }
    CLAIM_HOLDS(
        "spec:gvm 6.3",
        "Theorem 2 as read in arXiv v1 holds for k = 1 (random models, all outcomes)",
        worst, 1e-12);
}

SUITE("[gvm:thm2][spec:gvm 6.3] theorem 2 as printed", NULL,
      {"the Gaussian counterexample has its golden numbers",
       gaussian_counterexample_has_its_golden_numbers},
      {"the softmax counterexample has its golden numbers",
       softmax_counterexample_has_its_golden_numbers},
      {"one step is safe", one_step_is_safe});
