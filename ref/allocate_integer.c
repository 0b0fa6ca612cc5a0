/* allocate_integer.c -- see allocate_integer.h for the contracts. */
#include "ref/allocate_integer.h"

#include "ref/allocate.h"
#include "ref/allocate_private.h"
#include "ref/numeric.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static size_t lower(const size_t *L, size_t i)
{
    return L != NULL ? L[i] : 0;
}

/* no count passes the largest budget, and beyond it n + 1 = n in double precision */
static size_t upper(const size_t *U, size_t i)
{
    const size_t most = (size_t)1 << 53;
    return U != NULL && U[i] < most ? U[i] : most;
}

static size_t add_saturating(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* ---- greedy by heap ------------------------------------------------------------ */

/* A maximum heap of prompts by (gain, lower index first). */
typedef struct heap {
    size_t *prompt; /* (size) */
    double *gain;   /* (size) of the prompt at the same place */
    size_t size;
} heap;

static bool heap_before(const heap *h, size_t a, size_t b)
{
    if (h->gain[a] != h->gain[b]) return h->gain[a] > h->gain[b];
    return h->prompt[a] < h->prompt[b];
}

static void heap_swap(heap *h, size_t a, size_t b)
{
    const size_t prompt = h->prompt[a];
    const double gain = h->gain[a];
    h->prompt[a] = h->prompt[b];
    h->gain[a] = h->gain[b];
    h->prompt[b] = prompt;
    h->gain[b] = gain;
}

static void heap_sink(heap *h, size_t at)
{
    for (;;) {
        size_t first = at;
        const size_t left = 2 * at + 1, right = left + 1;
        if (left < h->size && heap_before(h, left, first)) first = left;
        if (right < h->size && heap_before(h, right, first)) first = right;
        if (first == at) return;
        heap_swap(h, at, first);
        at = first;
    }
}

static void heap_pop(heap *h)
{
    heap_swap(h, 0, --h->size);
    heap_sink(h, 0);
}

static void heap_build(heap *h, const size_t *n, ref_allocate_unit_gain *gain,
                       const void *context, const size_t *U, size_t m)
{
    h->size = 0;
    for (size_t i = 0; i < m; i++) {
        if (n[i] >= upper(U, i)) continue;
        const double g = gain(context, i, n[i]);
        if (!(g > 0.0)) continue;
        h->prompt[h->size] = i;
        h->gain[h->size++] = g;
    }
    for (size_t at = h->size / 2; at-- > 0;) heap_sink(h, at);
}

ref_status ref_allocate_greedy(size_t *restrict n, size_t *restrict left,
                               ref_allocate_unit_gain *gain, const void *context,
                               const size_t *restrict U, size_t m, size_t units,
                               ref_why *why)
{
    heap h = {.prompt = calloc(m + 1, sizeof *h.prompt),
              .gain = calloc(m + 1, sizeof *h.gain)};
    if (h.prompt == NULL || h.gain == NULL) {
        free(h.prompt);
        free(h.gain);
        return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    }

    heap_build(&h, n, gain, context, U, m);
    for (; units > 0 && h.size > 0; units--) {
        const size_t i = h.prompt[0];
        n[i]++;
        h.gain[0] = n[i] < upper(U, i) ? gain(context, i, n[i]) : 0.0;
        if (h.gain[0] > 0.0)
            heap_sink(&h, 0);
        else
            heap_pop(&h);
    }
    if (left != NULL) *left = units;
    free(h.prompt);
    free(h.gain);
    return REF_OK;
}

/* ---- a common level ------------------------------------------------------------ */

/* Units that raising everybody to the level takes. */
static size_t level_takes(const size_t *n, const size_t *U, size_t m, size_t level)
{
    size_t takes = 0;
    for (size_t i = 0; i < m; i++) {
        const size_t to = level < upper(U, i) ? level : upper(U, i);
        if (to > n[i]) takes = add_saturating(takes, to - n[i]);
    }
    return takes;
}

size_t ref_allocate_level(size_t *restrict n, const size_t *restrict U, size_t m,
                          size_t units)
{
    size_t level = 0, over = SIZE_MAX; /* level_takes(level) <= units < (over) */
    if (level_takes(n, U, m, over) <= units) level = over;
    while (over - level > 1) {
        const size_t middle = level + (over - level) / 2;
        if (level_takes(n, U, m, middle) <= units)
            level = middle;
        else
            over = middle;
    }
    units -= level_takes(n, U, m, level);
    for (size_t i = 0; i < m; i++) {
        const size_t to = level < upper(U, i) ? level : upper(U, i);
        if (to > n[i]) n[i] = to;
    }
    for (size_t i = 0; i < m && units > 0; i++) {
        if (n[i] != level || n[i] >= upper(U, i)) continue;
        n[i]++;
        units--;
    }
    return units;
}

/* ---- variances c_i/n_i ----------------------------------------------------------- */

/* Gains are counted in units of the largest c, by a power of two, so that no c is too
 * small or too large for them; below this floor they are taken as 0. */
#define GAIN_FLOOR 1e-300

typedef struct variances {
    const double *c;
    double scale;
} variances;

static double gain_of(double c, size_t n)
{
    const double count = (double)n, gain = c / (count * (count + 1.0));
    return gain > GAIN_FLOOR ? gain : 0.0;
}

static double variance_gain(const void *context, size_t i, size_t n)
{
    const variances *v = context;
    return gain_of(v->c[i] * v->scale, n);
}

static ref_status variances_init(variances *v, const double *c, size_t m, ref_why *why)
{
    *v = (variances){.c = c, .scale = 1.0};
    double top = 0.0;
    for (size_t i = 0; i < m; i++) {
        if (!(c[i] >= 0.0 && isfinite(c[i])))
            return ref_fail(why, REF_EDOM,
                            "variance %zu is %.17g, must be finite, >= 0", i, c[i]);
        top = fmax(top, c[i]);
    }
    int exponent = 0;
    (void)frexp(top, &exponent);
    /* 2^-exponent itself would overflow for subnormal c: those keep a few bits less */
    v->scale = ldexp(1.0, exponent < -1022 ? 1022 : -exponent);
    return REF_OK;
}

static ref_status bounds_check(const size_t *L, const size_t *U, size_t m,
                               size_t budget, ref_why *why)
{
    if (m == 0) return ref_fail(why, REF_ESHAPE, "no prompts");
    REF_TRY(ref_allocate_check_budget((double)budget, why));
    size_t least = 0, most = 0;
    for (size_t i = 0; i < m; i++) {
        if (lower(L, i) > upper(U, i))
            return ref_fail(why, REF_EINFEASIBLE, "bounds %zu are [%zu, %zu]", i,
                            lower(L, i), upper(U, i));
        least = add_saturating(least, lower(L, i));
        most = add_saturating(most, upper(U, i));
    }
    if (least <= budget && budget <= most) return REF_OK;
    return ref_fail(why, REF_EINFEASIBLE,
                    "budget %zu is outside the sums of the bounds, [%zu, %zu]", budget,
                    least, most);
}

/* Smallest n in [lo, hi] with gain <= lambda = 1/square. The root of c/(n(n+1)) = lambda
 * says which, unless it is so near to a whole number that rounding decides: it and the
 * gains are good to 3 eps (root + 1). There neighbours are compared by the heap's gains. */
static size_t count_at(double c, double square, size_t lo, size_t hi)
{
    const double root = 0.5 * (sqrt(1.0 + 4.0 * c * square) - 1.0);
    size_t n = root < (double)hi ? (size_t)root : hi;
    const double past = root - (double)n, unsure = 16.0 * DBL_EPSILON * (root + 1.0);
    if (n < hi && past > unsure && past < 1.0 - unsure) return n < lo ? lo : n + 1;

    const double lambda = 1.0 / square;
    if (n < lo) n = lo;
    while (n < hi && gain_of(c, n) > lambda) n++;
    while (n > lo && gain_of(c, n - 1) <= lambda) n--;
    return n;
}

/* sum n_i at 1/sqrt(lambda) = x; n (m) holds the least counts, >= 1 where c_i > 0 */
static size_t total_at(const size_t *n, const variances *v, const size_t *U, size_t m,
                       double x)
{
    size_t total = 0;
    for (size_t i = 0; i < m; i++) {
        const double c = v->c[i] * v->scale;
        const bool stays = !(c > 0.0) || n[i] >= upper(U, i);
        total =
            add_saturating(total, stays ? n[i] : count_at(c, x * x, n[i], upper(U, i)));
    }
    return total;
}

/* One end of the bracket: the sum is almost linear in x = 1/sqrt(lambda). */
typedef struct probe {
    double x;
    size_t total;
} probe;

/* A point between the ends: by secant, every third time the middle, so that a step in
 * the sum (equal c_i) cannot hold the search up. */
static double between(probe low, probe high, size_t budget, int turn)
{
    const double middle = 0.5 * (low.x + high.x);
    if (turn % 3 == 2) return middle;
    const double rise = (double)(high.total - low.total);
    const double x = low.x + (high.x - low.x) * ((double)(budget - low.total) / rise);
    return low.x < x && x < high.x ? x : middle;
}

/* Largest x met with sum n(x) <= budget and at most about m units missing. */
static double bisect(const size_t *n, const variances *v, const size_t *U, size_t m,
                     size_t least, size_t budget)
{
    const double ceiling = 1.0 / sqrt(GAIN_FLOOR);
    double roots = 0.0;
    for (size_t i = 0; i < m; i++) roots += sqrt(v->c[i] * v->scale);
    probe low = {.x = 0.0, .total = least}, high = {.x = ceiling, .total = SIZE_MAX};
    double x = fmin((double)budget / roots, 0.5 * ceiling);
    for (int turn = 0; low.x < x && x < high.x; turn++) {
        const probe here = {.x = x, .total = total_at(n, v, U, m, x)};
        if (here.total <= budget)
            low = here;
        else
            high = here;
        const size_t missing = budget - low.total; /* few are cheaper by heap */
        if (missing <= (turn < 6 ? m / 16 : m) + 64) break;
        /* no upper end yet: double. The very top is left to the heap and the level. */
        x = high.total == SIZE_MAX ? 2.0 * x : between(low, high, budget, turn);
    }
    return low.x;
}

/* One sample for the largest c_i among those without: the budget ends here. */
static ref_status serve_some(size_t *n, size_t units, const double *c, const size_t *U,
                             size_t m, ref_why *why)
{
    double *key = calloc(m, 2 * sizeof *key);
    if (key == NULL) return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    for (size_t i = 0; i < m; i++)
        key[i] = c[i] > 0.0 && n[i] == 0 && upper(U, i) > 0 ? c[i] : -HUGE_VAL;
    rule_step_largest(n, 1, key, key + m, m, units);
    free(key);
    return REF_OK;
}

/* First samples: every c_i > 0 gets one where the budget reaches that far. */
static ref_status serve_first(size_t *n, size_t *units, const double *c,
                              const size_t *U, size_t m, ref_why *why)
{
    size_t waiting = 0;
    for (size_t i = 0; i < m; i++)
        waiting += c[i] > 0.0 && n[i] == 0 && upper(U, i) > 0 ? 1 : 0;
    if (waiting > *units) {
        const size_t all = *units;
        *units = 0;
        return serve_some(n, all, c, U, m, why);
    }
    for (size_t i = 0; i < m; i++)
        if (c[i] > 0.0 && n[i] == 0 && upper(U, i) > 0) n[i] = 1;
    *units -= waiting;
    return REF_OK;
}

static void advance(size_t *n, size_t *units, const variances *v, const size_t *U,
                    size_t m, size_t budget)
{
    const double x = bisect(n, v, U, m, budget - *units, budget);
    if (!(x > 0.0)) return;
    for (size_t i = 0; i < m; i++) {
        const double c = v->c[i] * v->scale;
        if (!(c > 0.0) || n[i] >= upper(U, i)) continue;
        const size_t to = count_at(c, x * x, n[i], upper(U, i));
        *units -= to - n[i];
        n[i] = to;
    }
}

static bool wants_heap(ref_allocate_method method, size_t units, size_t m)
{
    if (method != REF_ALLOCATE_AUTO) return method == REF_ALLOCATE_HEAP;
    /* log2(m) scattered moves per unit against a few straight passes: measured at 10^6
     * prompts, the two cost the same where this says so */
    return (double)units * (1.0 + log2((double)m)) <= 4.0 * (double)m;
}

ref_status ref_allocate_integer(size_t *restrict n, const double *restrict c,
                                const size_t *restrict L, const size_t *restrict U,
                                size_t m, size_t budget, ref_allocate_method method,
                                ref_why *why)
{
    REF_TRY(bounds_check(L, U, m, budget, why));
    variances v;
    REF_TRY(variances_init(&v, c, m, why));
    size_t *best = calloc(m, sizeof *best), units = budget;
    if (best == NULL) return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    for (size_t i = 0; i < m; i++) {
        best[i] = lower(L, i);
        units -= best[i];
    }

    ref_status s = serve_first(best, &units, c, U, m, why);
    if (s == REF_OK && units > 0) {
        if (!wants_heap(method, units, m)) advance(best, &units, &v, U, m, budget);
        s = ref_allocate_greedy(best, &units, variance_gain, &v, U, m, units, why);
    }
    if (s == REF_OK) {
        if (units > 0)
            (void)ref_allocate_level(best, U, m, units); /* sum U >= budget */
        for (size_t i = 0; i < m; i++) n[i] = best[i];
    }
    free(best);
    return s;
}

/* ---- the certificate ------------------------------------------------------------- */

static void prove_one(ref_allocate_proof *proof, size_t i, size_t n, double c,
                      size_t lo, size_t hi)
{
    const double count = (double)n;
    if (n < hi) {
        const double gain = c > 0.0 ? c / (count * (count + 1.0)) : c;
        if (!isnan(proof->gain) && !(gain <= proof->gain)) { /* NaN stays */
            proof->gain = gain;
            proof->gainer = i;
        }
    }
    if (n > lo) {
        const double loss = c > 0.0 ? c / (count * (count - 1.0)) : c;
        if (!isnan(proof->loss) && !(loss >= proof->loss)) {
            proof->loss = loss;
            proof->loser = i;
        }
    }
}

ref_allocate_proof ref_allocate_prove(const size_t *n, const double *c, const size_t *L,
                                      const size_t *U, size_t m, size_t budget)
{
    ref_allocate_proof proof = {
        .gain = -HUGE_VAL, .loss = HUGE_VAL, .gainer = m, .loser = m, .feasible = true};
    size_t spent = 0;
    for (size_t i = 0; i < m; i++) {
        const size_t lo = lower(L, i), hi = upper(U, i);
        spent = add_saturating(spent, n[i]);
        proof.feasible = proof.feasible && lo <= n[i] && n[i] <= hi;
        prove_one(&proof, i, n[i], c[i], lo, hi);
    }
    proof.feasible = proof.feasible && spent == budget;
    /* a gain or loss that is NaN, or infinite on both sides, proves nothing */
    proof.optimal = proof.feasible && isless(proof.gain, HUGE_VAL)
                    && proof.gain <= proof.loss * (1.0 + 1e-12);
    return proof;
}

double ref_allocate_integer_variance(const size_t *n, const double *c, size_t m)
{
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++) {
        if (!(c[i] >= 0.0)) return nan("");
        if (c[i] > 0.0) ref_sum_add(&total, c[i] / (double)n[i]);
    }
    return ref_sum_value(&total);
}
