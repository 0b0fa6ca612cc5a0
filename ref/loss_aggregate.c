/* loss_aggregate.c -- one weight per sequence, group by group. */
#include "ref/loss_aggregate.h"

#include "ref/loss_advantage.h"

#include <math.h>
#include <string.h>

static bool is_per_prompt(ref_loss_aggregation a)
{
    return a == REF_LOSS_PROMPT_ACCEPTED || a == REF_LOSS_PROMPT_ACCEPTED_TOKEN_MEAN
           || a == REF_LOSS_PROMPT_IMPORTANCE;
}

static bool counts(const ref_loss_layout *l, size_t j)
{
    return l->keep == NULL || l->keep[j];
}

static ref_status check_layout(ref_loss_aggregation a, const ref_loss_layout *l,
                               ref_why *why)
{
    if ((size_t)a >= REF_LOSS_AGGREGATION_COUNT)
        return ref_fail(why, REF_EDOM, "unknown aggregation %d", (int)a);
    if (a == REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM
        && !(l->padded > 0.0 && isfinite(l->padded)))
        return ref_fail(why, REF_EDOM, "%s needs the padded length; it is %g",
                        ref_loss_aggregation_name(a), l->padded);
    if (!is_per_prompt(a)) return REF_OK;

    if (l->pack != NULL || l->minibatch != 0)
        return ref_fail(why, REF_EDOM, "%s is weighted per prompt and cannot be packed",
                        ref_loss_aggregation_name(a));
    if (l->accepted == NULL || (a == REF_LOSS_PROMPT_IMPORTANCE && l->p == NULL))
        return ref_fail(why, REF_EDOM, "%s needs the %s", ref_loss_aggregation_name(a),
                        l->accepted == NULL ? "accepted flags" : "acceptance rates");
    for (size_t j = 0; a == REF_LOSS_PROMPT_IMPORTANCE && j < l->sequences; j++)
        if (counts(l, j) && !(l->p[j] > 0.0 && l->p[j] <= 1.0))
            return ref_fail(why, REF_EDOM,
                            "acceptance rate of sequence %zu is %g; expected (0,1]", j,
                            l->p[j]);
    return REF_OK;
}

/* B_k sequences and T_k tokens of one micro-batch or prompt, K of them accepted. */
typedef struct census {
    size_t sequences, tokens, accepted;
} census;

static census count_members(const ref_loss_layout *l, const size_t *member, size_t n)
{
    census c = {0};
    for (size_t k = 0; k < n; k++) {
        const size_t j = member[k];
        if (!counts(l, j)) continue;
        c.sequences++;
        c.tokens += l->tokens[j];
        if (l->accepted != NULL && l->accepted[j]) c.accepted++;
    }
    return c;
}

/* Weight of sequence j inside its own micro-batch or prompt. */
static double weight_within(ref_loss_aggregation a, const ref_loss_layout *l,
                            const census *c, size_t j)
{
    const double B = (double)c->sequences;
    const double T = (double)l->tokens[j];
    switch (a) {
    case REF_LOSS_TOKEN_MEAN:
        return 1.0 / ((double)c->tokens + REF_LOSS_TOKEN_MEAN_EPS);
    case REF_LOSS_SEQ_MEAN_TOKEN_SUM:
        return 1.0 / B;
    case REF_LOSS_SEQ_MEAN_TOKEN_MEAN:
        return T > 0.0 ? 1.0 / (B * T) : nan("");
    case REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM:
        return 1.0 / l->padded;
    case REF_LOSS_PROMPT_ACCEPTED:
        return l->accepted[j] ? 1.0 / (double)c->accepted : 0.0;
    case REF_LOSS_PROMPT_ACCEPTED_TOKEN_MEAN:
        if (!l->accepted[j]) return 0.0;
        return T > 0.0 ? 1.0 / ((double)c->accepted * T) : nan("");
    case REF_LOSS_PROMPT_IMPORTANCE:
        return l->accepted[j] ? 1.0 / (B * l->p[j]) : 0.0;
    case REF_LOSS_AGGREGATION_COUNT:
        break;
    }
    return nan("");
}

ref_status ref_loss_weights(double *weight, ref_loss_aggregation a,
                            const ref_loss_layout *layout, ref_why *why)
{
    const ref_loss_layout *const l = layout;
    REF_TRY(check_layout(a, l, why));
    const bool per_prompt = is_per_prompt(a);
    ref_loss_groups g; /* prompts, or micro-batches */
    REF_TRY(ref_loss_groups_init(&g, per_prompt ? l->key : l->pack, l->sequences));

    const census all = count_members(l, g.member, l->sequences);
    const double m = (double)(l->prompts > 0 ? l->prompts : g.count);
    const double B_mini = (double)(l->minibatch > 0 ? l->minibatch : all.sequences);
    for (size_t i = 0; i < g.count; i++) {
        const size_t *const member = g.member + g.start[i];
        const size_t n = g.start[i + 1] - g.start[i];
        const census c = count_members(l, member, n);
        for (size_t k = 0; k < n; k++) {
            const size_t j = member[k];
            weight[j] = 0.0;
            if (!counts(l, j)) continue;
            const double share = !per_prompt    ? (double)c.sequences / B_mini
                                 : l->w != NULL ? l->w[j]
                                                : 1.0 / m;
            weight[j] = share * weight_within(a, l, &c, j);
        }
    }
    ref_loss_groups_free(&g);
    return REF_OK;
}

/* ---- names --------------------------------------------------------------------- */

static const char *const names[] = {
#define REF_LOSS_AGGREGATION_NAME(id, name, formula) name,
    REF_LOSS_AGGREGATION_LIST(REF_LOSS_AGGREGATION_NAME)
#undef REF_LOSS_AGGREGATION_NAME
};

ref_loss_aggregation ref_loss_aggregation_find(const char *name)
{
    for (size_t a = 0; a < REF_LOSS_AGGREGATION_COUNT; a++)
        if (strcmp(names[a], name) == 0) return (ref_loss_aggregation)a;
    return REF_LOSS_AGGREGATION_COUNT;
}

const char *ref_loss_aggregation_name(ref_loss_aggregation a)
{
    return (size_t)a < REF_LOSS_AGGREGATION_COUNT ? names[a] : "?";
}
