/* gvm_lemma1.c -- the importance-weighted estimator: unbiased, with a variance bound. */
#include "ref/reject.h"

#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>

enum { MODELS = 24, DRAWS = 4 };

/* Odd models have a verifier, even ones accept with a sigmoid; 3 latents each. */
static void make(finite_model *f, uint32_t seed)
{
    const finite_shape shape = {2, 3, 3, seed % 2 == 1 ? 1 + seed / 2 % 2 : 0,
                                500 + seed};
    double theta[FINITE_D];
    finite_model_init(f, &shape);
    finite_model_theta(f, theta, 0.7, 0);
    finite_model_at(f, theta);
}

typedef struct worst_of {
    double mean, variance, mass;
} worst_of;

/* Enumerated mean and variance against mu and the formula; n = 1..4, all prompts. */
static worst_of compare(ref_reject_estimator e)
{
    worst_of worst = {0};
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        const size_t i = seed % f.shape.m;
        double mu[FINITE_D];
        const ref_reject_moments x = finite_model_moments(&f, i, mu).reject;
        for (size_t n = 1; n <= DRAWS; n++) {
            finite_law law;
            finite_model_law(&f, i, e, n, 0.0, &law);
            const ref_reject_law want = ref_reject_exact(e, &x, (double)n, 0.0);
            for (size_t k = 0; k < f.shape.d; k++)
                worst.mean =
                    check_worse(worst.mean, fabs(law.mean[k] - want.omega * mu[k]));
            worst.variance =
                check_worse(worst.variance,
                            fabs(law.variance - want.variance) / (1.0 + want.variance));
            worst.mass = check_worse(worst.mass, fabs(law.mass - 1.0));
        }
    }
    return worst;
}

/* properties 6 and 7, the first half */
static void mean_and_variance_match_enumeration(void)
{
    const worst_of worst = compare(REF_REJECT_IW);
    CHECK_AT_MOST(worst.mass, 1e-13);
    CLAIM_HOLDS("gvm:lemma1",
                "The importance-weighted estimator IW, (1/(n p)) sum of accepted "
                "scores, has mean mu (n = 1..4, all outcomes)",
                worst.mean, 1e-12);
    CLAIM_HOLDS("spec:gvm 2.2",
                "The total variance of IW is (S2/p - |mu|^2)/n, S2 = E_Q|s|^2 (n = "
                "1..4, all outcomes)",
                worst.variance, 1e-11);
}

/* property 7, the second half */
static void bound_has_slack_of_the_squared_mean(void)
{
    double worst = 0.0, least = HUGE_VAL;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        const ref_reject_moments x = finite_model_moments(&f, 0, NULL).reject;
        for (size_t n = 1; n <= DRAWS; n++) {
            finite_law law;
            finite_model_law(&f, 0, REF_REJECT_IW, n, 0.0, &law);
            const double bound = ref_reject_bound(&x, (double)n);
            const double slack = x.mu2 / (double)n;
            worst =
                check_worse(worst, fabs(bound - law.variance - slack) / (1.0 + bound));
            least = check_least(least, bound - law.variance);
        }
    }
    CHECK_AT_MOST(0.0, least);
    CLAIM_HOLDS("gvm:lemma1",
                "Lemma 1's bound S2/(n p) on the variance of IW holds, with slack "
                "exactly |mu|^2/n",
                worst, 1e-12);
}

/* property 8 */
static void rao_blackwell_never_does_worse(void)
{
    const worst_of match = compare(REF_REJECT_RB);
    double worst = -HUGE_VAL, worst_equal = 0.0, best_gain = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        for (size_t n = 1; n <= 3; n++) {
            finite_law iw, rb;
            finite_model_law(&f, 0, REF_REJECT_IW, n, 0.0, &iw);
            finite_model_law(&f, 0, REF_REJECT_RB, n, 0.0, &rb);
            worst = check_worse(worst, rb.variance - iw.variance);
            best_gain = check_worse(best_gain, 1.0 - rb.variance / iw.variance);
            if (f.shape.accepted > 0)
                worst_equal = check_worse(worst_equal, fabs(rb.variance - iw.variance));
        }
    }
    CHECK_AT_MOST(match.mean, 1e-12);
    CHECK_AT_MOST(match.variance, 1e-11);
    CHECK_AT_MOST(0.2, best_gain); /* with sigmoid acceptance it does help */
    CLAIM_HOLDS("spec:gvm 2.2",
                "Weighting each draw by its acceptance probability a(y) never has more "
                "variance than the accept bit",
                worst, 1e-12);
    CLAIM_HOLDS("spec:gvm 2.2",
                "With a verifier (a(y) in {0,1}) weights a(y) and accept bits have the "
                "same variance",
                worst_equal, 1e-12);
}

/* 40 000 replicas of 4 draws */
static void sampled_mean_is_mu(void)
{
    finite_model f;
    make(&f, 4);
    finite_sample s;
    finite_model_sample(&f, 0, REF_REJECT_IW, 4, 21, 40000, &s);
    const ref_reject_moments x = finite_model_moments(&f, 0, NULL).reject;
    CLAIM_SAMPLED("gvm:lemma1", "The sampled mean of IW is mu (40 000 replicas, n = 4)",
                  finite_sample_z(&s.projection, s.mu_norm), "the factor 1/p dropped",
                  finite_sample_z(&s.projection, x.p * s.mu_norm));
    const double mse = ref_reject_exact(REF_REJECT_IW, &x, 4.0, 0.0).mse;
    CLAIM_SAMPLED(
        "gvm:lemma1",
        "The sampled variance of IW is (S2/p - |mu|^2)/n (40 000 replicas, n = 4)",
        finite_sample_z(&s.error, mse), "S2 in place of S2/p",
        finite_sample_z(&s.error, (x.S2 - x.mu2) / 4.0));
}

SUITE("[gvm:lemma1][spec:gvm 2.2][gvm:eq6] the importance-weighted estimator", NULL,
      {"mean and variance match enumeration", mean_and_variance_match_enumeration},
      {"the bound has slack |mu|^2/n", bound_has_slack_of_the_squared_mean},
      {"the Rao-Blackwell variant never does worse", rao_blackwell_never_does_worse},
      {"the sampled mean is mu", sampled_mean_is_mu});
