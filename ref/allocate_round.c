/* allocate_round.c -- see allocate_round.h for the contracts. */
#include "ref/allocate_round.h"

#include "ref/allocate.h"
#include "ref/allocate_private.h"
#include "ref/numeric.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- rounding -------------------------------------------------------------------- */

static ref_status check_shares(const double *share, size_t m, size_t budget,
                               ref_why *why)
{
    if (m == 0) return ref_fail(why, REF_ESHAPE, "no prompts");
    REF_TRY(ref_allocate_check_budget((double)budget, why));
    for (size_t i = 0; i < m; i++)
        if (!(share[i] >= 0.0 && share[i] <= 1.0 + 1e-9))
            return ref_fail(why, REF_EDOM, "share %zu is %.17g, outside [0,1]", i,
                            share[i]);
    const double total = ref_total(share, m);
    if (fabs(total - 1.0) <= 1e-9) return REF_OK;
    return ref_fail(why, REF_EDOM, "the shares sum to %.17g, not to 1", total);
}

/* One rounding in progress: counts, keys that rank the corrections, scratch. */
typedef struct rounding {
    rule_bounds bounds;
    size_t *n;
    double *key, *scratch;
    size_t m, sum, eligible; /* sum n; entries whose key is above -inf */
} rounding;

static ref_status rounding_init(rounding *r, rule_bounds bounds, size_t m, ref_why *why)
{
    *r = (rounding){.bounds = bounds, .m = m};
    r->n = calloc(m, sizeof *r->n);
    r->key = calloc(m, 2 * sizeof *r->key);
    if (r->n != NULL && r->key != NULL) {
        r->scratch = r->key + m;
        return REF_OK;
    }
    free(r->n);
    free(r->key);
    (void)ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    return REF_ENOMEM;
}

/* n_i <- count, inside its bounds: there u_i N may miss the whole number by an ulp */
static void place(rounding *r, size_t i, double count)
{
    const size_t *L = r->bounds.L, *U = r->bounds.U;
    size_t n = (size_t)count;
    if (L != NULL && n < L[i]) n = L[i];
    if (U != NULL && n > U[i]) n = U[i];
    r->n[i] = n;
    r->sum += n;
}

/* Key of a step up: only prompts with a share and with room. */
static void rank_up(rounding *r, size_t i, const double *share, double key)
{
    const size_t *U = r->bounds.U;
    const bool eligible = share[i] > 0.0 && (U == NULL || r->n[i] < U[i]);
    r->key[i] = eligible ? key : -HUGE_VAL;
    r->eligible += eligible ? 1 : 0;
}

static void rank_down(rounding *r, size_t i, double key)
{
    const size_t *L = r->bounds.L;
    const bool eligible = r->n[i] > (L != NULL ? L[i] : 0);
    r->key[i] = eligible ? key : -HUGE_VAL;
    r->eligible += eligible ? 1 : 0;
}

/* Spend the difference to the budget on the best keys; hand the counts over. */
static ref_status rounding_finish(rounding *r, size_t *n, size_t budget, ref_why *why)
{
    const bool up = r->sum <= budget;
    const size_t difference = up ? budget - r->sum : r->sum - budget;
    ref_status s = REF_OK;
    if (difference > r->eligible)
        s = ref_fail(
            why, REF_EDOM,
            "rounding is off by %zu with %zu prompts to correct: the shares do "
            "not sum to 1 closely enough for this budget",
            difference, r->eligible);
    if (s == REF_OK) {
        rule_step_largest(r->n, up ? 1 : -1, r->key, r->scratch, r->m, difference);
        for (size_t i = 0; i < r->m; i++) n[i] = r->n[i];
    }
    free(r->n);
    free(r->key);
    return s;
}

ref_status rule_round_official(size_t *restrict n, const double *restrict share,
                               rule_bounds bounds, size_t m, size_t budget,
                               ref_why *why)
{
    REF_TRY(check_shares(share, m, budget, why));
    rounding r;
    REF_TRY(rounding_init(&r, bounds, m, why));
    /* halves to even */
    for (size_t i = 0; i < m; i++) place(&r, i, nearbyint(share[i] * (double)budget));

    const bool up = r.sum <= budget;
    for (size_t i = 0; i < m; i++) {
        const double residual = share[i] * (double)budget - (double)r.n[i];
        if (up)
            rank_up(&r, i, share, residual);
        else
            rank_down(&r, i, -residual);
    }
    return rounding_finish(&r, n, budget, why);
}

/* Round down, then hand out what is left by remainder, or by p where it is given. */
static ref_status round_down(size_t *n, const double *share, const double *p,
                             rule_bounds bounds, size_t m, size_t budget, ref_why *why)
{
    rounding r;
    REF_TRY(rounding_init(&r, bounds, m, why));
    for (size_t i = 0; i < m; i++) place(&r, i, floor(share[i] * (double)budget));

    /* The floors can only pass the budget by the rounding of u_i N itself: then the
     * largest counts give it back. */
    const bool up = r.sum <= budget;
    for (size_t i = 0; i < m; i++) {
        const double remainder = share[i] * (double)budget - (double)r.n[i];
        if (up)
            rank_up(&r, i, share, p != NULL ? -p[i] : remainder);
        else
            rank_down(&r, i, (double)r.n[i]);
    }
    return rounding_finish(&r, n, budget, why);
}

ref_status rule_round_remainder(size_t *restrict n, const double *restrict share,
                                rule_bounds bounds, size_t m, size_t budget,
                                ref_why *why)
{
    REF_TRY(check_shares(share, m, budget, why));
    return round_down(n, share, NULL, bounds, m, budget, why);
}

ref_status rule_round_appendix_b(size_t *restrict n, const double *restrict share,
                                 const double *restrict p, rule_bounds bounds, size_t m,
                                 size_t budget, ref_why *why)
{
    REF_TRY(check_shares(share, m, budget, why));
    for (size_t i = 0; i < m; i++)
        if (!(p[i] >= 0.0 && p[i] <= 1.0))
            return ref_fail(why, REF_EDOM, "p %zu is %.17g, outside [0,1]", i, p[i]);
    return round_down(n, share, p, bounds, m, budget, why);
}

ref_status ref_allocate_round_official(size_t *restrict n, const double *restrict share,
                                       size_t m, size_t budget, ref_why *why)
{
    return rule_round_official(n, share, (rule_bounds){0}, m, budget, why);
}

ref_status ref_allocate_round_remainder(size_t *restrict n,
                                        const double *restrict share, size_t m,
                                        size_t budget, ref_why *why)
{
    return rule_round_remainder(n, share, (rule_bounds){0}, m, budget, why);
}

ref_status ref_allocate_round_appendix_b(size_t *restrict n,
                                         const double *restrict share,
                                         const double *restrict p, size_t m,
                                         size_t budget, ref_why *why)
{
    return rule_round_appendix_b(n, share, p, (rule_bounds){0}, m, budget, why);
}

/* ---- filters and padding --------------------------------------------------------- */

ref_status ref_allocate_filter(double *restrict share, const double *restrict p,
                               size_t m, double budget, double threshold,
                               double insufficient, ref_why *why)
{
    if (m == 0) return ref_fail(why, REF_ESHAPE, "no prompts");
    REF_TRY(ref_allocate_check_budget(budget, why));
    if (!(threshold >= 0.0 && insufficient >= 0.0))
        return ref_fail(why, REF_EDOM, "filters %.17g and %.17g must be >= 0",
                        threshold, insufficient);
    double *kept = calloc(m, sizeof *kept);
    if (kept == NULL) return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    for (size_t i = 0; i < m; i++) {
        const bool easy = threshold > 0.0 && p[i] > threshold;
        const bool scarce =
            insufficient > 0.0 && p[i] * share[i] * budget < insufficient;
        kept[i] = easy || scarce ? 0.0 : share[i];
    }
    const ref_status s = ref_allocate_shares(share, kept, m, why);
    free(kept);
    return s;
}

ref_status ref_allocate_align_chunk(size_t *restrict n, size_t *restrict added,
                                    size_t m, size_t ranks, ref_why *why)
{
    if (m == 0 || ranks == 0)
        return ref_fail(why, REF_ESHAPE, "%zu prompts on %zu ranks", m, ranks);
    const size_t most = (size_t)REF_ALLOCATE_BUDGET_MAX;
    size_t sum = 0;
    for (size_t i = 0; i < m; i++) {
        if (n[i] > most - sum)
            return ref_fail(why, REF_EDOM, "the counts up to prompt %zu pass 2^53", i);
        sum += n[i];
    }
    const size_t padding = sum == 0 ? 0 : (ranks - sum % ranks) % ranks;
    if (padding > 0) {
        double *key = calloc(m, 2 * sizeof *key);
        if (key == NULL)
            return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
        for (size_t i = 0; i < m; i++) key[i] = (double)n[i];
        rule_step_largest(n, 1, key, key + m, m, padding % m);
        for (size_t i = 0; i < m; i++) n[i] += padding / m; /* whole rounds */
        free(key);
    }
    if (added != NULL) *added = padding;
    return REF_OK;
}
