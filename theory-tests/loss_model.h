/* loss_model.h -- a small model whose expected update can be enumerated.
 *
 * Prompt i has Y rationales of one token each, drawn from a softmax over features; a
 * fixed set of them is accepted. n_i rationales are drawn per prompt, and the mean over
 * all Y^N outcomes of the update  -sum_j (dloss/dlogp_j) grad logp_j  is exact.
 */
#ifndef THEORY_TESTS_LOSS_MODEL_H
#define THEORY_TESTS_LOSS_MODEL_H

#include "ref/loss.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECK_LOSS_Y = 4, CHECK_LOSS_D = 3, CHECK_LOSS_ROOM = 8 };

typedef struct check_loss_prompt {
    double logpi[CHECK_LOSS_Y];
    double score[CHECK_LOSS_Y][CHECK_LOSS_D]; /* grad log pi */
    bool accept[CHECK_LOSS_Y];
    double p;                    /* acceptance rate */
    double grad_p[CHECK_LOSS_D]; /* p mu */
} check_loss_prompt;

/* Features, parameters and accepted set from a seed; accepted: how many of the Y. */
void check_loss_prompt_draw(check_loss_prompt *x, uint32_t seed, size_t accepted);

/* E[update] over all draws of n[i] rationales from prompt i; sum of n <= 8.
 *
 *   mean      out, length d
 *   right, wrong   rewards of accepted and rejected rationales
 */
void check_loss_update(double *mean, const ref_loss_choices *c,
                       const check_loss_prompt *prompt, const size_t *n, size_t m,
                       double right, double wrong);

#endif
