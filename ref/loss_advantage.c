/* loss_advantage.c -- group by key, then one formula per algorithm. */
#include "ref/loss_advantage.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- groups -------------------------------------------------------------------- */

typedef struct keyed {
    size_t key, index;
} keyed;

static int by_key_then_index(const void *a, const void *b)
{
    const keyed *x = a;
    const keyed *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

ref_status ref_loss_groups_init(ref_loss_groups *g, const size_t *key, size_t B)
{
    *g = (ref_loss_groups){0};
    g->start = calloc(B + 1, sizeof *g->start);
    g->member = calloc(B + 1, sizeof *g->member); /* never zero bytes */
    keyed *sorted = calloc(B + 1, sizeof *sorted);
    if (g->start == NULL || g->member == NULL || sorted == NULL) {
        free(sorted);
        ref_loss_groups_free(g);
        return REF_ENOMEM;
    }
    for (size_t j = 0; j < B; j++) sorted[j] = (keyed){key == NULL ? 0 : key[j], j};
    qsort(sorted, B, sizeof *sorted, by_key_then_index);

    for (size_t j = 0; j < B; j++) {
        if (j == 0 || sorted[j].key != sorted[j - 1].key) g->start[g->count++] = j;
        g->member[j] = sorted[j].index;
    }
    g->start[g->count] = B;
    free(sorted);
    return REF_OK;
}

void ref_loss_groups_free(ref_loss_groups *g)
{
    free(g->start);
    free(g->member);
    *g = (ref_loss_groups){0};
}

/* ---- one group ----------------------------------------------------------------- */

typedef struct group_statistic {
    double mean, std;
    bool equal; /* all rewards are the same number: nothing to compare */
} group_statistic;

/* Two passes and compensated sums: equal rewards must not leave a rounding residue that
 * a small eps would blow up, so equality is decided on the numbers themselves. */
static group_statistic statistic(const double *r, const size_t *member, size_t n,
                                 size_t ddof)
{
    ref_sum sum = {0};
    bool equal = true;
    for (size_t k = 0; k < n; k++) {
        ref_sum_add(&sum, r[member[k]]);
        if (r[member[k]] != r[member[0]]) equal = false;
    }
    const double mean = ref_sum_value(&sum) / (double)n;
    ref_sum square = {0};
    for (size_t k = 0; k < n; k++) {
        const double d = r[member[k]] - mean;
        ref_sum_add(&square, d * d);
    }
    const double var = n > ddof ? ref_sum_value(&square) / (double)(n - ddof) : 0.0;
    return (group_statistic){mean, sqrt(var), equal};
}

static double divided(double d, double std, const ref_loss_group_rule *rule)
{
    if (rule->scale == REF_LOSS_SCALE_NONE) return d;
    return rule->eps_place == REF_LOSS_EPS_INSIDE ? d / sqrt(std * std + rule->eps)
                                                  : d / (std + rule->eps);
}

static bool looks_at_the_group(ref_loss_algorithm a)
{
    return a != REF_LOSS_RAFT && a != REF_LOSS_RAFTPP && a != REF_LOSS_REINFORCE;
}

/* Advantage of reward r in a group of n; in a group of one the statistic is (0, 1). */
static double advantage(ref_loss_algorithm a, const ref_loss_group_rule *rule, double r,
                        const group_statistic *s, size_t n)
{
    const bool alone = n == 1;
    switch (a) {
    case REF_LOSS_RAFT:
    case REF_LOSS_RAFTPP:
        return r > 0.0 ? r : 0.0;
    case REF_LOSS_REINFORCE:
        return r;
    case REF_LOSS_REINFORCE_REJ:
        return s->equal ? 0.0 : r;
    case REF_LOSS_RLOO:
        if (alone) return r;
        return s->equal ? 0.0 : (double)n / (double)(n - 1) * (r - s->mean);
    case REF_LOSS_DR_GRPO:
        return s->equal ? 0.0 : r - s->mean;
    case REF_LOSS_GRPO:
    case REF_LOSS_DAPO:
        return s->equal ? 0.0 : divided(r - s->mean, s->std, rule);
    case REF_LOSS_ALGORITHM_COUNT:
        break;
    }
    return nan("");
}

static void one_group(double *A, bool *keep, ref_loss_algorithm a,
                      const ref_loss_group_rule *rule, const double *reward,
                      const size_t *member, size_t n)
{
    const bool lonely = n == 1 && looks_at_the_group(a);
    const group_statistic s = lonely ? (group_statistic){0.0, 1.0, false}
                                     : statistic(reward, member, n, rule->ddof);
    for (size_t k = 0; k < n; k++) {
        const size_t j = member[k];
        A[j] = lonely && rule->singleton != REF_LOSS_SINGLETON_RAW
                   ? 0.0
                   : advantage(a, rule, reward[j], &s, n);
        keep[j] = true;
        if (lonely && rule->singleton == REF_LOSS_SINGLETON_SKIP) keep[j] = false;
        if (n > 1 && s.equal && rule->flat == REF_LOSS_FLAT_DROPPED) keep[j] = false;
        if (A[j] == 0.0 && rule->flat == REF_LOSS_FLAT_ZERO_DROPPED) keep[j] = false;
    }
}

/* ---- the batch ------------------------------------------------------------------ */

static ref_status check_rule(ref_loss_algorithm a, const ref_loss_group_rule *rule,
                             const double *reward, size_t B, ref_why *why)
{
    if ((size_t)a >= REF_LOSS_ALGORITHM_COUNT)
        return ref_fail(why, REF_EDOM, "unknown algorithm %d", (int)a);
    if (!(rule->eps >= 0.0 && isfinite(rule->eps)))
        return ref_fail(why, REF_EDOM, "eps is %g; expected a finite number >= 0",
                        rule->eps);
    if (rule->ddof > 1)
        return ref_fail(why, REF_EDOM, "ddof is %zu; expected 0 or 1", rule->ddof);
    for (size_t j = 0; j < B; j++)
        if (!isfinite(reward[j]))
            return ref_fail(why, REF_EDOM, "reward of sequence %zu is %g", j,
                            reward[j]);
    return REF_OK;
}

static ref_status check_groups(ref_loss_algorithm a, const ref_loss_group_rule *rule,
                               const ref_loss_groups *g, ref_why *why)
{
    for (size_t i = 0; i < g->count; i++) {
        const size_t n = g->start[i + 1] - g->start[i];
        if (n == 1 && rule->singleton == REF_LOSS_SINGLETON_ERROR
            && looks_at_the_group(a))
            return ref_fail(why, REF_EDOM,
                            "sequence %zu is alone in its group; %s compares within it",
                            g->member[g->start[i]], ref_loss_algorithm_name(a));
        if (n != g->start[1] && rule->unequal == REF_LOSS_UNEQUAL_ERROR)
            return ref_fail(why, REF_ESHAPE,
                            "groups of %zu and of %zu sequences; expected equal sizes",
                            g->start[1], n);
    }
    return REF_OK;
}

static bool unequal(const ref_loss_groups *g)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->start[i + 1] - g->start[i] != g->start[1]) return true;
    return false;
}

ref_status ref_loss_advantage(double *A, bool *keep, ref_loss_algorithm algorithm,
                              const ref_loss_group_rule *rule, const double *reward,
                              const size_t *key, size_t B, ref_why *why)
{
    REF_TRY(check_rule(algorithm, rule, reward, B, why));
    ref_loss_groups g;
    REF_TRY(ref_loss_groups_init(&g, key, B));
    if (rule->unequal == REF_LOSS_UNEQUAL_POOLED && unequal(&g)) {
        g.count = 1;
        g.start[1] = B;
    }
    const ref_status s = check_groups(algorithm, rule, &g, why);
    for (size_t i = 0; s == REF_OK && i < g.count; i++)
        one_group(A, keep, algorithm, rule, reward, g.member + g.start[i],
                  g.start[i + 1] - g.start[i]);
    ref_loss_groups_free(&g);
    return s;
}

ref_status ref_loss_dynamic_filter(bool *keep, const double *reward, const size_t *key,
                                   size_t B)
{
    ref_loss_groups g;
    REF_TRY(ref_loss_groups_init(&g, key, B));
    for (size_t i = 0; i < g.count; i++) {
        size_t correct = 0;
        for (size_t k = g.start[i]; k < g.start[i + 1]; k++)
            if (reward[g.member[k]] > 0.0) correct++;
        const bool mixed = correct > 0 && correct < g.start[i + 1] - g.start[i];
        for (size_t k = g.start[i]; k < g.start[i + 1]; k++)
            if (!mixed) keep[g.member[k]] = false;
    }
    ref_loss_groups_free(&g);
    return REF_OK;
}

double ref_loss_overlong_penalty(double length, double Lmax, double Lc)
{
    if (!(length >= 0.0 && Lc > 0.0 && Lc <= Lmax)) return nan("");
    if (length <= Lmax - Lc) return 0.0;
    if (length <= Lmax) return ((Lmax - Lc) - length) / Lc;
    return -1.0;
}

/* ---- names --------------------------------------------------------------------- */

static const char *const names[] = {
#define REF_LOSS_ALGORITHM_NAME(id, name, formula) name,
    REF_LOSS_ALGORITHM_LIST(REF_LOSS_ALGORITHM_NAME)
#undef REF_LOSS_ALGORITHM_NAME
};

ref_loss_algorithm ref_loss_algorithm_find(const char *name)
{
    for (size_t a = 0; a < REF_LOSS_ALGORITHM_COUNT; a++)
        if (strcmp(names[a], name) == 0) return (ref_loss_algorithm)a;
    return REF_LOSS_ALGORITHM_COUNT;
}

const char *ref_loss_algorithm_name(ref_loss_algorithm a)
{
    return (size_t)a < REF_LOSS_ALGORITHM_COUNT ? names[a] : "?";
}
