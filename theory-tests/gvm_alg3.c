/* gvm_alg3.c -- rejection sampling draws from the posterior. */
#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

/* property 12: 60 000 batches of 6 draws */
enum { BATCHES = 60000, DRAWS = 6, LATENTS = 5 };

typedef struct tally {
    double accepted[LATENTS];
    double successes[DRAWS + 1];
    double total; /* accepted draws */
} tally;

static void sample(const finite_model *f, tally *t)
{
    *t = (tally){.total = 0.0};
    for (uint32_t r = 0; r < BATCHES; r++) {
        const ref_rng_stream stream = {31, 1, 0, 0, r};
        size_t K = 0;
        for (uint32_t j = 0; j < DRAWS; j++) {
            const size_t outcome = finite_model_draw(f, 0, &stream, 2 * j);
            if (outcome % 2 == 0) continue;
            t->accepted[outcome / 2] += 1.0;
            K++;
        }
        t->successes[K] += 1.0;
        t->total += (double)K;
    }
}

static double chi2(const double *seen, const double *law, size_t cells, double total)
{
    double x = 0.0;
    for (size_t c = 0; c < cells; c++) {
        const double want = law[c] * total;
        x += (seen[c] - want) * (seen[c] - want) / want;
    }
    return x;
}

/* The normal deviate with the tail of chi^2 = x; 37 where that tail underflows. */
static double deviate(double x, double freedom)
{
    const double tail = gsl_cdf_chisq_Q(x, freedom);
    return tail > 1e-290 ? gsl_cdf_ugaussian_Qinv(tail) : 37.0;
}

static void accepted_draws_follow_the_posterior(void)
{
    finite_model f;
    const finite_shape shape = {1, LATENTS, 3, 0, 41};
    double theta[FINITE_D], Q[FINITE_Y], P[FINITE_Y], law[DRAWS + 1], wrong[DRAWS + 1];
    finite_model_init(&f, &shape);
    finite_model_theta(&f, theta, 0.7, 0);
    finite_model_at(&f, theta);
    CHECK_OK(ref_elbo_posterior(Q, &f.prompt[0]));
    const double p = exp(ref_elbo_log_marginal(&f.prompt[0]));
    for (size_t y = 0; y < LATENTS; y++) P[y] = exp(f.log_prior[0][y]);
    for (unsigned k = 0; k <= DRAWS; k++) {
        law[k] = gsl_ran_binomial_pdf(k, p, DRAWS);
        wrong[k] = gsl_ran_binomial_pdf(k, 1.05 * p, DRAWS);
    }

    tally t;
    sample(&f, &t);
    CLAIM_SAMPLED("gvm:alg3",
                  "Accepted rationales follow the posterior Q (chi^2 of 5 cells, 60 "
                  "000 batches of 6 draws)",
                  deviate(chi2(t.accepted, Q, LATENTS, t.total), LATENTS - 1),
                  "acceptance forgotten, draws from the prior",
                  deviate(chi2(t.accepted, P, LATENTS, t.total), LATENTS - 1));
    CLAIM_SAMPLED("gvm:alg3",
                  "The number accepted is binomial Bin(n,p) (chi^2 of 7 cells, 60 000 "
                  "batches of n = 6)",
                  deviate(chi2(t.successes, law, DRAWS + 1, BATCHES), DRAWS),
                  "an acceptance rate 5 % too high",
                  deviate(chi2(t.successes, wrong, DRAWS + 1, BATCHES), DRAWS));
}

SUITE("[gvm:alg3] rejection sampling", NULL,
      {"accepted draws follow the posterior", accepted_draws_follow_the_posterior});
