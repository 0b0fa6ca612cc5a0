/* allocate_select.c -- the k largest of m keys in O(m), ties by index. */
#include "ref/allocate_private.h"
#include "ref/rng.h"

#include <assert.h>

static void swap(double *a, double *b)
{
    const double x = *a;
    *a = *b;
    *b = x;
}

/* The k-th largest of x (k from 1); x is permuted. Hoare's selection in three parts,
 * the pivot drawn so that no input is slow; equal keys cost nothing extra. */
static double kth_largest(double *x, size_t m, size_t k)
{
    uint64_t state = m;
    size_t from = 0, to = m; /* the answer is in x[from, to) */
    for (;;) {
        assert(from < to); /* 1 <= k <= m */
        const double pivot = x[from + ref_rng_splitmix64(&state) % (to - from)];
        size_t above = from, at = from,
               below = to; /* > pivot | = pivot | ? | < pivot */
        while (at < below) {
            if (x[at] > pivot)
                swap(&x[above++], &x[at++]);
            else if (x[at] < pivot)
                swap(&x[at], &x[--below]);
            else
                at++;
        }
        if (k <= above)
            to = above;
        else if (k <= below)
            return pivot;
        else
            from = below;
    }
}

void rule_step_largest(size_t *n, int step, const double *key, double *scratch,
                       size_t m, size_t count)
{
    if (count == 0) return;
    for (size_t i = 0; i < m; i++) scratch[i] = key[i];
    const double last = kth_largest(scratch, m, count);
    size_t ties = count;
    for (size_t i = 0; i < m; i++) ties -= key[i] > last ? 1 : 0;
    for (size_t i = 0; i < m; i++) {
        const bool tied = key[i] == last && ties > 0;
        if (tied) ties--;
        if (tied || key[i] > last) n[i] = step > 0 ? n[i] + 1 : n[i] - 1;
    }
}
