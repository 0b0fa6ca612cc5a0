/* loss_dialect.c -- the table. A comment marks what the sources leave open: there the
 * closest documented value stands. */
#include "ref/loss_dialect.h"

#include <math.h>
#include <string.h>

/* The group rule that verl, the official GVM code and SkyRL share: n-1, 1e-6 outside
 * the root, mean 0 and std 1 for a group of one, groups by prompt. */
#define VERL_GROUP                                                                     \
    {                                                                                  \
        .ddof = 1, .eps = 1e-6, .singleton = REF_LOSS_SINGLETON_RAW                    \
    }
#define CLIP_VERL                                                                      \
    {                                                                                  \
        .low = 0.2, .high = 0.2, .dual = 3.0                                           \
    }
#define CLIP_PPO                                                                       \
    {                                                                                  \
        .low = 0.2, .high = 0.2, .dual = HUGE_VAL                                      \
    }
#define CLIP_DAPO                                                                      \
    {                                                                                  \
        .low = 0.2, .high = 0.28, .dual = HUGE_VAL                                     \
    }
#define KL_OFF                                                                         \
    {                                                                                  \
        .kind = REF_LOSS_KL_NONE, .clamp = HUGE_VAL                                    \
    }
#define KL_VERL                                                                        \
    {                                                                                  \
        .kind = REF_LOSS_KL_K3, .coefficient = 0.001, .clamp = 10.0                    \
    }
#define KL_K3                                                                          \
    {                                                                                  \
        .kind = REF_LOSS_KL_K3, .coefficient = 0.001, .clamp = HUGE_VAL                \
    }

/* A framework's GRPO where only its advantage is documented: the loss is the one of the
 * GRPO paper without KL (frameworks default to a KL coefficient of 0 or do not say). */
#define GRPO_WITH(...)                                                                 \
    {                                                                                  \
        .algorithm = REF_LOSS_GRPO, .group = __VA_ARGS__, .policy = REF_LOSS_PLUSPLUS, \
        .clip = CLIP_PPO, .kl = KL_OFF, .aggregation = REF_LOSS_SEQ_MEAN_TOKEN_MEAN    \
    }

static const ref_loss_dialect dialects[] = {
    {"gvm-paper",
     "eq. 8: clip-higher 0.28 on accepted samples, 1/|D_i| per prompt and a token mean",
     /* 0.28 is the first of the three values that the paper lists; singleton and
      * epsilon do not reach RAFT and matter when the algorithm is changed to GRPO */
     {.algorithm = REF_LOSS_RAFTPP,
      .group = {.ddof = 1, .eps = 1e-6, .singleton = REF_LOSS_SINGLETON_ZERO},
      .policy = REF_LOSS_PLUSPLUS,
      .clip = CLIP_DAPO,
      .kl = KL_K3,
      .aggregation = REF_LOSS_PROMPT_ACCEPTED_TOKEN_MEAN}},
    {"gvm-official",
     "released code: rejected tokens in the denominator, clip 0.2/0.2, dual clip 3",
     {.algorithm = REF_LOSS_RAFTPP,
      .group = VERL_GROUP,
      .policy = REF_LOSS_PLUSPLUS,
      .clip = CLIP_VERL,
      .kl = KL_VERL,
      .aggregation = REF_LOSS_TOKEN_MEAN}},
    {"verl-2026.01",
     "GRPO, n-1, 1e-6, a group of one keeps its raw reward",
     {.algorithm = REF_LOSS_GRPO,
      .group = VERL_GROUP,
      .policy = REF_LOSS_PLUSPLUS,
      .clip = CLIP_VERL,
      .kl = KL_OFF,
      .aggregation = REF_LOSS_TOKEN_MEAN}},
    {"trl-2026.07", "GRPO, n-1, 1e-4, equal groups of two or more only",
     GRPO_WITH({.ddof = 1,
                .eps = 1e-4,
                .singleton = REF_LOSS_SINGLETON_ERROR,
                .unequal = REF_LOSS_UNEQUAL_ERROR})},
    {"openrlhf-2026.08", "GRPO, n-1, 1e-9, equal groups of two or more only",
     GRPO_WITH({.ddof = 1,
                .eps = 1e-9,
                .singleton = REF_LOSS_SINGLETON_ERROR,
                .unequal = REF_LOSS_UNEQUAL_ERROR})},
    /* "own routine": divisor and group of one are open; its epsilon acts only where
     * the deviation is positive: the same number, as all-equal groups get 0 here */
    {"nemo-rl-2026.08", "GRPO, 1e-6, groups by prompt",
     GRPO_WITH({.ddof = 1, .eps = 1e-6, .singleton = REF_LOSS_SINGLETON_ZERO})},
    {"open-instruct", "centre only by default; divisor n and 1e-8 when scaled",
     GRPO_WITH({.ddof = 0,
                .eps = 1e-8,
                .scale = REF_LOSS_SCALE_NONE,
                .singleton = REF_LOSS_SINGLETON_ZERO, /* open; r - mean is 0 */
                .unequal = REF_LOSS_UNEQUAL_ERROR})},
    {"prime-rl", "centre only; samples with advantage 0 are dropped",
     GRPO_WITH({.ddof = 1, /* not read: no deviation is taken */
                .scale = REF_LOSS_SCALE_NONE,
                .singleton = REF_LOSS_SINGLETON_ZERO, /* open; r - mean is 0 */
                .flat = REF_LOSS_FLAT_ZERO_DROPPED})},
    /* the framework compares the sample count with n x prompts; unequal sizes that hit
     * that product by chance are not modelled */
    {"slime", "GRPO, n-1, 1e-6; unequal groups make the whole batch one group",
     GRPO_WITH({.ddof = 1,
                .eps = 1e-6,
                .singleton = REF_LOSS_SINGLETON_ZERO, /* open */
                .unequal = REF_LOSS_UNEQUAL_POOLED})},
    {"skyrl", "GRPO as verl: n-1, 1e-6, a group of one keeps its raw reward",
     GRPO_WITH(VERL_GROUP)},
};

const ref_loss_dialect *ref_loss_dialects(size_t *count)
{
    *count = sizeof dialects / sizeof dialects[0];
    return dialects;
}

const ref_loss_dialect *ref_loss_dialect_find(const char *name)
{
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++)
        if (strcmp(dialects[i].name, name) == 0) return &dialects[i];
    return NULL;
}

/* ---- the algorithms' own papers -------------------------------------------------- */

ref_status ref_loss_standard(ref_loss_choices *out, ref_loss_algorithm a)
{
    ref_loss_choices c = {.algorithm = a,
                          .group = {.ddof = 1, .eps = 1e-6},
                          .policy = REF_LOSS_VANILLA,
                          .clip = CLIP_PPO,
                          .kl = KL_OFF,
                          .aggregation = REF_LOSS_SEQ_MEAN_TOKEN_SUM};
    switch (a) {
    case REF_LOSS_RAFT:
    case REF_LOSS_REINFORCE:
    case REF_LOSS_REINFORCE_REJ:
    case REF_LOSS_RLOO:
        break;
    case REF_LOSS_RAFTPP:
        c.policy = REF_LOSS_PLUSPLUS;
        c.aggregation = REF_LOSS_SEQ_MEAN_TOKEN_MEAN;
        break;
    case REF_LOSS_GRPO:
        c.policy = REF_LOSS_PLUSPLUS;
        c.kl = (ref_loss_kl)KL_K3;
        c.aggregation = REF_LOSS_SEQ_MEAN_TOKEN_MEAN;
        break;
    case REF_LOSS_DR_GRPO:
        c.policy = REF_LOSS_PLUSPLUS;
        c.aggregation = REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM;
        break;
    case REF_LOSS_DAPO:
        c.policy = REF_LOSS_PLUSPLUS;
        c.clip = (ref_loss_clip)CLIP_DAPO;
        c.aggregation = REF_LOSS_TOKEN_MEAN;
        break;
    case REF_LOSS_ALGORITHM_COUNT:
    default:
        return REF_EDOM;
    }
    *out = c;
    return REF_OK;
}
