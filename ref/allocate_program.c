/* allocate_program.c -- whole samples for objectives that are not convex, by dynamic
 * programming: f_i(b) = min_n f_{i-1}(b - n) + phi_i(n).
 *
 * Symbols (paper -> code)
 *   f_i       now, before  least cost of prompts 0..i at budget b = 0..N     (N+1)
 *   n_i       choice       the n that attains f_i(b)                         (m, N+1)
 */
#include "ref/allocate.h"
#include "ref/allocate_integer.h"
#include "ref/numeric.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define TABLE_MAX ((size_t)1 << 28)

typedef struct program {
    double *now, *before, *phi; /* (N+1) */
    uint32_t *choice;           /* (m, N+1) */
    size_t width;               /* N + 1 */
} program;

static void program_free(program *d)
{
    free(d->now);
    free(d->before);
    free(d->phi);
    free(d->choice);
    *d = (program){0};
}

static ref_status program_init(program *d, size_t m, size_t budget, ref_why *why)
{
    *d = (program){.width = budget + 1};
    if (d->width > TABLE_MAX / m) {
        (void)ref_fail(why, REF_ENOMEM, "a table of %zu prompts by %zu samples", m,
                       d->width);
        return REF_ENOMEM;
    }
    d->now = calloc(d->width, sizeof *d->now);
    d->before = calloc(d->width, sizeof *d->before);
    d->phi = calloc(d->width, sizeof *d->phi);
    d->choice = calloc(m * d->width, sizeof *d->choice);
    if (d->now != NULL && d->before != NULL && d->phi != NULL && d->choice != NULL)
        return REF_OK;
    program_free(d);
    (void)ref_fail(why, REF_ENOMEM, "a table of %zu prompts by %zu samples", m,
                   d->width);
    return REF_ENOMEM;
}

/* Budgets that the prompts so far can spend exactly. */
typedef struct span {
    size_t low, high;
} span;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* now (b) from before and phi; the first of equal costs, so the least n */
static void program_step(program *d, uint32_t *choice, span past, span own, span next)
{
    for (size_t b = next.low; b <= next.high; b++) {
        const size_t from = b > past.high + own.low ? b - past.high : own.low;
        const size_t to = smaller(own.high, b - past.low);
        size_t best = from;
        for (size_t n = from + 1; n <= to; n++)
            if (d->before[b - n] + d->phi[n] < d->before[b - best] + d->phi[best])
                best = n;
        d->now[b] = d->before[b - best] + d->phi[best];
        choice[b] = (uint32_t)best;
    }
}

static ref_status check_table(const double *phi, size_t i, span own, ref_why *why)
{
    for (size_t n = own.low; n <= own.high; n++)
        if (!(phi[n] > -HUGE_VAL))
            return ref_fail(why, REF_EDOM, "cost of prompt %zu at %zu samples is %.17g",
                            i, n, phi[n]);
    return REF_OK;
}

static span own_span(const size_t *L, const size_t *U, size_t i, size_t budget)
{
    return (span){.low = L != NULL ? L[i] : 0,
                  .high = U != NULL ? smaller(U[i], budget) : budget};
}

static ref_status check_spans(const size_t *L, const size_t *U, size_t m, size_t budget,
                              ref_why *why)
{
    if (m == 0) return ref_fail(why, REF_ESHAPE, "no prompts");
    REF_TRY(ref_allocate_check_budget((double)budget, why));
    size_t least = 0, most = 0; /* each at most the budget: no overflow that matters */
    for (size_t i = 0; i < m; i++) {
        const span own = own_span(L, U, i, budget);
        if (own.low > own.high || own.low > budget - least)
            return ref_fail(why, REF_EINFEASIBLE,
                            "lower bounds up to prompt %zu pass the budget %zu", i,
                            budget);
        least += own.low;
        most += smaller(own.high, budget - most);
    }
    if (most == budget) return REF_OK;
    return ref_fail(why, REF_EINFEASIBLE,
                    "upper bounds sum to %zu, below the budget %zu", most, budget);
}

ref_status ref_allocate_program(size_t *restrict n, double *restrict value,
                                ref_allocate_table *table, const void *context,
                                const size_t *restrict L, const size_t *restrict U,
                                size_t m, size_t budget, ref_why *why)
{
    REF_TRY(check_spans(L, U, m, budget, why));
    program d;
    REF_TRY(program_init(&d, m, budget, why));
    span past = {0, 0};
    for (size_t i = 0; i < m; i++) {
        const span own = own_span(L, U, i, budget);
        table(d.phi, context, i, own.high);
        const ref_status s = check_table(d.phi, i, own, why);
        if (s != REF_OK) {
            program_free(&d);
            return s;
        }
        const span next = {past.low + own.low, smaller(past.high + own.high, budget)};
        program_step(&d, d.choice + i * d.width, past, own, next);
        past = next;
        double *swap = d.before;
        d.before = d.now;
        d.now = swap;
    }

    if (value != NULL) *value = d.before[budget];
    for (size_t i = m, b = budget; i-- > 0; b -= n[i]) n[i] = d.choice[i * d.width + b];
    program_free(&d);
    return REF_OK;
}

/* ---- the two objectives ---------------------------------------------------------- */

static double weight2(const ref_allocate_moments *x, size_t i)
{
    return x->weight != NULL ? x->weight[i] * x->weight[i] : 1.0;
}

void ref_allocate_table_sn(double *phi, const void *moments, size_t i, size_t U)
{
    const ref_allocate_moments *x = moments;
    const double p = x->p[i], q = 1.0 - p, v = x->S2[i] - x->mu2[i];
    double h = 0.0; /* h(n) = q h(n-1) + (1-q^n)/n: the whole table in O(U) */
    phi[0] = weight2(x, i) * x->mu2[i];
    for (size_t n = 1; n <= U; n++) {
        const double count = (double)n;
        h = q * h + ref_hit_probability(count, p) / count;
        phi[n] = weight2(x, i) * (v * h + ref_miss_probability(count, p) * x->mu2[i]);
    }
}

void ref_allocate_table_iw(double *phi, const void *moments, size_t i, size_t U)
{
    const ref_allocate_moments *x = moments;
    phi[0] = weight2(x, i) * x->mu2[i];
    for (size_t n = 1; n <= U; n++)
        phi[n] = weight2(x, i) * (x->S2[i] / x->p[i] - x->mu2[i]) / (double)n;
}
