/* allocate_integer.h -- whole samples: exact optima, with a proof in O(m).
 *
 * minimise sum_i phi_i(n_i)  subject to  sum_i n_i = N,  L_i <= n_i <= U_i,  n_i whole.
 *
 * Symbols (paper -> code)
 *   m         m        prompts                                          count
 *   N         budget   samples to spend in all, at most 2^53            count
 *   c_i       c[i]     variance of one sample, phi_i(n) = c_i/n        gradient units^2
 *   n_i       n[i]     samples of prompt i                              count
 *   L_i, U_i  L[i], U[i]  bounds                                        count
 */
#ifndef REF_ALLOCATE_INTEGER_H
#define REF_ALLOCATE_INTEGER_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>

/* How the optimum is found; the answer is the same. */
typedef enum ref_allocate_method {
    REF_ALLOCATE_AUTO,  /* the cheaper one by operation count */
    REF_ALLOCATE_HEAP,  /* O(m + (N - sum L) log m) */
    REF_ALLOCATE_BISECT /* O(m) per probe of the multiplier, at most m units by heap */
} ref_allocate_method;

/* Exact optimum for phi_i(n) = c_i/n: the N - sum L largest gains c_i/(n(n+1)), ties to
 * the lowest index.
 *
 *   n         out, (m)
 *   c         (m) finite, >= 0. c_i = 0 stays at L_i; what is left when all others are
 *             full, or when the gains no longer differ from 0 in double precision, is
 *             raised to a common level, lower indices first
 *   L, U      (m) bounds; NULL: 0, respectively no limit. With L_i = 0 every c_i > 0
 *             gets one sample before any gets a second; where N does not reach so far,
 *             the objective is infinite anyway, and the largest c_i are served
 *   returns   REF_OK; REF_ESHAPE; REF_EDOM; REF_EINFEASIBLE unless sum L <= N <= sum U;
 *             REF_ENOMEM
 *   label     [spec:gvm 3.5]
 */
REF_API REF_MUST ref_status ref_allocate_integer(size_t *n, const double *c,
                                                 const size_t *L, const size_t *U,
                                                 size_t m, size_t budget,
                                                 ref_allocate_method method,
                                                 ref_why *why);

/* Both sides of the optimality condition
 *   max_{n_i < U_i} c_i/(n_i(n_i+1))  <=  min_{n_j > L_j} c_j/(n_j(n_j-1)).  */
typedef struct ref_allocate_proof {
    double
        gain; /* left: the best that one more sample would bring; -inf if none fits */
    double loss; /* right: the least that taking one away would cost; inf if none can */
    size_t gainer; /* where the left side is attained; m if nowhere */
    size_t loser;  /* where the right side is attained; m if nowhere */
    bool feasible; /* L <= n <= U and sum n = N */
    bool optimal;  /* feasible and gain <= loss (1 + 1e-12) */
} ref_allocate_proof;

/* Certificate of a given n, O(m), whoever found it.
 *
 *   n, c      (m) counts; variances, finite, >= 0 (NaN: not optimal)
 *   L, U      as above
 *   label     [spec:gvm 3.5]
 */
REF_API ref_allocate_proof ref_allocate_prove(const size_t *n, const double *c,
                                              const size_t *L, const size_t *U,
                                              size_t m, size_t budget);

/* sum_i c_i/n_i over whole samples; +inf where c_i > 0 meets n_i = 0.    [gvm:eq7] */
REF_API double ref_allocate_integer_variance(const size_t *n, const double *c,
                                             size_t m);

/* What unit n+1 of prompt i brings, phi_i(n) - phi_i(n+1). */
typedef double ref_allocate_unit_gain(const void *context, size_t i, size_t n);

/* Greedy by heap for any separable objective whose unit gains do not grow with n:
 * starts at n = L and hands out units by largest gain, ties to the lowest index, until
 * the budget is spent, all are full, or no gain is positive.
 *
 *   n         in: L; out: counts
 *   left      out, units that found no positive gain; may be NULL
 *   U         (m) upper bounds; NULL: none
 *   returns   REF_OK; REF_ENOMEM
 *   label     [spec:gvm 3.5]
 */
REF_API REF_MUST ref_status ref_allocate_greedy(size_t *n, size_t *left,
                                                ref_allocate_unit_gain *gain,
                                                const void *context, const size_t *U,
                                                size_t m, size_t units, ref_why *why);

/* Raise to a common level:  n_i <- max(n_i, min(level, U_i)) until `units` more are
 * spent, the last ones by lowest index. Returns what found no room.   [spec:gvm 3.5] */
REF_API size_t ref_allocate_level(size_t *n, const size_t *U, size_t m, size_t units);

/* ---- objectives that are not convex: dynamic programming ------------------------- */

/* phi (U+1) <- phi_i(0..U). */
typedef void ref_allocate_table(double *phi, const void *context, size_t i, size_t U);

/* Exact optimum for any phi_i, O(m N max U) time and 4 m N bytes.
 *
 *   n         out, (m); of equal optima the one that gives the later prompts less
 *   value     out, sum phi_i(n_i); may be NULL
 *   table     fills phi_i(0..min(U_i, N)); entries finite or +inf
 *   returns   REF_OK; REF_ESHAPE; REF_EINFEASIBLE; REF_EDOM when an entry is NaN or
 *             -inf; REF_ENOMEM, also when the table would pass 2^28 entries
 *   label     [spec:gvm 3.7]
 */
REF_API REF_MUST ref_status ref_allocate_program(size_t *n, double *value,
                                                 ref_allocate_table *table,
                                                 const void *context, const size_t *L,
                                                 const size_t *U, size_t m,
                                                 size_t budget, ref_why *why);

/* The two non-convex objectives of rejection sampling; arrays of m. */
typedef struct ref_allocate_moments {
    const double *weight; /* w_i; NULL: 1 */
    const double *p;      /* acceptance rate, (0,1] */
    const double *S2;     /* E_Q|s|^2 */
    const double *mu2;    /* |mu|^2 <= S2 */
} ref_allocate_moments;

/* Self-normalised MSE, n = 0 allowed:  phi(n) = w^2 (v h(n,p) + q^n |mu|^2), v = S2 -
 * |mu|^2. Neither convex nor monotone in n.                           [spec:gvm 3.7] */
REF_API void ref_allocate_table_sn(double *phi, const void *moments, size_t i,
                                   size_t U);

/* Importance-weighted MSE with the option to drop a prompt:
 *   phi(0) = w^2 |mu|^2,  phi(n) = w^2 (S2/p - |mu|^2)/n.             [spec:gvm 3.7] */
REF_API void ref_allocate_table_iw(double *phi, const void *moments, size_t i,
                                   size_t U);

#endif
