/* spec_sim_1.c -- LOO, POOL, the truncation identity and the efficiency of a step. */
#include "ref/reject.h"

#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>

enum { MODELS = 24, DRAWS = 4 };

/* Verifier only: LOO's law takes h = s on accepted draws. */
static void make(finite_model *f, uint32_t seed)
{
    const finite_shape shape = {2, 4, 3, 1 + seed % 3, 2300 + seed};
    double theta[FINITE_D];
    finite_model_init(f, &shape);
    finite_model_theta(f, theta, 0.7, 0);
    finite_model_at(f, theta);
}

typedef struct worst_of {
    double mean, variance, mse;
} worst_of;

static worst_of compare(ref_reject_estimator e, double pool)
{
    worst_of worst = {0};
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        double mu[FINITE_D];
        make(&f, seed);
        const ref_reject_moments x = finite_model_moments(&f, 0, mu).reject;
        for (size_t n = 1; n <= DRAWS; n++) {
            finite_law law;
            finite_model_law(&f, 0, e, n, pool, &law);
            const ref_reject_law want = ref_reject_exact(e, &x, (double)n, pool);
            const double scale = 1.0 + want.mse;
            for (size_t k = 0; k < f.shape.d; k++)
                worst.mean =
                    check_worse(worst.mean, fabs(law.mean[k] - want.omega * mu[k]));
            worst.variance =
                check_worse(worst.variance, fabs(law.variance - want.variance) / scale);
            worst.mse = check_worse(worst.mse, fabs(law.mse - want.mse) / scale);
        }
    }
    return worst;
}

static void leave_one_out_matches_enumeration(void)
{
    const worst_of worst = compare(REF_REJECT_LOO, 0.0);
    CLAIM_HOLDS("spec:sim 1", "The leave-one-out estimator LOO has mean (1-q^(n-1)) mu",
                worst.mean, 1e-12);
    CLAIM_HOLDS("spec:sim 1", "The variance formula of LOO equals enumeration",
                worst.variance, 1e-12);
    CHECK_AT_MOST(worst.mse, 1e-12);
}

static void pool_matches_enumeration(void)
{
    const worst_of worst = compare(REF_REJECT_POOL, 0.4);
    CLAIM_HOLDS(
        "spec:sim 1",
        "The pooled estimator POOL has mean (n p / nbar) mu and its stated variance",
        check_worse(worst.mean, check_worse(worst.variance, worst.mse)), 1e-12);
}

/* The printed form, with vR and its divisions by q, and the large-n limit. */
static void printed_forms_of_the_loo_variance_agree(void)
{
    double worst = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        const ref_reject_moments x = finite_model_moments(&f, 1, NULL).reject;
        const double p = x.p, q = 1.0 - p, vR = x.HR / q - p / q * (p / q) * x.mu2;
        for (size_t n = 2; n <= 40; n++) {
            const double N = (double)n, qn = pow(q, N);
            const double printed =
                x.v * (ref_reject_h(n, p) - 2.0 * (1.0 - qn) / N + p / N)
                + vR * (1.0 - qn - p) / N
                + x.mu2 * (p / (N * q) - qn * p * p / (q * q) + qn - qn * qn / (q * q));
            const ref_reject_law law = ref_reject_exact(REF_REJECT_LOO, &x, N, 0.0);
            worst = check_worse(worst, fabs(law.variance - printed) / (1.0 + printed));
        }
        const double many = 2e5;
        const double limit = x.v / p - 2.0 * x.v + x.H2;
        const ref_reject_law law = ref_reject_exact(REF_REJECT_LOO, &x, many, 0.0);
        CHECK_RELATIVE(many * law.variance, limit, 1e-3);
        /* LOO beats SN, n var -> v/p, exactly where H2 < 2 v */
        const ref_reject_law sn = ref_reject_exact(REF_REJECT_SN, &x, many, 0.0);
        CHECK_EQUAL(law.variance < sn.variance, x.H2 < 2.0 * x.v);
    }
    CHECK_AT_MOST(worst, 1e-12);
}

static double rate_at(finite_model *f, size_t i, const double *theta)
{
    finite_model_at(f, theta);
    return exp(ref_elbo_log_marginal(&f->prompt[i]));
}

/* The mean of SN, enumerated, against central differences of F_n(p(theta)). */
static void sn_climbs_the_truncated_log_likelihood(void)
{
    double worst = 0.0, from_log = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        double theta[FINITE_D], mu[FINITE_D];
        make(&f, seed);
        finite_model_theta(&f, theta, 0.7, 0);
        for (size_t n = 1; n <= DRAWS; n++) {
            finite_law law;
            finite_model_at(&f, theta);
            finite_model_law(&f, 0, REF_REJECT_SN, n, 0.0, &law);
            finite_model_moments(&f, 0, mu);
            for (size_t k = 0; k < f.shape.d; k++) {
                double up[FINITE_D], down[FINITE_D];
                for (size_t j = 0; j < f.shape.d; j++) up[j] = down[j] = theta[j];
                up[k] += 1e-5;
                down[k] -= 1e-5;
                const double rise = ref_reject_truncation(n, rate_at(&f, 0, up))
                                    - ref_reject_truncation(n, rate_at(&f, 0, down));
                worst = check_worse(worst, fabs(rise / 2e-5 - law.mean[k]));
                from_log = check_worse(from_log, fabs(mu[k] - law.mean[k]));
            }
        }
    }
    CHECK_AT_MOST(0.1, from_log); /* log p itself would be rejected */
    CLAIM_HOLDS("spec:sim 1", "The mean of SN is the gradient of sum_{k<=n} pass@k/k",
                worst, 1e-8);
}

/* F_n(p) - log p settles to a constant, the n-th harmonic number being F_n(1). */
static void truncation_tends_to_the_log(void)
{
    const double n = 4000.0;
    const double a = ref_reject_truncation(4000, 0.2) - log(0.2);
    const double b = ref_reject_truncation(4000, 0.7) - log(0.7);
    CHECK_NEAR(a - b, 0.0, 1e-12);
    CHECK_NEAR(ref_reject_truncation(4000, 1.0), log(n) + 0.57721566490153286 + 0.5 / n,
               1e-8);
}

/* On F = |theta|^2/2 the best step t of ghat gains <g,E>^2/(2 E|ghat|^2), the exact
 * gradient |g|^2/2. A grid of width w misses the maximum by at most w^2 E|ghat|^2/8, so
 * the ratio by w^2 E|ghat|^2/(4 |g|^2): the unit of the statistic. */
static void efficiency_is_the_share_of_progress(void)
{
    finite_model f;
    double mu[FINITE_D], worst = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        make(&f, seed);
        const ref_reject_moments x = finite_model_moments(&f, 0, mu).reject;
        const ref_reject_law law = ref_reject_exact(REF_REJECT_SN, &x, 3.0, 0.0);
        const double inner = law.omega * x.mu2;
        const double second = law.variance + law.omega * law.omega * x.mu2;
        double best = 0.0;
        for (double t = 0.0; t < 2.0; t += 1e-3)
            best = check_worse(best, t * inner - t * t / 2.0 * second);
        const double rho = ref_reject_efficiency(inner, x.mu2, second);
        const double missed = 1e-6 * second / (4.0 * x.mu2);
        worst = check_worse(worst, fabs(best / (x.mu2 / 2.0) - rho) / missed);
        const double V = ref_reject_exact(REF_REJECT_IW, &x, 3.0, 0.0).variance;
        CHECK_RELATIVE(ref_reject_efficiency(x.mu2, x.mu2, x.mu2 + V),
                       x.mu2 / (x.mu2 + V), 1e-14);
    }
    CLAIM_HOLDS("spec:sim 1",
                "rho = <g, E ghat>^2/(|g|^2 E|ghat|^2) is the share of the exact "
                "gradient's progress that the best step along ghat makes (statistic: "
                "error over the search grid's)",
                worst, 1.0);
}

/* 40 000 replicas of 3 draws */
static void sampled_mean_of_loo_has_order_n_minus_1(void)
{
    finite_model f;
    make(&f, 4);
    finite_sample s;
    finite_model_sample(&f, 0, REF_REJECT_LOO, 3, 23, 40000, &s);
    const ref_reject_moments x = finite_model_moments(&f, 0, NULL).reject;
    const ref_reject_law law = ref_reject_exact(REF_REJECT_LOO, &x, 3.0, 0.0);
    const double sn = ref_reject_exact(REF_REJECT_SN, &x, 3.0, 0.0).omega;
    CLAIM_SAMPLED("spec:sim 1", "The sampled mean of LOO is (1-q^(n-1)) mu",
                  finite_sample_z(&s.projection, law.omega * s.mu_norm),
                  "the order of SN, (1-q^n) mu",
                  finite_sample_z(&s.projection, sn * s.mu_norm));
    CLAIM_SAMPLED(
        "spec:sim 1", "The sampled mean squared error of LOO equals its formula",
        finite_sample_z(&s.error, law.mse), "the error of SN",
        finite_sample_z(&s.error, ref_reject_exact(REF_REJECT_SN, &x, 3.0, 0.0).mse));
}

SUITE("[spec:sim 1] estimators of the simulator", NULL,
      {"leave-one-out matches enumeration", leave_one_out_matches_enumeration},
      {"POOL matches enumeration", pool_matches_enumeration},
      {"printed forms of the LOO variance agree",
       printed_forms_of_the_loo_variance_agree},
      {"SN climbs the truncated log-likelihood",
       sn_climbs_the_truncated_log_likelihood},
      {"the truncation tends to the log", truncation_tends_to_the_log},
      {"efficiency is the share of progress", efficiency_is_the_share_of_progress},
      {"the sampled mean of LOO has order n-1",
       sampled_mean_of_loo_has_order_n_minus_1});
