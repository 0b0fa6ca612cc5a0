/* spec_bvpo_1_6.c -- what the trace gradient estimates, and the K-trace family. */
#include "ref/bvpo_ktrace.h"
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define DIM 8

/* |E g_t - grad l_m| at most over all pairs */
static double worst_bias(const check_bvpo *c)
{
    double error = 0.0;
    for (size_t k = 0; k < sim_bvpo_pairs(&c->m); k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(&c->m, k);
        double mean[DIM] = {0}, g[DIM];
        for (size_t r = 0; r < 5; r++)
            for (size_t q = 0; q < 5; q++) {
                (void)sim_bvpo_trace(&c->m, &c->t, pair, r, q, g);
                const double w = check_bvpo_traces(c, pair, r, q);
                for (size_t j = 0; j < DIM; j++) mean[j] += w * g[j];
            }
        (void)sim_bvpo_marginal(&c->m, &c->t, pair, g);
        for (size_t j = 0; j < DIM; j++)
            error = check_worse(error, fabs(mean[j] - g[j]));
    }
    return error;
}

/* property 15 */
static void the_trace_gradient_starts_unbiased(void)
{
    check_bvpo c;
    if (!check_bvpo_open(&c, 1.0, 0.0, 0.5)) return;
    CLAIM_HOLDS("spec:bvpo 1.6",
                "At the reference policy E[g_t|pair] equals the marginal gradient for "
                "every pair",
                worst_bias(&c), 1e-13);
    check_bvpo_close(&c);
    if (!check_bvpo_open_g1(&c)) return;
    CHECK(worst_bias(&c) > 0.01); /* and the bias grows as the policy leaves it */
    check_bvpo_close(&c);
}

/* property 15: where answers ignore the trace, the empty trace is unbiased */
static void no_trace_dependence_makes_the_empty_gradient_exact(void)
{
    check_bvpo c;
    double g_e[DIM], g_m[DIM], error = 0.0;
    if (!check_bvpo_open(&c, 1.0, 1.0, 0.0)) return;
    for (size_t k = 0; k < 36; k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(&c.m, k);
        (void)sim_bvpo_empty(&c.m, &c.t, pair, g_e);
        (void)sim_bvpo_marginal(&c.m, &c.t, pair, g_m);
        for (size_t j = 0; j < DIM; j++)
            error = check_worse(error, fabs(g_e[j] - g_m[j]));
    }
    CLAIM_HOLDS(
        "spec:bvpo 1.6",
        "With answers that do not depend on the trace g_e is the marginal gradient",
        error, 1e-13);
    check_bvpo_close(&c);
}

/* property 17: K = 1 is the paper's estimator, weights have the right mean */
static void one_trace_is_the_papers_estimator(void)
{
    check_bvpo c;
    double g_t[DIM], g_1[DIM], loss, error = 0.0, mean_error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    for (size_t k = 0; k < 36; k++)
        for (size_t r = 0; r < 5; r++) {
            const sim_bvpo_pair pair = sim_bvpo_pair_at(&c.m, k);
            const size_t q = (r + k) % 5;
            const double direct = sim_bvpo_trace(&c.m, &c.t, pair, r, q, g_t);
            CHECK_OK(sim_bvpo_ktrace(&loss, g_1, &c.m, &c.t, pair, &r, &q, 1));
            error = check_worse(error, check_bvpo_relative(loss, direct));
            const double size = sqrt(ref_norm2(g_t, DIM));
            for (size_t j = 0; j < DIM; j++)
                error = check_worse(error, fabs(g_1[j] - g_t[j]) / size);
        }
    for (size_t x = 0; x < 3; x++)
        for (size_t y = 0; y < 4; y++) {
            double mean = 0.0;
            for (size_t r = 0; r < 5; r++)
                mean += sim_bvpo_posterior(&c.m, x, r, y)
                        * exp(sim_bvpo_log_weight(&c.m, &c.t, x, r, y));
            const double want = exp(c.t.log_m[x * 4 + y] - c.m.ref.log_m[x * 4 + y]);
            mean_error = check_worse(mean_error, check_bvpo_relative(mean, want));
        }
    CLAIM_HOLDS("spec:bvpo 1.6", "One importance-weighted trace is the paper's g_t",
                error, 1e-15);
    CLAIM_HOLDS("spec:bvpo 1.6", "Trace weights average to pi(y|x)/ref(y|x)",
                mean_error, 1e-13);
    check_bvpo_close(&c);
}

/* property 17: golden family, fixed pair of G1 */
static void more_traces_shrink_bias_variance_and_loss(void)
{
    const double bias[3] = {0.216065568946, 0.128898149809, 0.092431034259};
    const double variance[3] = {3.402975230029, 1.822416362390, 1.263367358125};
    const double loss[3] = {2.270067953917, 2.254274344958, 2.248803083734};
    check_bvpo c;
    sim_bvpo_kmoments k[3];
    double error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    const sim_bvpo_pair pair = {0, 3, 1};
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(sim_bvpo_ktrace_moments(&k[i], &c.m, &c.t, pair, i + 1));
        error = check_worse(error, check_bvpo_relative(k[i].bias, bias[i]));
        error = check_worse(error, check_bvpo_relative(k[i].variance, variance[i]));
        error = check_worse(error, check_bvpo_relative(k[i].loss, loss[i]));
    }
    CLAIM_HOLDS(
        "spec:bvpo 1.6",
        "Bias, variance and mean loss of 1, 2, 3 traces equal their golden values",
        error, 1e-9);
    for (size_t i = 0; i + 1 < 3; i++) {
        CHECK(k[i + 1].bias < k[i].bias);
        CHECK(k[i + 1].variance < k[i].variance);
        CHECK(k[i + 1].loss < k[i].loss);
    }
    CHECK_STATUS(sim_bvpo_ktrace_moments(&k[0], &c.m, &c.t, pair, 0), REF_ESHAPE);
    CHECK_STATUS(sim_bvpo_ktrace_moments(&k[0], &c.m, &c.t, pair, 17), REF_ESHAPE);
    check_bvpo_close(&c);
}

/* The enumeration by multisets against one draw by draw, K = 2. */
static void multisets_are_a_shortcut_only(void)
{
    check_bvpo c;
    sim_bvpo_kmoments k;
    double loss = 0.0, square = 0.0, mean[DIM] = {0}, g[DIM], value;
    if (!check_bvpo_open_g1(&c)) return;
    const sim_bvpo_pair pair = {2, 0, 3};
    for (size_t i = 0; i < 625; i++) {
        const size_t r[2] = {i % 5, i / 5 % 5}, q[2] = {i / 25 % 5, i / 125};
        double w = 1.0;
        for (size_t j = 0; j < 2; j++)
            w *= sim_bvpo_posterior(&c.m, 2, r[j], 0)
                 * sim_bvpo_posterior(&c.m, 2, q[j], 3);
        CHECK_OK(sim_bvpo_ktrace(&value, g, &c.m, &c.t, pair, r, q, 2));
        loss += w * value;
        square += w * ref_norm2(g, DIM);
        for (size_t j = 0; j < DIM; j++) mean[j] += w * g[j];
    }
    CHECK_OK(sim_bvpo_ktrace_moments(&k, &c.m, &c.t, pair, 2));
    CHECK_RELATIVE(k.loss, loss, 1e-13);
    CHECK_RELATIVE(k.variance, square - ref_norm2(mean, DIM), 1e-12);
    check_bvpo_close(&c);
}

/* Inputs of the prior-proposal variant for one answer and two traces. */
typedef struct proposal {
    double log_u[2], log_pi[2], log_ref[2];
} proposal;

static proposal propose(const check_bvpo *c, size_t x, size_t y, size_t r0, size_t r1)
{
    proposal p;
    const size_t r[2] = {r0, r1};
    for (size_t k = 0; k < 2; k++) {
        const size_t trace = x * 5 + r[k];
        p.log_u[k] = c->t.log_r[trace] - c->m.ref.log_r[trace];
        p.log_pi[k] = c->t.log_y[trace * 4 + y];
        p.log_ref[k] = c->m.ref.log_y[trace * 4 + y];
    }
    return p;
}

/* Traces from the prior: pi_hat and ref_hat are unbiased, weights are normalised. */
static void prior_proposals_are_unbiased(void)
{
    check_bvpo c;
    double error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    for (size_t i = 0; i < 12; i++) {
        const size_t x = i / 4, y = i % 4;
        double policy = 0.0, reference = 0.0;
        for (size_t j = 0; j < 25; j++) {
            const proposal p = propose(&c, x, y, j / 5, j % 5);
            const double w =
                exp(c.m.ref.log_r[x * 5 + j / 5] + c.m.ref.log_r[x * 5 + j % 5]);
            double omega[2], log_rho = nan("");
            CHECK_OK(ref_bvpo_ktrace_prior(omega, &log_rho, p.log_u, p.log_pi,
                                           p.log_ref, 2));
            CHECK_ROUND(omega[0] + omega[1], 1.0, 8, 1.0);
            CHECK_ROUND(omega[0] / omega[1],
                        exp(p.log_u[0] + p.log_pi[0] - p.log_u[1] - p.log_pi[1]), 32,
                        omega[0] / omega[1]);
            const double ref_hat = 0.5 * (exp(p.log_ref[0]) + exp(p.log_ref[1]));
            reference += w * ref_hat;
            policy += w * ref_hat * exp(log_rho);
        }
        error = check_worse(error, check_bvpo_relative(policy, exp(c.t.log_m[i])));
        error =
            check_worse(error, check_bvpo_relative(reference, exp(c.m.ref.log_m[i])));
    }
    CLAIM_HOLDS("spec:bvpo 1.6",
                "Scoring the answer under traces of the prior estimates pi(y|x) and "
                "ref(y|x) without bias",
                error, 1e-13);
    check_bvpo_close(&c);
}

static void bad_weights_are_refused(void)
{
    double omega[2] = {7.0, 7.0}, minus[2] = {7.0, 7.0}, log_rho = 7.0;
    const double none[2] = {-HUGE_VAL, -HUGE_VAL}, bad[2] = {0.0, nan("")};
    const double fine[2] = {0.0, -HUGE_VAL};
    CHECK_STATUS(ref_bvpo_ktrace_weights(omega, &log_rho, fine, 0), REF_ESHAPE);
    CHECK_STATUS(ref_bvpo_ktrace_weights(omega, &log_rho, none, 2), REF_ENONFINITE);
    CHECK_STATUS(ref_bvpo_ktrace_weights(omega, &log_rho, bad, 2), REF_ENONFINITE);
    CHECK_STATUS(ref_bvpo_ktrace_coefficients(omega, minus, NULL, 1.0, fine, bad, 2),
                 REF_ENONFINITE);
    CHECK_STATUS(ref_bvpo_ktrace_coefficients(omega, minus, NULL, 0.0, fine, fine, 2),
                 REF_EDOM);
    CHECK_STATUS(ref_bvpo_ktrace_prior(omega, &log_rho, bad, fine, fine, 2),
                 REF_ENONFINITE);
    CHECK_STATUS(ref_bvpo_ktrace_prior(omega, &log_rho, fine, fine, none, 2),
                 REF_ENONFINITE);
    CHECK_EQUAL(omega[0], 7.0);
    CHECK_EQUAL(log_rho, 7.0);
    CHECK_OK(ref_bvpo_ktrace_weights(omega, &log_rho, fine, 2));
    CHECK_EQUAL(omega[1], 0.0);
    CHECK_ROUND(log_rho, -log(2.0), 2, 1.0);
    CHECK(isnan(ref_bvpo_ktrace_margin(0.0, 0.0, 0.0).loss));
}

SUITE("[spec:bvpo 1.6] what the trace gradient estimates", NULL,
      {"the trace gradient starts unbiased", the_trace_gradient_starts_unbiased},
      {"no trace dependence makes the empty gradient exact",
       no_trace_dependence_makes_the_empty_gradient_exact},
      {"one trace is the paper's estimator", one_trace_is_the_papers_estimator},
      {"more traces shrink bias, variance and loss",
       more_traces_shrink_bias_variance_and_loss},
      {"multisets are a shortcut only", multisets_are_a_shortcut_only},
      {"prior proposals are unbiased", prior_proposals_are_unbiased},
      {"bad weights are refused", bad_weights_are_refused});
