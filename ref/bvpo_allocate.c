/* bvpo_allocate.c -- reverse water-filling over prompts, and one budget for two kinds. */
#include "ref/bvpo_allocate.h"

#include "ref/numeric.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

ref_bvpo_item ref_bvpo_item_unbiased(double v, double B, double weight, double cost)
{
    return (ref_bvpo_item){.v = v, .e = B, .weight = weight, .cost = cost};
}

static double distance(const ref_bvpo_item *it)
{
    return it->a + it->e - 2.0 * it->k;
}

/* The weight is 0 for every n: g_e is at least as near to mu as any mixture. */
static bool inert(const ref_bvpo_item *it)
{
    return !(it->e > it->k);
}

/* Samples from which on the weight is clipped at 1. */
static double saturation(const ref_bvpo_item *it)
{
    return it->k > it->a ? it->v / (it->k - it->a) : HUGE_VAL;
}

double ref_bvpo_item_alpha(const ref_bvpo_item *item, double n)
{
    if (!(n >= 0.0)) return nan("");
    if (n == 0.0 || inert(item)) return 0.0;
    if (n >= saturation(item)) return 1.0;
    return n * (item->e - item->k) / (item->v + n * distance(item));
}

double ref_bvpo_item_mse(const ref_bvpo_item *item, double n)
{
    if (!(n >= 0.0)) return nan("");
    if (inert(item)) return item->e;
    if (n >= saturation(item)) return item->a + item->v / n;
    return (n * (item->e * item->a - item->k * item->k) + item->e * item->v)
           / (item->v + n * distance(item));
}

double ref_bvpo_item_gain(const ref_bvpo_item *item, double n)
{
    if (!(n >= 0.0)) return nan("");
    if (inert(item)) return 0.0;
    const double scale = item->weight / item->cost * item->v;
    if (n >= saturation(item)) return scale / (n * n);
    const double slope = (item->e - item->k) / (item->v + n * distance(item));
    return scale * slope * slope;
}

double ref_bvpo_allocation_error(const ref_bvpo_item *item, const double *n, size_t m)
{
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++)
        ref_sum_add(&total, item[i].weight * ref_bvpo_item_mse(&item[i], n[i]));
    return ref_sum_value(&total);
}

/* n(q) = slope q - offset from one breakpoint of an item (excluded) to the next */
typedef struct line {
    double slope, offset;
} line;

static line line_at(const ref_bvpo_item *it, double q)
{
    const double s = sqrt(it->weight * it->v / it->cost);
    if (inert(it) || q <= it->v / ((it->e - it->k) * s)) return (line){0.0, 0.0};
    if (q > saturation(it) / s) return (line){s, 0.0};
    return (line){(it->e - it->k) * s / distance(it), it->v / distance(it)};
}

/* Spending of all items at q, as a line that holds up to q from the breakpoint below. */
static line spending(const ref_bvpo_item *item, size_t m, double q)
{
    ref_sum slope = {0}, offset = {0};
    for (size_t i = 0; i < m; i++) {
        const line l = line_at(&item[i], q);
        ref_sum_add(&slope, item[i].cost * l.slope);
        ref_sum_add(&offset, item[i].cost * l.offset);
    }
    return (line){ref_sum_value(&slope), ref_sum_value(&offset)};
}

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* q (2m) <- sorted breakpoints; returns how many there are. */
static size_t breakpoints(double *q, const ref_bvpo_item *item, size_t m)
{
    size_t count = 0;
    for (size_t i = 0; i < m; i++) {
        if (inert(&item[i])) continue;
        const double s = sqrt(item[i].weight * item[i].v / item[i].cost);
        q[count++] = item[i].v / ((item[i].e - item[i].k) * s);
        const double last = saturation(&item[i]) / s;
        if (last < HUGE_VAL) q[count++] = last;
    }
    qsort(q, count, sizeof *q, ascending);
    return count;
}

/* The q at which the whole budget is spent: bisection over breakpoints finds the last
 * one that spends less, and between it and the next the spending is one line. */
static double spend_all(const ref_bvpo_item *item, size_t m, const double *point,
                        size_t count, double budget)
{
    size_t low = 0,
           high = count; /* spending at point[low] <= budget (0 at the first) */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        const line l = spending(item, m, point[middle]);
        if (l.slope * point[middle] - l.offset <= budget) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const line l = spending(item, m, high < count ? point[high] : 2.0 * point[low]);
    return (budget + l.offset) / l.slope;
}

static ref_status check_item(const ref_bvpo_item *it, size_t i, ref_why *why)
{
    const bool finite = isfinite(it->v) && isfinite(it->a) && isfinite(it->e)
                        && isfinite(it->k) && isfinite(it->weight)
                        && isfinite(it->cost);
    if (!finite)
        return ref_fail(why, REF_EDOM, "item %zu has an entry that is not finite", i);
    if (!(it->v > 0.0 && it->weight > 0.0 && it->cost > 0.0))
        return ref_fail(why, REF_EDOM,
                        "item %zu: variance %g, weight %g and cost %g must be positive",
                        i, it->v, it->weight, it->cost);
    /* parallel biases meet the bound with equality, up to the rounding of the products */
    const double limit = it->a * it->e * (1.0 + 8.0 * DBL_EPSILON);
    if (!(it->a >= 0.0 && it->e >= 0.0 && it->k * it->k <= limit))
        return ref_fail(why, REF_EDOM,
                        "item %zu: squared biases %g, %g with inner product %g violate "
                        "Cauchy-Schwarz",
                        i, it->a, it->e, it->k);
    return REF_OK;
}

ref_status ref_bvpo_allocate(double *restrict n, double *lambda,
                             const ref_bvpo_item *restrict item, size_t m,
                             double budget, ref_why *why)
{
    if (!(budget > 0.0 && isfinite(budget)))
        return ref_fail(why, REF_EDOM, "budget %g must be positive and finite", budget);
    for (size_t i = 0; i < m; i++) REF_TRY(check_item(&item[i], i, why));

    double *point = malloc((2 * m + 1) * sizeof *point);
    if (point == NULL) return ref_fail(why, REF_ENOMEM, "no memory for %zu items", m);
    const size_t count = breakpoints(point, item, m);
    const double q = count > 0 ? spend_all(item, m, point, count, budget) : nan("");
    free(point);
    if (count == 0)
        return ref_fail(why, REF_EINFEASIBLE, "no item gains from a trace sample");

    for (size_t i = 0; i < m; i++) {
        const line l = line_at(&item[i], q);
        n[i] = fmax(0.0, l.slope * q - l.offset);
    }
    if (lambda != NULL) *lambda = 1.0 / (q * q);
    return REF_OK;
}

double ref_bvpo_common_weight(double V, double B)
{
    if (!(V >= 0.0 && B >= 0.0)) return nan("");
    return V + B > 0.0 ? B / (B + V) : 0.5;
}

double ref_bvpo_common_error(double V, double B)
{
    if (!(V >= 0.0 && B >= 0.0)) return nan("");
    return V + B > 0.0 ? V * B / (V + B) : 0.0;
}

ref_bvpo_budget ref_bvpo_budget_split(const ref_bvpo_split_case *c)
{
    const double bad = nan("");
    if (!(c->v_t >= 0.0 && c->v_e >= 0.0 && c->c_t > 0.0 && c->c_e > 0.0
          && c->budget > 0.0))
        return (ref_bvpo_budget){bad, bad, bad, bad, bad};

    const double p = sqrt(c->v_t * c->c_t), q = sqrt(c->v_e * c->c_e), N = c->budget;
    const double above = q * (q - p) / N + c->b_e2 - c->b_te;
    const double below = (p - q) * (p - q) / N + c->b_t2 + c->b_e2 - 2.0 * c->b_te;
    const double alpha = below > 0.0 ? fmin(1.0, fmax(0.0, above / below)) : 0.5;

    const double rest = 1.0 - alpha;
    const double noise = alpha * p + rest * q;
    const double bias2 =
        alpha * alpha * c->b_t2 + rest * rest * c->b_e2 + 2.0 * alpha * rest * c->b_te;
    const double share = noise > 0.0 ? alpha * p / noise : 0.5;
    return (ref_bvpo_budget){.alpha = alpha,
                             .mse = noise * noise / N + bias2,
                             .n_t = share * N / c->c_t,
                             .n_e = (1.0 - share) * N / c->c_e,
                             .share = share};
}
