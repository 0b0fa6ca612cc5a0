/* allocate_round.c -- see allocate_round.h for the contracts. */
#include "ref/allocate_round.h"

#include "ref/allocate.h"
#include "ref/allocate_private.h"
#include "ref/numeric.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- rounding ---------------------------------------------------------------------- */

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
    size_t *n;
    double *key, *scratch;
    size_t m, sum, eligible; /* sum n; entries whose key is above -inf */
} rounding;

static ref_status rounding_init(rounding *r, size_t m, ref_why *why)
{
    *r = (rounding){.m = m};
    r->n = calloc(m, sizeof *r->n);
    r->key = calloc(m, 2 * sizeof *r->key);
    if (r->n != NULL && r->key != NULL) {
        r->scratch = r->key + m;
        return REF_OK;
    }
    free(r->n);
    free(r->key);
    return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
}

static void rank(rounding *r, size_t i, bool eligible, double key)
{
    r->key[i] = eligible ? key : -HUGE_VAL;
    r->eligible += eligible ? 1 : 0;
}

/* Spend the difference to the budget on the best keys; hand the counts over; clean up. */
static ref_status rounding_finish(rounding *r, size_t *n, int step, size_t difference,
                                  ref_why *why)
{
    ref_status s = REF_OK;
    if (difference > r->eligible)
        s = ref_fail(
            why, REF_EDOM,
            "rounding is off by %zu with %zu prompts to correct: the shares do "
            "not sum to 1 closely enough for this budget",
            difference, r->eligible);
    if (s == REF_OK) {
        rule_step_largest(r->n, step, r->key, r->scratch, r->m, difference);
        for (size_t i = 0; i < r->m; i++) n[i] = r->n[i];
    }
    free(r->n);
    free(r->key);
    return s;
}

ref_status ref_allocate_round_official(size_t *restrict n, const double *restrict share,
                                       size_t m, size_t budget, ref_why *why)
{
    REF_TRY(check_shares(share, m, budget, why));
    rounding r;
    REF_TRY(rounding_init(&r, m, why));
    for (size_t i = 0; i < m; i++) {
        r.n[i] = (size_t)nearbyint(share[i] * (double)budget); /* halves to even */
        r.sum += r.n[i];
    }

    const bool up = r.sum <= budget;
    for (size_t i = 0; i < m; i++) {
        const double residual = share[i] * (double)budget - (double)r.n[i];
        if (up)
            rank(&r, i, share[i] > 0.0, residual);
        else
            rank(&r, i, r.n[i] > 0, -residual);
    }
    return rounding_finish(&r, n, up ? 1 : -1, up ? budget - r.sum : r.sum - budget,
                           why);
}

/* floor(u_i N), and in key the fraction that was cut off */
static ref_status round_down(rounding *r, const double *share, size_t m, size_t budget,
                             ref_why *why)
{
    REF_TRY(rounding_init(r, m, why));
    for (size_t i = 0; i < m; i++) {
        const double exact = share[i] * (double)budget, whole = floor(exact);
        r->n[i] = (size_t)whole;
        r->sum += r->n[i];
        rank(r, i, share[i] > 0.0, exact - whole);
    }
    return REF_OK;
}

/* The floors can only pass the budget by rounding of u_i N itself: then one prompt whose
 * fraction was lost has to give it back. */
static ref_status finish_down(rounding *r, size_t *n, size_t budget, ref_why *why)
{
    if (r->sum <= budget) return rounding_finish(r, n, 1, budget - r->sum, why);
    r->eligible = 0;
    for (size_t i = 0; i < r->m; i++) rank(r, i, r->n[i] > 0, (double)r->n[i]);
    return rounding_finish(r, n, -1, r->sum - budget, why);
}

ref_status ref_allocate_round_remainder(size_t *restrict n,
                                        const double *restrict share, size_t m,
                                        size_t budget, ref_why *why)
{
    REF_TRY(check_shares(share, m, budget, why));
    rounding r;
    REF_TRY(round_down(&r, share, m, budget, why));
    return finish_down(&r, n, budget, why);
}

ref_status ref_allocate_round_appendix_b(size_t *restrict n,
                                         const double *restrict share,
                                         const double *restrict p, size_t m,
                                         size_t budget, ref_why *why)
{
    REF_TRY(check_shares(share, m, budget, why));
    for (size_t i = 0; i < m; i++)
        if (!(p[i] >= 0.0 && p[i] <= 1.0))
            return ref_fail(why, REF_EDOM, "p %zu is %.17g, outside [0,1]", i, p[i]);
    rounding r;
    REF_TRY(round_down(&r, share, m, budget, why));
    for (size_t i = 0; i < m; i++)
        if (r.key[i] >= 0.0)
            r.key[i] = -p[i]; /* lowest rates first, fractions unseen */
    return finish_down(&r, n, budget, why);
}

/* ---- filters and padding ----------------------------------------------------------- */

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
