/* spec_gvm_1_3.c -- scores, the Fisher and the Louis identity. */
#include "ref/elbo.h"

#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>

enum { MODELS = 40 };

/* Odd models have a verifier, even ones accept with a sigmoid. */
static void make(finite_model *f, uint32_t seed, double *theta)
{
    const finite_shape shape = {3, 5, 4, seed % 2 == 1 ? 1 + seed % 4 : 0, 100 + seed};
    finite_model_init(f, &shape);
    finite_model_theta(f, theta, 0.7, 0);
    finite_model_at(f, theta);
}

static double log_p_at(finite_model *f, size_t i, const double *theta, size_t k,
                       double step)
{
    double moved[FINITE_D];
    for (size_t j = 0; j < f->shape.d; j++) moved[j] = theta[j] + (j == k ? step : 0.0);
    finite_model_at(f, moved);
    return ref_elbo_log_marginal(&f->prompt[i]);
}

/* property 1 */
static void mean_posterior_score_is_the_gradient_of_log_p(void)
{
    double worst = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        double theta[FINITE_D], mu[FINITE_D];
        make(&f, seed, theta);
        for (size_t i = 0; i < f.shape.m; i++) {
            finite_model_at(&f, theta);
            finite_model_moments(&f, i, mu);
            for (size_t k = 0; k < f.shape.d; k++) {
                const double slope =
                    (log_p_at(&f, i, theta, k, 1e-5) - log_p_at(&f, i, theta, k, -1e-5))
                    / 2e-5;
                worst = check_worse(worst, fabs(slope - mu[k]));
            }
        }
    }
    CLAIM_HOLDS("spec:gvm 1.3",
                "Fisher's identity: the posterior mean score E_Q[s] is the central "
                "difference of log p",
                worst, 1e-7);
}

static void louis_identity_gives_the_hessian(void)
{
    double worst = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        double theta[FINITE_D], Q[FINITE_Y], mu[FINITE_D], up[FINITE_D], down[FINITE_D];
        double curvature[FINITE_Y * FINITE_D * FINITE_D], hess[FINITE_D * FINITE_D];
        make(&f, seed, theta);
        const size_t d = f.shape.d;
        CHECK_OK(ref_elbo_posterior(Q, &f.prompt[0]));
        ref_elbo_mean_score(mu, &f.prompt[0], Q, d);
        finite_model_curvature(&f, 0, curvature);
        ref_elbo_louis(hess, &f.prompt[0], Q, mu, curvature, d);
        for (size_t j = 0; j < d; j++) {
            (void)log_p_at(&f, 0, theta, j, 1e-5);
            finite_model_moments(&f, 0, up);
            (void)log_p_at(&f, 0, theta, j, -1e-5);
            finite_model_moments(&f, 0, down);
            for (size_t k = 0; k < d; k++)
                worst = check_worse(worst,
                                    fabs(hess[j * d + k] + (up[k] - down[k]) / 2e-5));
        }
    }
    /* central differences of mu: h^2/6 times a third derivative of order 10 */
    CLAIM_HOLDS("spec:gvm 1.3",
                "Louis' identity: Hess(-log p) is E_Q[Hess(-log P(y,z))] - Cov_Q(s)",
                worst, 1e-7);
}

/* property 5 */
static void scores_have_mean_zero(void)
{
    double worst = 0.0, worst_balance = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        double theta[FINITE_D], mu[FINITE_D];
        make(&f, seed, theta);
        for (size_t i = 0; i < f.shape.m; i++) {
            const double p = finite_model_moments(&f, i, mu).reject.p;
            for (size_t k = 0; k < f.shape.d; k++) {
                double mean = 0.0, wrong = 0.0;
                for (size_t y = 0; y < f.shape.Y; y++) {
                    const double h = f.h[i][y * f.shape.d + k];
                    mean += exp(f.log_prior[i][y]) * h;
                    wrong += finite_model_outcome(&f, i, 2 * y) * h;
                }
                worst = check_worse(worst, fabs(mean));
                if (f.shape.accepted > 0)
                    worst_balance = check_worse(worst_balance, fabs(p * mu[k] + wrong));
            }
        }
    }
    CLAIM_HOLDS("spec:gvm 1.3",
                "The score of the policy has mean zero under the policy", worst, 1e-13);
    CLAIM_HOLDS("spec:gvm 1.3",
                "With a verifier, p times the mean accepted score plus q times the "
                "mean rejected score is zero",
                worst_balance, 1e-13);
}

SUITE("[spec:gvm 1.3][gvm:eq2] Fisher and Louis identities", NULL,
      {"the mean posterior score is the gradient of log p",
       mean_posterior_score_is_the_gradient_of_log_p},
      {"the Louis identity gives the Hessian", louis_identity_gives_the_hessian},
      {"scores have mean zero", scores_have_mean_zero});
