/* loss_dialect.h -- the choices of papers and frameworks, by name.
 *
 * A preset is a starting point: fill ref_loss_choices from it, then change what a run
 * changes. What no preset can hold belongs to the caller: whether the end-of-sequence
 * token is scored (the mask says), whether old log-probs are recomputed or the
 * sampler's (the batch says), and the temperature (ref_loss_logits applies it).
 */
#ifndef REF_LOSS_DIALECT_H
#define REF_LOSS_DIALECT_H

#include "ref/loss.h"
#include "ref/status.h"

#include <stddef.h>

typedef struct ref_loss_dialect {
    const char *name;
    const char *what; /* one line: what sets it apart */
    ref_loss_choices choices;
} ref_loss_dialect;

/* The table of framework presets, in the order of its listing.
 *
 *   count     out, number of rows
 *   label     [spec:product 3.8]
 */
REF_API const ref_loss_dialect *ref_loss_dialects(size_t *count);

/* Row of that name, or NULL.                                     [spec:product 3.8] */
REF_API const ref_loss_dialect *ref_loss_dialect_find(const char *name);

/* The algorithm as its own paper defines it, with this project's defaults where the
 * paper is silent: a group of one has advantage 0, flat groups count, eps = 1e-6
 * outside the root, KL coefficient 0.001.
 *   raft           -logp on accepted, mean over sequences of the token sum
 *   raft++         PPO clip 0.2 on accepted, token mean per sequence
 *   reinforce(-rej), rloo   -A logp, mean over sequences of the token sum
 *   grpo           PPO clip 0.2, k3 in the loss, token mean per sequence
 *   dr-grpo        PPO clip 0.2, constant divisor (batch.padded)
 *   dapo           clip 0.2/0.28, no KL, token mean, mixed groups only
 *
 *   out       out
 *   a         any of the list; out is untouched for anything else
 *   returns   REF_OK, REF_EDOM
 *   label     [spec:gvm 5.9]
 */
REF_API REF_MUST ref_status ref_loss_standard(ref_loss_choices *out,
                                              ref_loss_algorithm a);

#endif
