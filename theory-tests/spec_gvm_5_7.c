/* spec_gvm_5_7.c -- micro-batches: what a packing may and may not change. */
#include "ref/loss.h"
#include "ref/loss_dialect.h"
#include "theory-tests/check.h"

#include <math.h>

enum { B = 6, N = 17 };
static const size_t tokens[B] = {2, 5, 1, 3, 4, 2};
static const size_t packings[3][B] = {
    {0, 0, 0, 1, 1, 1}, {7, 3, 7, 3, 7, 3}, {0, 1, 2, 3, 4, 5}};

static double loss_of(const double *weight)
{
    static const double sums[B] = {1.25, -0.5, 2.0, 0.75, -3.0, 1.5};
    double total = 0.0;
    for (size_t j = 0; j < B; j++) total += weight[j] * sums[j];
    return total;
}

static double packed(ref_loss_aggregation a, const size_t *pack, size_t minibatch)
{
    const ref_loss_layout l = {.sequences = B,
                               .tokens = tokens,
                               .padded = 8.0,
                               .pack = pack,
                               .minibatch = minibatch};
    double weight[B];
    CHECK_OK(ref_loss_weights(weight, a, &l, NULL));
    return loss_of(weight);
}

/* property 37: a token's weight is B_k/(B_mini (T_k + 1e-8)) */
static void token_mean_of_packs(void)
{
    double error = 0.0;
    for (int i = 0; i < 3; i++) {
        const size_t *const pack = packings[i];
        double weight[B];
        for (size_t j = 0; j < B; j++) {
            double Bk = 0.0;
            double Tk = 0.0;
            for (size_t k = 0; k < B; k++)
                if (pack[k] == pack[j]) {
                    Bk += 1.0;
                    Tk += (double)tokens[k];
                }
            weight[j] = Bk / 6.0 / (Tk + 1e-8);
        }
        error = check_worse(
            error, fabs(packed(REF_LOSS_TOKEN_MEAN, pack, 0) - loss_of(weight)));
    }
    CLAIM_HOLDS("spec:gvm 5.7",
                "A token of micro-batch k weighs B_k/(B_mini T_k): B_k of B_mini "
                "sequences, T_k tokens",
                error, 1e-12);
}

/* property 37 */
static void what_packing_changes(void)
{
    double invariant = 0.0;
    double token = 0.0;
    double norm = 0.0;
    for (int i = 0; i < 3; i++) {
        const size_t *const pack = packings[i];
        for (int a = REF_LOSS_SEQ_MEAN_TOKEN_SUM; a <= REF_LOSS_SEQ_MEAN_TOKEN_MEAN;
             a++) {
            const ref_loss_aggregation name = (ref_loss_aggregation)a;
            invariant = check_worse(
                invariant, fabs(packed(name, pack, 0) - packed(name, NULL, 0)));
        }
        token = check_worse(token, fabs(packed(REF_LOSS_TOKEN_MEAN, pack, 0)
                                        - packed(REF_LOSS_TOKEN_MEAN, NULL, 0)));
        norm = check_worse(norm,
                           fabs(packed(REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM, pack, 0)
                                - packed(REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM, NULL, 0)));
    }
    CLAIM_HOLDS(
        "spec:gvm 5.7",
        "The sequence-mean losses do not depend on the packing into micro-batches",
        invariant, 1e-14);
    CLAIM_REFUTED("spec:gvm 5.7",
                  "The token-mean loss does not depend on the packing into "
                  "micro-batches (left side: the largest change)",
                  token, 0.01);
    CLAIM_REFUTED("spec:gvm 5.7",
                  "The loss seq-mean-token-sum-norm does not depend on the packing "
                  "into micro-batches (left side: the largest change)",
                  norm, 0.01);
}

/* The divisor stays B_mini when the last mini-batch is short. */
static void a_short_minibatch_is_scaled_down(void)
{
    for (int a = REF_LOSS_TOKEN_MEAN; a <= REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM; a++) {
        const ref_loss_aggregation name = (ref_loss_aggregation)a;
        CHECK_NEAR(packed(name, packings[0], 10), 0.6 * packed(name, packings[0], 0),
                   1e-14);
    }
}

/* The per-token total derivative of 5.7 with the KL term, through the whole batch. */
static void derivative_of_the_official_loss(void)
{
    double logp[N];
    double old[N];
    double ref[N];
    double d[N];
    double reward[B];
    size_t offset[B + 1] = {0};
    for (size_t j = 0; j < B; j++) {
        offset[j + 1] = offset[j] + tokens[j];
        reward[j] = j % 2 == 0 ? 1.0 : 0.0;
    }
    for (size_t t = 0; t < N; t++) {
        logp[t] = -0.5 - 0.1 * (double)t;
        old[t] = logp[t] - 0.05 * sin((double)t);
        ref[t] = logp[t] + 0.7 * cos((double)t);
    }
    const ref_loss_dialect *const official = ref_loss_dialect_find("gvm-official");
    const ref_loss_batch batch = {.sequences = B,
                                  .offset = offset,
                                  .logp = logp,
                                  .old = old,
                                  .ref = ref,
                                  .reward = reward,
                                  .pack = packings[0],
                                  .minibatch = 8};
    ref_loss_result out = {.d = d};
    CHECK_OK(ref_loss_evaluate(&out, &official->choices, &batch, NULL));
    double error = 0.0;
    for (size_t j = 0; j < B; j++)
        for (size_t t = offset[j]; t < offset[j + 1]; t++) {
            const double Tk = packings[0][j] == 0 ? 8.0 : 9.0;
            const double dl = -reward[j] * exp(logp[t] - old[t]);
            const double dk = 1.0 - exp(ref[t] - logp[t]);
            const double want = 3.0 / 8.0 / (Tk + 1e-8) * (dl + 0.001 * dk);
            error = check_worse(error, fabs(d[t] - want));
        }
    CLAIM_HOLDS("spec:gvm 5.7",
                "The released loss has the token derivative B_k/(B_mini T_k) (dl/dlogp "
                "+ 0.001 dk3/dlogp)",
                error, 1e-15);
}

SUITE("[spec:gvm 5.7] micro-batches", NULL,
      {"token-mean of packed micro-batches", token_mean_of_packs},
      {"what packing changes and what not", what_packing_changes},
      {"a short mini-batch is scaled down", a_short_minibatch_is_scaled_down},
      {"the derivative of the official loss", derivative_of_the_official_loss});
