/* loss.h -- a whole batch: algorithm x token loss x KL x aggregation, and its gradient.
 *
 *   loss = sum_j weight_j sum_t M_jt ( l_jt + c_kl k_jt - c_H H_jt )
 *
 * Symbols (paper -> code)
 *   l, dl     loss_token.h      policy loss of a token                  [spec:gvm 5.3]
 *   k, dk     loss_token.h      KL penalty of a token                   [spec:gvm 5.4]
 *   c_kl, c_H kl.coefficient, entropy_coefficient
 *   H         entropy           entropy of the token's distribution     [spec:gvm 5.5]
 *   weight    loss_aggregate.h  the averaging                           [spec:gvm 5.6]
 *   A, keep   loss_advantage.h  what the sequence is worth              [spec:gvm 5.2]
 *
 * Tokens lie flat: sequence j owns offset[j] <= t < offset[j+1]; nothing is padded.
 */
#ifndef REF_LOSS_H
#define REF_LOSS_H

#include "ref/loss_advantage.h"
#include "ref/loss_aggregate.h"
#include "ref/loss_token.h"
#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Every choice that has a name; loss_dialect.h fills it from a preset. */
typedef struct ref_loss_choices {
    ref_loss_algorithm algorithm;
    ref_loss_group_rule group;
    ref_loss_policy policy;
    ref_loss_clip clip;
    ref_loss_kl kl;
    double entropy_coefficient; /* >= 0; 0: the entropies are not read */
    ref_loss_aggregation aggregation;
    double overlong_max, overlong_soft; /* DAPO: Lmax, Lc; Lc = 0: no penalty */
} ref_loss_choices;

/* What was sampled; all arrays are borrowed and may be NULL where that is said. */
typedef struct ref_loss_batch {
    size_t sequences;
    const size_t *offset; /* (sequences+1), offset[0] = 0, ascending */
    const bool *mask;     /* (tokens) NULL: every token is scored */

    const double *logp; /* (tokens) under the policy being trained */
    const double *old;  /* (tokens) under the sampler; PPO and KL in the reward only */
    const double *ref;  /* (tokens) under the reference; with a KL kind only */
    const double *entropy; /* (tokens) H; with an entropy coefficient only */

    const double *reward; /* (sequences) finite; > 0 means accepted */
    const size_t *key;    /* (sequences) prompt of each; NULL: one prompt */
    const double *p;      /* (sequences) p_i; prompt-importance only */
    const double *w;      /* (sequences) w_i; NULL: 1/prompts */
    size_t prompts;       /* m, those without a sequence included; 0: those seen */

    double padded;      /* Lmax of seq-mean-token-sum-norm */
    const size_t *pack; /* (sequences) micro-batch of each; NULL: one */
    size_t minibatch;   /* B_mini; 0: the sequences that count */
} ref_loss_batch;

/* What came out; the arrays are the caller's, each may be NULL. Masked tokens and
 * sequences that do not count have zeros; masked log-probs are never read, so NaN there
 * is harmless. */
typedef struct ref_loss_result {
    double loss;
    double policy;  /* sum of weight l */
    double kl;      /* sum of weight k, without the coefficient; 0 in the reward */
    double entropy; /* sum of weight H, without the coefficient */
    double clip_fraction;  /* share of scored tokens with clipped > unclipped loss */
    double dual_fraction;  /* share of scored tokens held by the dual clip */
    double old_divergence; /* mean of oldlogp - logp over scored tokens, PPO only */
    size_t counted;        /* sequences in the denominators */
    size_t scored;         /* their unmasked tokens */

    double *token; /* (tokens) l + coefficient k - entropy_coefficient H, unweighted */
    double *d;     /* (tokens) d loss / d logp */
    double *advantage; /* (sequences) A */
    double *weight;    /* (sequences) weight; times -entropy_coefficient dH/dz it gives
                          what the entropy sends to the logits */
} ref_loss_result;

/* Loss of the batch, per-token loss and the derivative with respect to every log-prob.
 * The advantage is a constant of the derivative; so is a KL in the reward, which comes
 * from the sampler's log-probs: R_j = r_j - c_kl sum_t M k(ref - old). DAPO adds its
 * length penalty to R_j and drops the groups whose r_j are all right or all wrong.
 *
 *   out       arrays set by the caller; on failure nothing is written
 *   returns   REF_OK; REF_ESHAPE (offsets, a missing array, unequal groups); REF_EDOM
 *             (a choice or reward outside its domain); REF_ENONFINITE (a scored
 *             log-prob or entropy is not finite); REF_ENOMEM.
 *             loss is NaN with REF_OK when seq-mean-token-mean meets a counted sequence
 *             without a scored token; d stays finite. No counted sequence: loss 0, d 0.
 *   label     [spec:gvm 5.8][spec:gvm 5.9]
 */
REF_API REF_MUST ref_status ref_loss_evaluate(ref_loss_result *out,
                                              const ref_loss_choices *choices,
                                              const ref_loss_batch *batch,
                                              ref_why *why);

#endif
