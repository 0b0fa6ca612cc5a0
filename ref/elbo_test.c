/* elbo_test.c -- a hand-made prompt with known answers, and the edges. */
#include "ref/elbo.h"

#include "theory-tests/check.h"

#include <math.h>

/* Three latents with prior (1/2, 1/4, 1/4) and a = (1, 1/2, 0): p = 5/8, Q = (.8,.2,0).
 * The rejected row of s is NaN: it must never be read. */
static const double accept[] = {1.0, 0.5, 0.0};
static const double prior[] = {0.5, 0.25, 0.25};
static const double h[] = {3.0, 4.0, 1.0, 0.0, 0.0, -2.0};

typedef struct by_hand {
    double log_prior[3], log_accept[3], s[6], w[1];
    ref_elbo_prompt prompt;
    ref_elbo_model model;
} by_hand;

static void make(by_hand *b)
{
    for (int y = 0; y < 3; y++) {
        b->log_prior[y] = log(prior[y]);
        b->log_accept[y] = log(accept[y]);
    }
    for (int k = 0; k < 6; k++) b->s[k] = k < 4 ? h[k] : nan("");
    b->w[0] = 1.0;
    b->prompt = (ref_elbo_prompt){3, b->log_prior, b->log_accept, h, b->s};
    b->model = (ref_elbo_model){1, 2, b->w, &b->prompt};
}

static void posterior_and_marginal_by_hand(void)
{
    by_hand b;
    double Q[3];
    make(&b);
    CHECK_RELATIVE(ref_elbo_log_marginal(&b.prompt), log(0.625), 1e-15);
    CHECK_OK(ref_elbo_posterior(Q, &b.prompt));
    CHECK_NEAR(Q[0], 0.8, 1e-15);
    CHECK_NEAR(Q[1], 0.2, 1e-15);
    CHECK_EQUAL(Q[2], 0.0);
}

static void moments_by_hand(void)
{
    by_hand b;
    double Q[3], mu[2];
    ref_elbo_moments x;
    make(&b);
    CHECK_OK(ref_elbo_prompt_moments(&x, Q, mu, &b.prompt, 2));
    CHECK_NEAR(mu[0], 2.6, 1e-14);
    CHECK_NEAR(mu[1], 3.2, 1e-14);
    CHECK_NEAR(x.reject.p, 0.625, 1e-15);
    CHECK_NEAR(x.reject.S2, 0.8 * 25.0 + 0.2, 1e-13);
    CHECK_NEAR(x.reject.mu2, 17.0, 1e-13);
    CHECK_NEAR(x.reject.v, 3.2, 1e-13);
    CHECK_NEAR(x.G1, 4.2, 1e-14);
    CHECK_NEAR(x.reject.H2, 0.5 * 25.0 + 0.25 + 0.25 * 4.0, 1e-13);
    CHECK_NEAR(x.reject.HR, 0.125 + 1.0, 1e-14);
    CHECK_NEAR(x.reject.W2, 0.5 * 25.0 + 0.25 * 0.25, 1e-13);
}

static void objective_by_hand(void)
{
    by_hand b;
    const double Q[] = {0.5, 0.5, 0.0};
    double g[2];
    make(&b);
    const double joint = 0.5 * log(0.5) + 0.5 * log(0.125);
    CHECK_NEAR(ref_elbo_loss(&b.model), -log(0.625), 1e-15);
    CHECK_NEAR(ref_elbo_objective(&b.model, Q), -joint, 1e-15);
    CHECK_NEAR(ref_elbo_surrogate(&b.model, Q), -joint - log(2.0), 1e-15);
    CHECK_NEAR(ref_elbo_gap(&b.model, Q), 0.5 * log(0.5 / 0.8) + 0.5 * log(0.5 / 0.2),
               1e-15);
    ref_elbo_gradient(g, &b.model, Q);
    CHECK_NEAR(g[0], -2.0, 1e-15);
    CHECK_NEAR(g[1], -2.0, 1e-15);
}

static void mass_on_a_rejected_latent_is_infinite(void)
{
    by_hand b;
    const double Q[] = {0.0, 0.5, 0.5};
    make(&b);
    CHECK(ref_elbo_objective(&b.model, Q) == HUGE_VAL);
    CHECK(ref_elbo_gap(&b.model, Q) == HUGE_VAL);
}

static void nothing_accepted_is_reported(void)
{
    by_hand b;
    double Q[] = {7.0, 7.0, 7.0}, mu[] = {7.0, 7.0};
    ref_elbo_moments x = {.log_p = 7.0};
    make(&b);
    for (int y = 0; y < 3; y++) b.log_accept[y] = -HUGE_VAL;
    CHECK(ref_elbo_log_marginal(&b.prompt) == -HUGE_VAL);
    CHECK_STATUS(ref_elbo_posterior(Q, &b.prompt), REF_EDOM);
    CHECK_STATUS(ref_elbo_prompt_moments(&x, Q, mu, &b.prompt, 2), REF_EDOM);
    CHECK(Q[0] == 7.0 && mu[0] == 7.0 && x.log_p == 7.0);
    b.log_accept[1] = nan("");
    CHECK_STATUS(ref_elbo_posterior(Q, &b.prompt), REF_EDOM);
}

static void tiny_probabilities_do_not_underflow(void)
{
    by_hand b;
    double Q[3];
    make(&b);
    for (int y = 0; y < 3; y++) b.log_accept[y] -= 5000.0;
    CHECK_RELATIVE(ref_elbo_log_marginal(&b.prompt), log(0.625) - 5000.0, 1e-15);
    CHECK_OK(ref_elbo_posterior(Q, &b.prompt));
    CHECK_NEAR(Q[0], 0.8, 1e-12);
}

SUITE("[gvm:eq2][gvm:eq3][gvm:eq4][gvm:eq5][spec:sim 1] expectation maximisation", NULL,
      {"posterior and marginal by hand", posterior_and_marginal_by_hand},
      {"moments by hand", moments_by_hand}, {"objective by hand", objective_by_hand},
      {"mass on a rejected latent is infinite", mass_on_a_rejected_latent_is_infinite},
      {"nothing accepted is reported", nothing_accepted_is_reported},
      {"tiny probabilities do not underflow", tiny_probabilities_do_not_underflow});
