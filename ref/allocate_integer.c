/* allocate_integer.c -- see allocate_integer.h for the contracts. */
#include "ref/allocate_integer.h"

#include "ref/allocate.h"
#include "ref/numeric.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static size_t upper(const size_t *U, size_t i)
{
    return U != NULL ? U[i] : SIZE_MAX;
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
