/* spec_bvpo_3_2.c -- scores and gradients of the preference model from first principles. */
#include "ref/bvpo_ktrace.h"
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>
#include <string.h>

#define DIM 8

/* property 5 */
static void probabilities_and_weights_sum_to_one(void)
{
    check_bvpo c;
    double error = 0.0, weights[2] = {0.0, 0.0};
    if (!check_bvpo_open_g1(&c)) return;
    for (size_t k = 0; k < sim_bvpo_pairs(&c.m); k++)
        for (int law = 0; law < 2; law++)
            weights[law] +=
                sim_bvpo_weight(&c.m, sim_bvpo_pair_at(&c.m, k), (sim_bvpo_law)law);
    for (int law = 0; law < 2; law++)
        error = check_worse(error, fabs(weights[law] - 1.0));

    for (size_t x = 0; x < 3; x++) {
        double all = 0.0, mean[DIM] = {0};
        for (size_t at = x * 20; at < (x + 1) * 20; at++) {
            const double p = exp(c.t.log_ry[at]);
            all += p;
            for (size_t j = 0; j < DIM; j++) mean[j] += p * c.t.s[at * DIM + j];
        }
        error = check_worse(error, fabs(all - 1.0));
        for (size_t j = 0; j < DIM; j++) error = check_worse(error, fabs(mean[j]));
        for (size_t y = 0; y < 4; y++) {
            double post = 0.0;
            for (size_t r = 0; r < 5; r++) post += sim_bvpo_posterior(&c.m, x, r, y);
            error = check_worse(error, fabs(post - 1.0));
        }
    }
    CLAIM_HOLDS("spec:bvpo 3.2",
                "Joint, posterior and pair weights sum to 1 and scores average to 0",
                error, 1e-13);
    check_bvpo_close(&c);
}

/* theta moved by step in coordinate j, tables refreshed */
static void shift(check_bvpo *c, size_t j, double step)
{
    double theta[DIM];
    memcpy(theta, c->m.theta, sizeof theta);
    theta[j] += step;
    sim_bvpo_table_fill(&c->t, &c->m, theta);
}

/* property 6: central differences, step 1e-5, of log pi(y|x) */
static void marginal_scores_are_gradients(void)
{
    check_bvpo c;
    double up[12], S[12 * DIM], error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    memcpy(S, c.t.S, sizeof S);
    for (size_t j = 0; j < DIM; j++) {
        shift(&c, j, 1e-5);
        memcpy(up, c.t.log_m, sizeof up);
        shift(&c, j, -1e-5);
        for (size_t i = 0; i < 12; i++)
            error = check_worse(error,
                                fabs((up[i] - c.t.log_m[i]) / 2e-5 - S[i * DIM + j]));
    }
    CLAIM_HOLDS("spec:bvpo 1.2",
                "The posterior mean of joint scores is the gradient of log pi(y|x)",
                error, 1e-8);
    check_bvpo_close(&c);
}

enum { MARGINAL, TRACE, EMPTY, KTRACE, POPULATION, LOSSES };

/* every loss and gradient at the current tables, pair and traces fixed */
static void all_losses(double *loss, double g[LOSSES][DIM], const check_bvpo *c,
                       sim_bvpo_pair pair)
{
    const size_t plus[3] = {1, 2, 4}, minus[3] = {0, 3, 3};
    loss[MARGINAL] = sim_bvpo_marginal(&c->m, &c->t, pair, g[MARGINAL]);
    loss[TRACE] = sim_bvpo_trace(&c->m, &c->t, pair, 2, 4, g[TRACE]);
    loss[EMPTY] = sim_bvpo_empty(&c->m, &c->t, pair, g[EMPTY]);
    CHECK_OK(
        sim_bvpo_ktrace(&loss[KTRACE], g[KTRACE], &c->m, &c->t, pair, plus, minus, 3));
    loss[POPULATION] = sim_bvpo_loss(&c->m, &c->t, g[POPULATION]);
}

/* property 7 */
static void gradients_match_finite_differences(void)
{
    check_bvpo c;
    double error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    for (size_t k = 0; k < 36; k += 5) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(&c.m, k);
        double g[LOSSES][DIM], unused[LOSSES][DIM], here[LOSSES], up[LOSSES],
            down[LOSSES];
        sim_bvpo_table_fill(&c.t, &c.m, c.m.theta);
        all_losses(here, g, &c, pair);
        for (size_t j = 0; j < DIM; j++) {
            shift(&c, j, 1e-5);
            all_losses(up, unused, &c, pair);
            shift(&c, j, -1e-5);
            all_losses(down, unused, &c, pair);
            for (size_t i = 0; i < LOSSES; i++)
                error = check_worse(error, fabs((up[i] - down[i]) / 2e-5 - g[i][j]));
        }
    }
    CLAIM_HOLDS("spec:bvpo 3.2",
                "Gradients of l_m, l_t, l_e, l_K and of L_m match finite differences",
                error, 1e-8);
    check_bvpo_close(&c);
}

/* property 27: s = s_phi + s_psi, and the cross term vanishes under on-policy sampling */
static void score_variance_adds_over_tokens(void)
{
    check_bvpo c;
    double error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    for (size_t x = 0; x < 3; x++) {
        double total = 0.0, trace = 0.0, answer = 0.0;
        for (size_t i = 0; i < 20; i++) {
            const size_t at = x * 20 + i, r = x * 5 + i / 4;
            const double p = exp(c.t.log_ry[at]);
            for (size_t j = 0; j < DIM; j++) {
                const double s = c.t.s[at * DIM + j], phi = c.t.s_phi[r * DIM + j];
                total += p * s * s;
                trace += p * phi * phi;
                answer += p * (s - phi) * (s - phi);
            }
        }
        error = check_worse(error, check_bvpo_relative(trace + answer, total));
    }
    CLAIM_HOLDS(
        "spec:bvpo 1.6",
        "Score variance is the sum of the trace's and the answer's, as martingale "
        "differences are uncorrelated",
        error, 1e-13);
    check_bvpo_close(&c);
}

static void bad_shapes_are_refused(void)
{
    sim_bvpo m;
    ref_why why = {{0}};
    sim_bvpo_shape s = sim_bvpo_default();
    s.Y = 1;
    CHECK_STATUS(sim_bvpo_init(&m, &s, &why), REF_ESHAPE);
    s.Y = 0;
    CHECK_STATUS(sim_bvpo_init(&m, &s, &why), REF_ESHAPE);
    s.Y = (size_t)1 << 40;
    CHECK_STATUS(sim_bvpo_init(&m, &s, &why), REF_ESHAPE);
    s = sim_bvpo_default();
    s.beta = 0.0;
    CHECK_STATUS(sim_bvpo_init(&m, &s, &why), REF_EDOM);
    s.beta = 1.0;
    s.kappa = nan("");
    CHECK_STATUS(sim_bvpo_init(&m, &s, &why), REF_EDOM);
    sim_bvpo_free(&m);
    sim_bvpo_coupling coupling;
    CHECK_STATUS(sim_bvpo_coupling_parse(&coupling, "none", &why), REF_EUSAGE);
}

SUITE("[spec:bvpo 3.2][spec:bvpo 1.2] scores and gradients of the preference model",
      NULL,
      {"probabilities and weights sum to one", probabilities_and_weights_sum_to_one},
      {"marginal scores are gradients", marginal_scores_are_gradients},
      {"gradients match finite differences", gradients_match_finite_differences},
      {"score variance adds over tokens", score_variance_adds_over_tokens},
      {"bad shapes are refused", bad_shapes_are_refused});
