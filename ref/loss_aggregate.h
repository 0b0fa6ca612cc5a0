/* loss_aggregate.h -- from token losses to one number: the averaging has a name.
 *
 * Every aggregation is linear in the token losses l and the same for all tokens of one
 * sequence,  loss = sum_j weight_j sum_t M_jt l_jt,  so it *is* its weights; and the
 * derivative of the loss with respect to log-prob (j,t) is weight_j M_jt dl/dlogp.
 *
 * Symbols (paper -> code)
 *   B         B          sequences that count (keep[j])                    count
 *   M_jt      mask       1: the token is scored
 *   T_j       tokens[j]  sum_t M_jt                                        tokens
 *   Lmax      padded     padded response length, the same for every batch  tokens
 *   n_i       n          sequences of prompt i that count                  count
 *   |D_i|     K          accepted ones among them                          count
 *   p_i       p[j]       acceptance rate of the prompt of sequence j       probability
 *   w_i       w[j]       weight of that prompt, 1/m unless given
 *   B_mini    minibatch  divisor of a packed mini-batch                    sequences
 */
#ifndef REF_LOSS_AGGREGATE_H
#define REF_LOSS_AGGREGATE_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>

/* name, weight of sequence j of prompt i */
#define REF_LOSS_AGGREGATION_LIST(X)                                                   \
    X(REF_LOSS_TOKEN_MEAN, "token-mean", "1/(sum T + 1e-8)")                           \
    X(REF_LOSS_SEQ_MEAN_TOKEN_SUM, "seq-mean-token-sum", "1/B")                        \
    X(REF_LOSS_SEQ_MEAN_TOKEN_MEAN, "seq-mean-token-mean", "1/(B T_j)")                \
    X(REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM, "seq-mean-token-sum-norm", "1/Lmax")           \
    X(REF_LOSS_PROMPT_ACCEPTED, "prompt-accepted", "w_i/|D_i| if accepted, else 0")    \
    X(REF_LOSS_PROMPT_ACCEPTED_TOKEN_MEAN, "prompt-accepted-token-mean",               \
      "w_i/(|D_i| T_j) if accepted, else 0")                                           \
    X(REF_LOSS_PROMPT_IMPORTANCE, "prompt-importance",                                 \
      "w_i/(n_i p_i) if accepted, else 0")

typedef enum ref_loss_aggregation {
#define REF_LOSS_AGGREGATION_ENUM(id, name, formula) id,
    REF_LOSS_AGGREGATION_LIST(REF_LOSS_AGGREGATION_ENUM)
#undef REF_LOSS_AGGREGATION_ENUM
        REF_LOSS_AGGREGATION_COUNT
} ref_loss_aggregation;

/* What token-mean adds to its denominator, as the framework does. */
#define REF_LOSS_TOKEN_MEAN_EPS 1e-8

/* What aggregation must know; arrays of `sequences`, borrowed. */
typedef struct ref_loss_layout {
    size_t sequences;
    const size_t *tokens; /* T_j */
    const bool *keep;     /* does the sequence count? NULL: all do */
    double padded;        /* Lmax > 0; seq-mean-token-sum-norm only */

    /* the prompt-* aggregations only */
    const size_t *key;    /* prompt of each sequence; NULL: one prompt */
    const bool *accepted; /* r > 0 */
    const double *p;      /* p_i in (0,1]; prompt-importance only */
    const double *w;      /* w_i; NULL: 1/m */
    size_t prompts;       /* m, prompts without a sequence included; 0: those seen */

    /* micro-batches; not for the prompt-* aggregations, whose weights are global */
    const size_t *pack; /* micro-batch of each sequence; NULL: one micro-batch */
    size_t minibatch;   /* B_mini; 0: the sequences that count */
} ref_loss_layout;

/* Weights of a batch. With micro-batches k of B_k sequences and T_k tokens each is
 * averaged by itself and enters with B_k/B_mini, so a token's weight under token-mean
 * is B_k/(B_mini (T_k + 1e-8)): it depends on the packing, and a mini-batch that is not
 * full is scaled down. The two seq-means over a token sum or mean do not depend on it;
 * token-mean and seq-mean-token-sum-norm do. [spec:gvm 5.7]
 *
 * A sequence that does not count has weight 0. A prompt with K = 0 contributes 0. When
 * no sequence counts there is nothing to average and all weights are 0. A sequence with
 * T_j = 0 makes the *loss* of seq-mean-token-mean NaN, as in the framework (0/0): its
 * weight is NaN; it has no token, so no derivative sees the weight.
 *
 *   weight    out, array of sequences
 *   returns   REF_OK; REF_EDOM (unknown name, p outside (0,1], Lmax <= 0, a missing
 *             array, packing with a prompt-* aggregation); REF_ENOMEM
 *   label     [spec:gvm 5.6][spec:gvm 5.7]
 */
REF_API REF_MUST ref_status ref_loss_weights(double *weight, ref_loss_aggregation a,
                                             const ref_loss_layout *layout,
                                             ref_why *why);

/* Names of the list; find gives REF_LOSS_AGGREGATION_COUNT if there is none such, name
 * gives "?" outside the list. */
REF_API ref_loss_aggregation ref_loss_aggregation_find(const char *name);
REF_API const char *ref_loss_aggregation_name(ref_loss_aggregation a);

#endif
