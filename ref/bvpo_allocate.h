/* bvpo_allocate.h -- sampling budgets where every prompt can fall back on the empty trace.
 *
 * Symbols (paper -> code)
 *   omega_i   weight   weight of the prompt's error in the sum              > 0
 *   c_i       cost     cost of one trace sample                             > 0
 *   v_i       v        variance of one trace sample (GVM: G_i^2/p_i)        > 0
 *   a, e, k   a e k    |b_t|^2, |b_e|^2, b_t.b_e; delta = a + e - 2k
 *   n_i       n        trace samples, real-valued                           >= 0
 *   lambda    lambda   gain per unit of budget, equal on all active prompts
 */
#ifndef REF_BVPO_ALLOCATE_H
#define REF_BVPO_ALLOCATE_H

#include "ref/status.h"

#include <stddef.h>

typedef struct ref_bvpo_item {
    double v;            /* variance of one trace sample */
    double a, e, k;      /* squared biases and their inner product, k^2 <= a e */
    double weight, cost; /* omega_i, c_i */
} ref_bvpo_item;

/* An item with an unbiased trace estimator: a = k = 0, e = B. */
REF_API ref_bvpo_item ref_bvpo_item_unbiased(double v, double B, double weight,
                                             double cost);

/* Best weight with n samples, alpha = clip((e-k)/(delta + v/n)); 0 at n = 0.
 *
 *   n         >= 0; NaN otherwise
 *   label     [spec:bvpo 8.4]
 */
REF_API double ref_bvpo_item_alpha(const ref_bvpo_item *item, double n);

/* Mean squared error with n samples and that weight:  (ea - k^2 + e v/n)/(delta + v/n)
 * inside, e where the weight is 0, a + v/n where it is 1. Unbiased: v B/(v + n B).
 *                                                                    [spec:bvpo 8.4] */
REF_API double ref_bvpo_item_mse(const ref_bvpo_item *item, double n);

/* Gain per unit of budget, -(omega/c) d MSE/dn = (omega/c) v (e-k)^2/(v + n delta)^2
 * inside, 0 where the weight is 0, (omega/c) v/n^2 where it is 1: the multiplier that
 * is equal on active prompts and larger than the gain of inactive ones.
 *                                                                    [spec:bvpo 8.4] */
REF_API double ref_bvpo_item_gain(const ref_bvpo_item *item, double n);

/* Objective sum_i omega_i MSE_i(n_i).                                [spec:bvpo 8.4] */
REF_API double ref_bvpo_allocation_error(const ref_bvpo_item *item, const double *n,
                                         size_t m);

/* Minimise sum_i omega_i MSE_i(n_i) subject to sum_i c_i n_i = N (reverse water-filling):
 * n_i = max(0, (|e-k| s_i q - v)/delta) with s_i = sqrt(omega_i v_i/c_i), q = lambda^-1/2,
 * and n_i = s_i q once the weight is clipped at 1. The spending is piecewise linear in q,
 * so q is found exactly from the sorted breakpoints, O(m log m).
 *
 *   n         out, (m) real-valued; untouched on failure
 *   lambda    out, gain per unit of budget at the optimum; may be NULL
 *   item      (m); v, weight, cost > 0, a, e >= 0, k^2 <= a e, all finite
 *   budget    N > 0
 *   returns   REF_OK; REF_EDOM (why names the item); REF_EINFEASIBLE where no prompt
 *             gains from a sample; REF_ENOMEM
 *   label     [spec:bvpo 8.4]
 */
REF_API REF_MUST ref_status ref_bvpo_allocate(double *n, double *lambda,
                                              const ref_bvpo_item *item, size_t m,
                                              double budget, ref_why *why);

/* One weight for the whole batch, B/(B + V), with V = sum_i omega_i^2 v_i/n_i and
 * B = |sum_i omega_i b_i|^2; its error is V B/(V + B), increasing in V, so V is minimised
 * first (Neyman). 1/2 where both are 0.
 *
 *   V, B      >= 0; NaN otherwise
 *   label     [spec:bvpo 8.4]
 */
REF_API double ref_bvpo_common_weight(double V, double B);
REF_API double ref_bvpo_common_error(double V, double B);

/* ---- one budget for two noisy estimators ------------------------------------------- */

typedef struct ref_bvpo_split_case {
    double v_t, v_e;         /* one-sample variances, >= 0 */
    double c_t, c_e;         /* cost of a sample, > 0 */
    double b_t2, b_e2, b_te; /* biases */
    double budget;           /* N = n_t c_t + n_e c_e > 0 */
} ref_bvpo_split_case;

typedef struct ref_bvpo_budget {
    double alpha; /* weight of the trace estimator, clipped */
    double mse;
    double n_t, n_e; /* samples of each */
    double share;    /* n_t c_t / N */
} ref_bvpo_budget;

/* Weight and split together, independent draws, p = sqrt(v_t c_t), q = sqrt(v_e c_e):
 * variance (alpha p + (1-alpha) q)^2/N with n_t c_t : n_e c_e = alpha p : (1-alpha) q,
 * alpha = clip( [q(q-p)/N + |b_e|^2 - b_t.b_e] / [(p-q)^2/N + |b_t-b_e|^2] ); 1/2 where
 * the denominator is 0. Where neither estimator is noisy the budget is shared equally.
 *
 *   returns   the plan; NaN fields outside the domain
 *   label     [spec:bvpo 8.5]
 */
REF_API ref_bvpo_budget ref_bvpo_budget_split(const ref_bvpo_split_case *c);

#endif
