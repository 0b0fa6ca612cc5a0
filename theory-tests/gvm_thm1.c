/* gvm_thm1.c -- theorem 1: with fresh samples the loss descends as stated. */
#include "theory-tests/check.h"
#include "theory-tests/descent_tree.h"

#include <math.h>

static const double fraction[] = {1.0, 0.5, 0.1}; /* eta / gamma */

typedef struct worst_of {
    double thm1, sharp, lemma, bias, mass, variance, cauchy;
} worst_of;

static void include(worst_of *worst, const descent_tree *t)
{
    const double change = t->end - t->start;
    const double thm1 = ref_descent_thm1(&t->run);
    const double sharp = ref_descent_thm1_sharp(&t->run);
    worst->thm1 = check_worse(worst->thm1, (change - thm1) / (1.0 + fabs(thm1)));
    worst->sharp = check_worse(worst->sharp, (change - sharp) / (1.0 + fabs(sharp)));
    worst->lemma = check_worse(worst->lemma, t->lemma);
    worst->bias = check_worse(worst->bias, t->largest_bias);
    worst->mass = check_worse(worst->mass, fabs(t->mass - 1.0));
    worst->cauchy = check_worse(worst->cauchy, t->run.D2 - (double)t->k * t->run.D1);
}

/* A random model: two prompts, three latents of which `accepted` pass (0: sigmoid). */
static void enumerate(worst_of *worst, uint32_t seed, size_t accepted, size_t k,
                      size_t T, double eta_over_gamma)
{
    finite_model f;
    double theta[FINITE_D];
    finite_model_init(&f, &(finite_shape){2, 3, 3, accepted, 1100 + seed});
    finite_model_theta(&f, theta, 0.8, 0);
    descent_tree t = {.model = &f, .n = 1, .k = k, .T = T};
    t.estimator = REF_REJECT_IW;
    t.eta = eta_over_gamma / finite_model_smoothness(&f);
    descent_tree_run(&t, theta);
    include(worst, &t);
}

/* properties 41 and 42: one E-step, 9^k leaves (16^k with sigmoid acceptance); then two
 * E-steps, and in the last loop all 729^2 leaves of k = 3 */
static void the_loss_descends_as_stated(void)
{
    worst_of worst = {.thm1 = -HUGE_VAL, .sharp = -HUGE_VAL, .lemma = -HUGE_VAL};
    worst.cauchy = -HUGE_VAL;
    for (uint32_t seed = 0; seed < 30; seed++)
        for (size_t k = 1; k <= 3; k++)
            for (size_t c = 0; c < 3; c++)
                enumerate(&worst, seed, seed % 3, k, 1, fraction[c]);
    for (uint32_t seed = 30; seed < 40; seed++)
        for (size_t k = 1; k <= 2; k++)
            for (size_t c = 0; c < 3; c++)
                enumerate(&worst, seed, 1 + seed % 2, k, 2, fraction[c]);
    enumerate(&worst, 41, 2, 3, 2, 1.0);

    CHECK_AT_MOST(worst.mass, 1e-12);
    CHECK_AT_MOST(worst.bias, 1e-13); /* E[g | past] = grad L_t: condition (b) */
    CHECK_AT_MOST(worst.cauchy, 1e-12);
    CLAIM_HOLDS("gvm:thm1",
                "Theorem 1 holds with fresh samples (random models, k = 1..3, T = "
                "1..2, eta in {1, 1/2, 1/10} gamma, all outcomes)",
                worst.thm1, 1e-12);
    CLAIM_HOLDS("spec:gvm 6.2",
                "Theorem 1 holds with eta - eta^2/(2 gamma) in place of eta/2 (same "
                "models, all outcomes)",
                worst.sharp, 1e-12);
    CLAIM_HOLDS("spec:gvm 6.2",
                "The one-step descent inequality of L_t holds at every node of the "
                "enumerated runs",
                worst.lemma, 1e-12);
}

/* V of the theorem is the IW formula: p and Q of the E-step, scores of the iterate. */
static void variance_along_the_run_is_the_iw_formula(void)
{
    double worst = 0.0;
    for (uint32_t seed = 0; seed < 20; seed++) {
        finite_model f;
        double theta[FINITE_D];
        finite_model_init(&f, &(finite_shape){2, 3, 3, seed % 3, 1200 + seed});
        finite_model_theta(&f, theta, 0.8, 0);
        descent_tree t = {.model = &f, .n = 2, .k = 1, .T = 1};
        t.estimator = REF_REJECT_IW;
        t.eta = 0.5 / finite_model_smoothness(&f);
        descent_tree_run(&t, theta);
        finite_model_at(&f, theta);
        double want = 0.0;
        for (size_t i = 0; i < 2; i++) {
            const ref_reject_moments x = finite_model_moments(&f, i, NULL).reject;
            const double V = ref_reject_exact(REF_REJECT_IW, &x, 2.0, 0.0).variance;
            want += f.w[i] * f.w[i] * V;
        }
        worst = check_worse(worst, fabs(t.run.Omega - want) / (1.0 + want));
    }
    CLAIM_HOLDS("spec:gvm 6.2",
                "The variance V in Omega is sum w_i^2 (S2_i/p_i - |mu_i|^2)/n_i", worst,
                1e-12);
}

/* corollary: the mean squared gradient of exact runs stays below both bounds */
static void mean_gradient_is_bounded(void)
{
    double worst = -HUGE_VAL;
    for (uint32_t seed = 0; seed < 12; seed++) {
        finite_model f;
        double theta[FINITE_D];
        finite_model_init(&f, &(finite_shape){2, 3, 3, 2, 1300 + seed});
        finite_model_theta(&f, theta, 0.8, 0);
        descent_tree t = {.model = &f, .n = 1, .k = 3, .T = 1};
        t.estimator = REF_REJECT_IW;
        for (size_t c = 0; c < 3; c++) {
            t.eta = fraction[c] / finite_model_smoothness(&f);
            descent_tree_run(&t, theta);
            const double bound = ref_descent_mean_gradient(t.start, t.eta, t.run.gamma,
                                                           3.0, t.run.Omega / 3.0);
            worst = check_worse(worst, t.run.D1 / 3.0 - bound); /* L* >= 0 */
        }
    }
    CLAIM_HOLDS("spec:gvm 6.2",
                "The mean squared gradient is at most 2 (L0 - L*)/(eta k T) + "
                "(eta/gamma) times the mean variance",
                worst, 1e-12);
}

SUITE("[gvm:thm1][spec:gvm 6.2] descent of the loss", NULL,
      {"the loss descends as stated", the_loss_descends_as_stated},
      {"the variance along the run is the IW formula",
       variance_along_the_run_is_the_iw_formula},
      {"the mean squared gradient is bounded", mean_gradient_is_bounded});
