/* gvm_alg1.c -- the self-normalised estimator of algorithm 1, line 8. */
#include "ref/reject.h"

#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>

enum { MODELS = 24, DRAWS = 4 };

static void make(finite_model *f, uint32_t seed)
{
    const finite_shape shape = {2, 3, 3, seed % 2 == 1 ? 1 + seed / 2 % 2 : 0,
                                700 + seed};
    double theta[FINITE_D];
    finite_model_init(f, &shape);
    finite_model_theta(f, theta, 0.7, 0);
    finite_model_at(f, theta);
}

/* property 9 */
static void mean_variance_and_mse_match_enumeration(void)
{
    double worst_mean = 0.0, worst_variance = 0.0, worst_mse = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        double mu[FINITE_D];
        const ref_reject_moments x = finite_model_moments(&f, 1, mu).reject;
        for (size_t n = 1; n <= DRAWS; n++) {
            finite_law law;
            finite_model_law(&f, 1, REF_REJECT_SN, n, 0.0, &law);
            const ref_reject_law want =
                ref_reject_exact(REF_REJECT_SN, &x, (double)n, 0.0);
            const double scale = 1.0 + want.mse;
            for (size_t k = 0; k < f.shape.d; k++)
                worst_mean =
                    check_worse(worst_mean, fabs(law.mean[k] - want.omega * mu[k]));
            worst_variance =
                check_worse(worst_variance, fabs(law.variance - want.variance) / scale);
            worst_mse = check_worse(worst_mse, fabs(law.mse - want.mse) / scale);
        }
    }
    CLAIM_HOLDS("gvm:alg1",
                "The self-normalised estimator SN, the mean score of the accepted "
                "among n draws, has mean (1-q^n) mu (n = 1..4, all outcomes)",
                worst_mean, 1e-12);
    CLAIM_HOLDS("spec:gvm 2.3",
                "The total variance of SN is v h(n,p) + q^n (1-q^n) |mu|^2 (n = 1..4, "
                "all outcomes)",
                worst_variance, 1e-12);
    CLAIM_HOLDS("spec:gvm 2.3",
                "The mean squared error of SN is v h(n,p) + q^n |mu|^2 (n = 1..4, all "
                "outcomes)",
                worst_mse, 1e-12);
}

/* |w_0 g_0 + w_1 g_1 - target|^2 over all pairs of draws, n_0 + n_1 <= 5 */
static double pair_mse(const finite_model *f, const size_t n[2], const double *target)
{
    const size_t kinds = 2 * f->shape.Y, d = f->shape.d;
    const ref_reject_case c = {.weight = 1.0};
    size_t total = 1;
    for (size_t j = 0; j < n[0] + n[1]; j++) total *= kinds;
    ref_sum mse = {0};
    for (size_t code = 0; code < total; code++) {
        size_t outcome[8], rest = code;
        double P = 1.0, g[2][FINITE_D];
        for (size_t j = 0; j < n[0] + n[1]; j++, rest /= kinds) {
            outcome[j] = rest % kinds;
            P *= finite_model_outcome(f, j < n[0] ? 0 : 1, outcome[j]);
        }
        if (P == 0.0) continue;
        finite_model_estimate(f, 0, REF_REJECT_SN, outcome, n[0], &c, g[0]);
        finite_model_estimate(f, 1, REF_REJECT_SN, outcome + n[0], n[1], &c, g[1]);
        for (size_t k = 0; k < d; k++) {
            const double e = f->w[0] * g[0][k] + f->w[1] * g[1][k] - target[k];
            ref_sum_add(&mse, P * e * e);
        }
    }
    return ref_sum_value(&mse);
}

/* property 10 */
static void biases_of_two_prompts_add_coherently(void)
{
    double worst = 0.0, cross = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        double mu[2 * FINITE_D], target[FINITE_D], alone = 0.0;
        ref_reject_moments x[2];
        const size_t n[2] = {1 + seed % 2, 2}, d = f.shape.d;
        for (size_t i = 0; i < 2; i++) {
            x[i] = finite_model_moments(&f, i, mu + i * d).reject;
            alone += f.w[i] * f.w[i]
                     * ref_reject_exact(REF_REJECT_SN, &x[i], (double)n[i], 0.0).mse;
        }
        for (size_t k = 0; k < d; k++) target[k] = f.w[0] * mu[k] + f.w[1] * mu[d + k];
        const double want = ref_reject_sn_mse(f.w, x, n, mu, 2, d);
        const double got = pair_mse(&f, n, target);
        worst = check_worse(worst, fabs(got - want) / (1.0 + want));
        cross = check_worse(cross, fabs(want - alone));
    }
    CHECK_AT_MOST(1e-3, cross); /* leaving the cross term out would be seen */
    CLAIM_HOLDS("spec:gvm 2.3",
                "The biases -q^n mu of SN add as vectors over two prompts in its mean "
                "squared error",
                worst, 1e-12);
}

/* 40 000 replicas of 2 draws; p is about 1/3 here, so q^2 is not small */
static void sampled_mean_shows_the_shrinkage(void)
{
    finite_model f;
    make(&f, 6);
    finite_sample s;
    finite_model_sample(&f, 1, REF_REJECT_SN, 2, 22, 40000, &s);
    const ref_reject_moments x = finite_model_moments(&f, 1, NULL).reject;
    const ref_reject_law law = ref_reject_exact(REF_REJECT_SN, &x, 2.0, 0.0);
    CLAIM_SAMPLED("gvm:alg1",
                  "The sampled mean of SN is (1-q^n) mu (40 000 replicas, n = 2)",
                  finite_sample_z(&s.projection, law.omega * s.mu_norm),
                  "K = 0 dropped from the average, mean mu",
                  finite_sample_z(&s.projection, s.mu_norm));
    CLAIM_SAMPLED(
        "gvm:alg1",
        "The sampled mean squared error of SN is v h(n,p) + q^n |mu|^2 (40 000 "
        "replicas, n = 2)",
        finite_sample_z(&s.error, law.mse), "v/n in place of v h",
        finite_sample_z(&s.error, law.mse - x.v * ref_reject_h(2, x.p) + x.v / 2.0));
}

SUITE("[gvm:alg1][spec:gvm 2.3] the self-normalised estimator", NULL,
      {"mean, variance and MSE match enumeration",
       mean_variance_and_mse_match_enumeration},
      {"biases of two prompts add coherently", biases_of_two_prompts_add_coherently},
      {"the sampled mean shows the shrinkage", sampled_mean_shows_the_shrinkage});
