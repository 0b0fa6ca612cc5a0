/* loss.c -- validate, reward -> advantage -> weight, then one pass over the tokens. */
#include "ref/loss.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>

/* ---- what a batch must have ------------------------------------------------------ */

static bool reads_old(const ref_loss_choices *c)
{
    return c->policy == REF_LOSS_PLUSPLUS
           || (c->kl.kind != REF_LOSS_KL_NONE && c->kl.place == REF_LOSS_KL_IN_REWARD);
}

static bool is_scored(const ref_loss_batch *b, size_t t)
{
    return b->mask == NULL || b->mask[t];
}

static ref_status check_choices(const ref_loss_choices *c, ref_why *why)
{
    const ref_loss_clip *const e = &c->clip;
    if (c->policy == REF_LOSS_PLUSPLUS
        && !(e->low >= 0.0 && e->low <= 1.0 && e->high >= 0.0 && e->dual > 1.0))
        return ref_fail(why, REF_EDOM,
                        "clip low %g, high %g, dual %g; expected low in [0,1], high >= "
                        "0, dual > 1",
                        e->low, e->high, e->dual);
    if (!(isfinite(c->kl.coefficient)
          && (c->kl.kind != REF_LOSS_KL_K3 || c->kl.clamp > 0.0)))
        return ref_fail(why, REF_EDOM, "KL coefficient %g, clamp %g", c->kl.coefficient,
                        c->kl.clamp);
    if (!(c->entropy_coefficient >= 0.0 && isfinite(c->entropy_coefficient)))
        return ref_fail(why, REF_EDOM, "entropy coefficient %g; expected >= 0",
                        c->entropy_coefficient);
    if (c->algorithm == REF_LOSS_DAPO && c->overlong_soft != 0.0
        && isnan(ref_loss_overlong_penalty(0.0, c->overlong_max, c->overlong_soft)))
        return ref_fail(why, REF_EDOM, "overlong penalty: Lmax %g, Lc %g",
                        c->overlong_max, c->overlong_soft);
    return REF_OK;
}

/* A column that the choices read: present, and finite where a token is scored. */
static ref_status check_column(const char *name, const double *x,
                               const ref_loss_batch *b, ref_why *why)
{
    if (x == NULL) return ref_fail(why, REF_ESHAPE, "the batch has no %s", name);
    for (size_t t = 0; t < b->offset[b->sequences]; t++)
        if (is_scored(b, t) && !isfinite(x[t]))
            return ref_fail(why, REF_ENONFINITE, "%s of token %zu is %g", name, t,
                            x[t]);
    return REF_OK;
}

static ref_status check_batch(const ref_loss_choices *c, const ref_loss_batch *b,
                              ref_why *why)
{
    if (b->offset == NULL || b->reward == NULL)
        return ref_fail(why, REF_ESHAPE, "the batch has no offsets or no rewards");
    for (size_t j = 0; j < b->sequences; j++)
        if (b->offset[0] != 0 || b->offset[j + 1] < b->offset[j])
            return ref_fail(why, REF_ESHAPE, "offsets do not ascend from 0 at %zu", j);
    REF_TRY(check_column("log-prob", b->logp, b, why));
    if (reads_old(c)) REF_TRY(check_column("old log-prob", b->old, b, why));
    if (c->kl.kind != REF_LOSS_KL_NONE)
        REF_TRY(check_column("reference log-prob", b->ref, b, why));
    if (c->entropy_coefficient > 0.0)
        REF_TRY(check_column("entropy", b->entropy, b, why));
    return REF_OK;
}

/* ---- reward, advantage, weight --------------------------------------------------- */

typedef struct scratch {
    double *reward, *A, *weight; /* (sequences) reward after penalties */
    size_t *tokens;              /* (sequences) T_j */
    bool *keep, *accepted;       /* (sequences) */
} scratch;

static void scratch_free(scratch *s)
{
    free(s->reward);
    free(s->A);
    free(s->weight);
    free(s->tokens);
    free(s->keep);
    free(s->accepted);
    *s = (scratch){0};
}

static ref_status scratch_init(scratch *s, size_t B)
{
    const size_t room = B > 0 ? B : 1;
    *s = (scratch){.reward = calloc(room, sizeof *s->reward),
                   .A = calloc(room, sizeof *s->A),
                   .weight = calloc(room, sizeof *s->weight),
                   .tokens = calloc(room, sizeof *s->tokens),
                   .keep = calloc(room, sizeof *s->keep),
                   .accepted = calloc(room, sizeof *s->accepted)};
    if (s->reward != NULL && s->A != NULL && s->weight != NULL && s->tokens != NULL
        && s->keep != NULL && s->accepted != NULL)
        return REF_OK;
    scratch_free(s);
    return REF_ENOMEM;
}

/* coefficient sum_t M k(ref - old): what KL in the reward takes from sequence j. */
static double reward_penalty(const ref_loss_kl *kl, const ref_loss_batch *b, size_t j)
{
    if (kl->kind == REF_LOSS_KL_NONE || kl->place != REF_LOSS_KL_IN_REWARD) return 0.0;
    ref_sum sum = {0};
    for (size_t t = b->offset[j]; t < b->offset[j + 1]; t++)
        if (is_scored(b, t))
            ref_sum_add(
                &sum,
                ref_loss_token_kl(kl->kind, kl->clamp, b->old[t], b->ref[t]).value);
    return kl->coefficient * ref_sum_value(&sum);
}

static void shape_rewards(scratch *s, const ref_loss_choices *c,
                          const ref_loss_batch *b)
{
    const bool penalised = c->algorithm == REF_LOSS_DAPO && c->overlong_soft > 0.0;
    for (size_t j = 0; j < b->sequences; j++) {
        for (size_t t = b->offset[j]; t < b->offset[j + 1]; t++)
            if (is_scored(b, t)) s->tokens[j]++;
        s->accepted[j] = b->reward[j] > 0.0;
        s->reward[j] = b->reward[j] - reward_penalty(&c->kl, b, j);
        if (penalised)
            s->reward[j] += ref_loss_overlong_penalty(
                (double)s->tokens[j], c->overlong_max, c->overlong_soft);
    }
}

static ref_status prepare(scratch *s, const ref_loss_choices *c,
                          const ref_loss_batch *b, ref_why *why)
{
    shape_rewards(s, c, b);
    REF_TRY(ref_loss_advantage(s->A, s->keep, c->algorithm, &c->group, s->reward,
                               b->key, b->sequences, why));
    if (c->algorithm == REF_LOSS_DAPO)
        REF_TRY(ref_loss_dynamic_filter(s->keep, b->reward, b->key, b->sequences));
    const ref_loss_layout layout = {.sequences = b->sequences,
                                    .tokens = s->tokens,
                                    .keep = s->keep,
                                    .padded = b->padded,
                                    .key = b->key,
                                    .accepted = s->accepted,
                                    .p = b->p,
                                    .w = b->w,
                                    .prompts = b->prompts,
                                    .pack = b->pack,
                                    .minibatch = b->minibatch};
    return ref_loss_weights(s->weight, c->aggregation, &layout, why);
}

/* ---- the pass over the tokens ---------------------------------------------------- */

typedef struct totals {
    ref_sum policy, kl, entropy, divergence;
    size_t counted, scored, clipped, dual;
} totals;

static void put(double *array, size_t t, double x)
{
    if (array != NULL) array[t] = x;
}

static void one_token(ref_loss_result *out, totals *sum, const ref_loss_choices *c,
                      const ref_loss_batch *b, size_t t, double A, double weight)
{
    const bool in_loss = c->kl.place == REF_LOSS_KL_IN_LOSS;
    const ref_loss_kl_kind kind = in_loss ? c->kl.kind : REF_LOSS_KL_NONE;
    const double old = reads_old(c) ? b->old[t] : b->logp[t];
    const double ref = kind != REF_LOSS_KL_NONE ? b->ref[t] : b->logp[t];
    const double H = c->entropy_coefficient > 0.0 ? b->entropy[t] : 0.0;
    const ref_loss_token l =
        ref_loss_token_policy(c->policy, &c->clip, A, b->logp[t], old);
    const ref_loss_penalty k = ref_loss_token_kl(kind, c->kl.clamp, b->logp[t], ref);

    put(out->token, t,
        l.value + c->kl.coefficient * k.value - c->entropy_coefficient * H);
    put(out->d, t, weight * (l.d + c->kl.coefficient * k.d));
    ref_sum_add(&sum->policy, weight * l.value);
    ref_sum_add(&sum->kl, weight * k.value);
    ref_sum_add(&sum->entropy, weight * H);
    ref_sum_add(&sum->divergence, old - b->logp[t]);
    sum->scored++;
    if (l.branch == REF_LOSS_BRANCH_CLIP_LOW || l.branch == REF_LOSS_BRANCH_CLIP_HIGH)
        sum->clipped++;
    if (l.branch == REF_LOSS_BRANCH_CLIP_DUAL) sum->dual++;
}

static void all_tokens(ref_loss_result *out, totals *sum, const ref_loss_choices *c,
                       const ref_loss_batch *b, const scratch *s)
{
    for (size_t j = 0; j < b->sequences; j++) {
        put(out->advantage, j, s->A[j]);
        put(out->weight, j, s->weight[j]);
        if (s->keep[j]) sum->counted++;
        /* a sequence without a token has nowhere else to say that its mean is 0/0 */
        if (isnan(s->weight[j])) ref_sum_add(&sum->policy, s->weight[j]);
        for (size_t t = b->offset[j]; t < b->offset[j + 1]; t++) {
            put(out->token, t, 0.0);
            put(out->d, t, 0.0);
            if (s->keep[j] && is_scored(b, t))
                one_token(out, sum, c, b, t, s->A[j], s->weight[j]);
        }
    }
}

static void finish(ref_loss_result *out, const totals *sum, const ref_loss_choices *c)
{
    const double scored = sum->scored > 0 ? (double)sum->scored : 1.0;
    out->policy = ref_sum_value(&sum->policy);
    out->kl = ref_sum_value(&sum->kl);
    out->entropy = ref_sum_value(&sum->entropy);
    out->loss = out->policy + c->kl.coefficient * out->kl
                - c->entropy_coefficient * out->entropy;
    out->clip_fraction = (double)sum->clipped / scored;
    out->dual_fraction = (double)sum->dual / scored;
    out->old_divergence = ref_sum_value(&sum->divergence) / scored;
    out->counted = sum->counted;
    out->scored = sum->scored;
}

ref_status ref_loss_evaluate(ref_loss_result *out, const ref_loss_choices *choices,
                             const ref_loss_batch *batch, ref_why *why)
{
    REF_TRY(check_choices(choices, why));
    REF_TRY(check_batch(choices, batch, why));
    scratch s;
    REF_TRY(scratch_init(&s, batch->sequences));
    const ref_status status = prepare(&s, choices, batch, why);
    if (status == REF_OK) {
        totals sum = {0};
        all_tokens(out, &sum, choices, batch, &s);
        finish(out, &sum, choices);
    }
    scratch_free(&s);
    return status;
}
