/* spec_gvm_5_8.c -- what the losses optimise: expected updates by exact enumeration. */
#include "ref/loss_dialect.h"
#include "theory-tests/check.h"
#include "theory-tests/loss_model.h"

#include <math.h>

enum { D = CHECK_LOSS_D, LARGEST = 5, MODELS = 3 };

/* An algorithm with the mean over sequences, the plain 1/n of the statements. */
static ref_loss_choices plain(ref_loss_algorithm a)
{
    ref_loss_choices c;
    CHECK_OK(ref_loss_standard(&c, a));
    c.kl.kind = REF_LOSS_KL_NONE;
    c.group.eps = 0.0;
    c.group.singleton = REF_LOSS_SINGLETON_RAW;
    c.aggregation = REF_LOSS_SEQ_MEAN_TOKEN_SUM;
    return c;
}

typedef double factor(double p, size_t n);

/* Worst |E[update] - factor(p, n) grad p| over n <= 5 and three models. */
static double worst(const ref_loss_choices *c, double wrong, size_t smallest, factor *f)
{
    double error = 0.0;
    for (uint32_t model = 0; model < MODELS; model++)
        for (size_t n = smallest; n <= LARGEST; n++) {
            check_loss_prompt x;
            check_loss_prompt_draw(&x, model, 1 + model);
            double mean[D];
            check_loss_update(mean, c, &x, &n, 1, 1.0, wrong);
            for (size_t k = 0; k < D; k++) {
                const double e = fabs(mean[k] - f(x.p, n) * x.grad_p[k]);
                error = check_worse(error, e);
            }
        }
    return error;
}

static double one(double p, size_t n)
{
    (void)p, (void)n;
    return 1.0;
}

static double two(double p, size_t n)
{
    (void)p, (void)n;
    return 2.0;
}

static double shrunk(double p, size_t n)
{
    (void)p;
    return (double)(n - 1) / (double)n;
}

static double rejecting(double p, size_t n)
{
    return 1.0 - pow(p, (double)(n - 1));
}

static double rejecting_signed(double p, size_t n)
{
    const double k = (double)(n - 1);
    return 2.0 - pow(p, k) - pow(1.0 - p, k);
}

static double binomial(size_t n, size_t S, double p)
{
    double c = 1.0;
    for (size_t k = 0; k < S; k++) c *= (double)(n - k) / (double)(k + 1);
    return c * pow(p, (double)S) * pow(1.0 - p, (double)(n - S));
}

/* W_n(p) = E[ (S(n-S)/n^2)/(std_S + eps) ] / (p(1-p)) */
static double grpo_factor(double p, size_t n, double eps)
{
    const double N = (double)n;
    double mean = 0.0;
    for (size_t S = 1; S < n; S++) {
        const double spread = (double)S * (double)(n - S);
        const double std = sqrt(spread / (N * (N - 1.0)));
        mean += binomial(n, S, p) * spread / (N * N) / (std + eps);
    }
    return mean / (p * (1.0 - p));
}

/* W_n(p) = sqrt((n-1)/n) E[sqrt(S(n-S))]/(n p(1-p)) */
static double grpo_exact(double p, size_t n)
{
    const double N = (double)n;
    double mean = 0.0;
    for (size_t S = 1; S < n; S++)
        mean += binomial(n, S, p) * sqrt((double)S * (double)(n - S));
    return sqrt((N - 1.0) / N) * mean / (N * p * (1.0 - p));
}

static double grpo_official(double p, size_t n)
{
    return grpo_factor(p, n, 1e-6);
}

/* property 38 */
static void unbiased_directions(void)
{
    ref_loss_choices c = plain(REF_LOSS_RAFT);
    CLAIM_HOLDS("spec:gvm 5.8",
                "The first update of the released RAFT loss has the mean direction "
                "grad p, not grad log p (all outcomes)",
                worst(&c, 0.0, 1, one), 1e-12);
    CHECK_AT_MOST(worst(&c, -1.0, 1, one), 1e-12);
    c = plain(REF_LOSS_RAFTPP);
    CLAIM_HOLDS("spec:gvm 5.8",
                "The first update of RAFT++ has the mean direction grad p",
                worst(&c, 0.0, 1, one), 1e-12);
    c = plain(REF_LOSS_RLOO);
    CLAIM_HOLDS("spec:gvm 5.8",
                "The first update of RLOO has the mean direction grad p",
                worst(&c, 0.0, 1, one), 1e-12);
    c = plain(REF_LOSS_DR_GRPO);
    CLAIM_HOLDS("spec:gvm 5.8",
                "The first update of Dr.GRPO has the mean direction (n-1)/n grad p",
                worst(&c, 0.0, 2, shrunk), 1e-12);
    c = plain(REF_LOSS_REINFORCE);
    CLAIM_HOLDS("spec:gvm 5.8",
                "The first update of REINFORCE with rewards -1 and +1 has the mean "
                "direction 2 grad p",
                worst(&c, -1.0, 1, two), 1e-12);
    CHECK_AT_MOST(worst(&c, 0.0, 1, one), 1e-12);
}

/* property 38 */
static void weighted_directions(void)
{
    ref_loss_choices c = plain(REF_LOSS_GRPO);
    CLAIM_HOLDS("spec:gvm 5.8",
                "The first update of GRPO has the mean direction W_n(p) grad p, W_n(p) "
                "= sqrt((n-1)/n) E[sqrt(S(n-S))]/(n p q)",
                worst(&c, 0.0, 2, grpo_exact), 1e-12);
    CHECK_AT_MOST(worst(&c, -1.0, 2, grpo_exact), 1e-12);
    c.group.eps = 1e-6;
    CLAIM_HOLDS(
        "spec:gvm 5.8",
        "With epsilon, GRPO's weight is the same expectation with epsilon inside",
        worst(&c, 0.0, 2, grpo_official), 1e-12);
    double constant = 0.0;
    for (int i = 1; i < 100; i++)
        constant = check_worse(constant, fabs(grpo_exact(i / 100.0, 2) - sqrt(0.5)));
    CLAIM_HOLDS("spec:gvm 5.8",
                "GRPO's weight W_n(p) is sqrt(1/2) for n = 2 and every p", constant,
                1e-12);
    c = plain(REF_LOSS_REINFORCE_REJ);
    CLAIM_HOLDS("spec:gvm 5.8",
                "The first update of Reinforce-Rej has the mean direction (1-p^(n-1)) "
                "grad p for rewards 0 and 1",
                worst(&c, 0.0, 2, rejecting), 1e-12);
    CLAIM_HOLDS("spec:gvm 5.8",
                "The first update of Reinforce-Rej has the mean direction "
                "(2-p^(n-1)-q^(n-1)) grad p for rewards -1 and +1",
                worst(&c, -1.0, 2, rejecting_signed), 1e-12);
}

/* W_n(p) -> 1/sqrt(p(1-p)), the delta-method limit with an O(1/n) error. */
static void grpo_weight_has_a_limit(void)
{
    const double p = 0.3;
    const double limit = 1.0 / sqrt(p * (1.0 - p));
    const double at_100 = fabs(grpo_exact(p, 100) / limit - 1.0);
    const double at_400 = fabs(grpo_exact(p, 400) / limit - 1.0);
    CHECK_AT_MOST(at_100, 0.02);
    CHECK_NEAR(at_100 / at_400, 4.0, 0.1);
}

/* Three prompts with their own allocation; prompt 2 gets nothing. */
static const size_t allocation[3] = {2, 3, 0};

static void draw_three(check_loss_prompt *x)
{
    for (uint32_t i = 0; i < 3; i++) check_loss_prompt_draw(&x[i], 10 + i, 1 + i);
}

/* property 39: token-mean over mixed groups, every sequence of equal length */
static void released_raft_weights_by_allocation(void)
{
    check_loss_prompt x[3];
    draw_three(x);
    ref_loss_choices c = plain(REF_LOSS_RAFT);
    c.aggregation = REF_LOSS_TOKEN_MEAN;
    double mean[D];
    check_loss_update(mean, &c, x, allocation, 3, 1.0, 0.0);
    double error = 0.0;
    double apart = 0.0;
    for (size_t k = 0; k < D; k++) {
        const double N = 5.0 + REF_LOSS_TOKEN_MEAN_EPS;
        const double want = (2.0 * x[0].grad_p[k] + 3.0 * x[1].grad_p[k]) / N;
        const double uniform = 0.5 * (x[0].grad_p[k] + x[1].grad_p[k]);
        error = check_worse(error, fabs(mean[k] - want));
        apart = check_worse(apart, fabs(mean[k] - uniform));
    }
    CLAIM_HOLDS("spec:gvm 5.8",
                "The released RAFT loss with allocation n has the mean direction sum "
                "(n_i/N) grad p_i",
                error, 1e-12);
    CLAIM_REFUTED("spec:gvm 5.8",
                  "The mean direction of the released RAFT loss does not depend on the "
                  "allocation n (left side: the largest change)",
                  apart, 1e-3);
}

/* property 39: the papers' weights, prompts without samples in the mean over m */
static void faithful_weights_follow_the_log_likelihood(void)
{
    check_loss_prompt x[3];
    draw_three(x);
    ref_loss_choices c = plain(REF_LOSS_RAFT);
    double sn[D];
    double iw[D];
    double mean_sn[D];
    c.aggregation = REF_LOSS_PROMPT_ACCEPTED;
    check_loss_update(sn, &c, x, allocation, 3, 1.0, 0.0);
    c.aggregation = REF_LOSS_PROMPT_ACCEPTED_TOKEN_MEAN;
    check_loss_update(mean_sn, &c, x, allocation, 3, 1.0, 0.0);
    c.aggregation = REF_LOSS_PROMPT_IMPORTANCE;
    check_loss_update(iw, &c, x, allocation, 3, 1.0, 0.0);
    double sn_error = 0.0;
    double iw_error = 0.0;
    for (size_t k = 0; k < D; k++) {
        double want_sn = 0.0;
        double want_iw = 0.0;
        for (size_t i = 0; i < 2; i++) {
            const double mu = x[i].grad_p[k] / x[i].p;
            const double hit = 1.0 - pow(1.0 - x[i].p, (double)allocation[i]);
            want_sn += hit * mu / 3.0;
            want_iw += mu / 3.0;
        }
        sn_error = check_worse(sn_error, fabs(sn[k] - want_sn));
        iw_error = check_worse(iw_error, fabs(iw[k] - want_iw));
        CHECK_EQUAL(mean_sn[k], sn[k]); /* one token per sequence */
    }
    CLAIM_HOLDS(
        "spec:gvm 5.8",
        "Weights w_i/|D_i| give the mean direction sum w_i (1-q^n_i) grad log p_i",
        sn_error, 1e-12);
    CLAIM_HOLDS("spec:gvm 5.8",
                "Weights w_i/(n_i p_i) give the mean direction sum w_i grad log p_i",
                iw_error, 1e-12);
}

/* GRPO over mixed groups under token-mean: each group's factor times n_i/N. */
static void mixed_groups_multiply_by_their_share(void)
{
    check_loss_prompt x[3];
    draw_three(x);
    ref_loss_choices c = plain(REF_LOSS_GRPO);
    c.aggregation = REF_LOSS_TOKEN_MEAN;
    double mean[D];
    check_loss_update(mean, &c, x, allocation, 3, 1.0, 0.0);
    double error = 0.0;
    for (size_t k = 0; k < D; k++) {
        double want = 0.0;
        for (size_t i = 0; i < 2; i++) {
            const double n = (double)allocation[i];
            want += n * grpo_exact(x[i].p, allocation[i]) * x[i].grad_p[k];
        }
        want /= 5.0 + REF_LOSS_TOKEN_MEAN_EPS;
        error = check_worse(error, fabs(mean[k] - want));
    }
    CLAIM_HOLDS("spec:gvm 5.8",
                "The token-mean over groups of different size multiplies each group's "
                "direction by n_i/N",
                error, 1e-12);
}

SUITE("[spec:gvm 5.8] what the losses optimise", NULL,
      {"RAFT, RLOO, Dr.GRPO and REINFORCE follow multiples of grad p",
       unbiased_directions},
      {"GRPO and Reinforce-Rej weight grad p by a function of p", weighted_directions},
      {"the GRPO weight tends to 1/sqrt(p(1-p))", grpo_weight_has_a_limit},
      {"the released RAFT weights prompts by their allocation",
       released_raft_weights_by_allocation},
      {"the papers' weights follow the log-likelihood",
       faithful_weights_follow_the_log_likelihood},
      {"mixed groups multiply by their share", mixed_groups_multiply_by_their_share});
