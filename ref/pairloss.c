/* pairloss.c -- each loss is a function of one margin; the chain rule does the rest. */
#include "ref/pairloss.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* A loss and its slope in the margin variable of its kind. */
typedef struct slope {
    double value, d;
} slope;

static slope sigmoid_loss(double z)
{
    return (slope){ref_softplus(-z), -ref_sigmoid(-z)};
}

/* softplus(z) = softplus(-z) + z makes both smoothed losses a sigmoid plus a line. */
static slope conservative(double z, double e)
{
    return (slope){ref_softplus(-z) + e * z, -(ref_sigmoid(-z) - e)};
}

static slope robust(double z, double e)
{
    const double k = e / (1.0 - 2.0 * e);
    return (slope){ref_softplus(-z) - k * z, -(ref_sigmoid(-z) + k)};
}

static slope hinge(double z)
{
    return z < 1.0 ? (slope){1.0 - z, -1.0} : (slope){0.0, 0.0};
}

static slope squared(double D, double beta)
{
    const double d = D - 1.0 / (2.0 * beta);
    return (slope){d * d, 2.0 * d};
}

static bool is_per_token(ref_pairloss_kind kind)
{
    return kind == REF_PAIRLOSS_SIMPO || kind == REF_PAIRLOSS_IPO_TOKEN_MEAN;
}

static bool reads_length(ref_pairloss_kind kind)
{
    return is_per_token(kind) || kind == REF_PAIRLOSS_RDPO
           || kind == REF_PAIRLOSS_DPO_SFT;
}

static bool choices_in_domain(const ref_pairloss_choices *c)
{
    const double e = c->smoothing;
    if ((size_t)c->kind >= REF_PAIRLOSS_COUNT) return false;
    if (!(c->beta > 0.0 && isfinite(c->beta))) return false;
    switch (c->kind) {
    case REF_PAIRLOSS_CONSERVATIVE:
        return e >= 0.0 && e <= 1.0;
    case REF_PAIRLOSS_ROBUST:
        return e >= 0.0 && e < 0.5;
    case REF_PAIRLOSS_SIMPO:
        return isfinite(c->gamma);
    case REF_PAIRLOSS_RDPO:
        return isfinite(c->length_weight);
    case REF_PAIRLOSS_DPO_SFT:
        return c->sft >= 0.0 && isfinite(c->sft);
    default:
        return true;
    }
}

static bool pair_in_domain(const ref_pairloss_choices *c, const ref_pairloss_pair *x)
{
    if (!isfinite(x->plus) || !isfinite(x->minus)) return false;
    if (c->kind != REF_PAIRLOSS_SIMPO
        && !(isfinite(x->ref_plus) && isfinite(x->ref_minus)))
        return false;
    return !reads_length(c->kind)
           || (x->len_plus > 0.0 && x->len_minus > 0.0 && isfinite(x->len_plus)
               && isfinite(x->len_minus));
}

/* dl/dz, dl/dD or dl/du of the kind at hand. */
static slope at_margin(const ref_pairloss_choices *c, const ref_pairloss_pair *x,
                       double z, double D)
{
    switch (c->kind) {
    case REF_PAIRLOSS_DPO:
    case REF_PAIRLOSS_DPO_SFT:
        return sigmoid_loss(z);
    case REF_PAIRLOSS_CONSERVATIVE:
        return conservative(z, c->smoothing);
    case REF_PAIRLOSS_ROBUST:
        return robust(z, c->smoothing);
    case REF_PAIRLOSS_HINGE:
        return hinge(z);
    case REF_PAIRLOSS_IPO:
    case REF_PAIRLOSS_IPO_TOKEN_MEAN:
        return squared(D, c->beta);
    case REF_PAIRLOSS_SIMPO:
        return sigmoid_loss(z - c->gamma);
    case REF_PAIRLOSS_RDPO:
        return sigmoid_loss(z - c->length_weight * (x->len_plus - x->len_minus));
    case REF_PAIRLOSS_COUNT:
        break;
    }
    return (slope){nan(""), nan("")};
}

ref_pairloss_value ref_pairloss_evaluate(const ref_pairloss_choices *c,
                                         const ref_pairloss_pair *pair)
{
    const double bad = nan("");
    if (!choices_in_domain(c) || !pair_in_domain(c, pair))
        return (ref_pairloss_value){bad, bad, bad, bad, bad, bad, bad};

    const bool simpo = c->kind == REF_PAIRLOSS_SIMPO;
    const double per_plus = is_per_token(c->kind) ? 1.0 / pair->len_plus : 1.0;
    const double per_minus = is_per_token(c->kind) ? 1.0 / pair->len_minus : 1.0;
    const double plus = per_plus * (pair->plus - (simpo ? 0.0 : pair->ref_plus));
    const double minus = per_minus * (pair->minus - (simpo ? 0.0 : pair->ref_minus));
    const double D = plus - minus;
    const double z = c->beta * D;

    const slope l = at_margin(c, pair, z, D);
    const bool in_D =
        c->kind == REF_PAIRLOSS_IPO || c->kind == REF_PAIRLOSS_IPO_TOKEN_MEAN;
    const double dD = in_D ? l.d : c->beta * l.d;
    ref_pairloss_value v = {.loss = l.value,
                            .d_plus = dD * per_plus,
                            .d_minus = -dD * per_minus,
                            .margin = z,
                            .reward_plus = c->beta * plus,
                            .reward_minus = c->beta * minus,
                            .accuracy = z > 0.0 ? 1.0 : 0.0};
    if (c->kind == REF_PAIRLOSS_DPO_SFT) {
        v.loss -= c->sft * pair->plus / pair->len_plus;
        v.d_plus -= c->sft / pair->len_plus;
    }
    return v;
}

double ref_pairloss_dpo(double z)
{
    return ref_softplus(-z);
}

double ref_pairloss_dpo_slope(double beta, double z)
{
    return -beta * ref_sigmoid(-z);
}

double ref_pairloss_dpo_curvature(double beta, double z)
{
    return beta * beta * ref_sigmoid(z) * ref_sigmoid(-z);
}

/* ---- batch --------------------------------------------------------------------- */

typedef struct sums {
    ref_sum loss, d_plus, d_minus, margin, reward_plus, reward_minus, accuracy;
} sums;

static void add(sums *s, const ref_pairloss_value *v)
{
    ref_sum_add(&s->loss, v->loss);
    ref_sum_add(&s->d_plus, v->d_plus);
    ref_sum_add(&s->d_minus, v->d_minus);
    ref_sum_add(&s->margin, v->margin);
    ref_sum_add(&s->reward_plus, v->reward_plus);
    ref_sum_add(&s->reward_minus, v->reward_minus);
    ref_sum_add(&s->accuracy, v->accuracy);
}

ref_status ref_pairloss_mean(ref_pairloss_value *mean, ref_pairloss_value *each,
                             const ref_pairloss_choices *c,
                             const ref_pairloss_pair *pair, size_t n, ref_why *why)
{
    if (n == 0) return ref_fail(why, REF_ESHAPE, "no pair to average over");
    sums s = {0};
    for (size_t i = 0; i < n; i++) {
        const ref_pairloss_value v = ref_pairloss_evaluate(c, &pair[i]);
        if (isnan(v.loss))
            return ref_fail(why, REF_EDOM, "pair %zu is outside the domain of %s", i,
                            ref_pairloss_name(c->kind));
        add(&s, &v);
    }
    for (size_t i = 0; each != NULL && i < n; i++)
        each[i] = ref_pairloss_evaluate(c, &pair[i]);
    const double N = (double)n;
    *mean = (ref_pairloss_value){
        ref_sum_value(&s.loss) / N,        ref_sum_value(&s.d_plus) / N,
        ref_sum_value(&s.d_minus) / N,     ref_sum_value(&s.margin) / N,
        ref_sum_value(&s.reward_plus) / N, ref_sum_value(&s.reward_minus) / N,
        ref_sum_value(&s.accuracy) / N};
    return REF_OK;
}

/* ---- names --------------------------------------------------------------------- */

static const char *const names[] = {
#define REF_PAIRLOSS_NAME(id, name, formula) name,
    REF_PAIRLOSS_LIST(REF_PAIRLOSS_NAME)
#undef REF_PAIRLOSS_NAME
};

ref_pairloss_kind ref_pairloss_find(const char *name)
{
    for (size_t k = 0; k < REF_PAIRLOSS_COUNT; k++)
        if (strcmp(names[k], name) == 0) return (ref_pairloss_kind)k;
    return REF_PAIRLOSS_COUNT;
}

const char *ref_pairloss_name(ref_pairloss_kind kind)
{
    return (size_t)kind < REF_PAIRLOSS_COUNT ? names[kind] : "?";
}
