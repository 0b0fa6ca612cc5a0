/* bvpo_estimate.h -- the weight from data: Gram matrices, split halves, James-Stein.
 *
 * Symbols (paper -> code)
 *   Q         Q       Gram matrix of errors, Q_kl = E (g_k-mu).(g_l-mu)     (K,K)
 *   w         w       weights of K estimators, sum 1                        (K)
 *   m         m       an estimate of mu from data that g_t did not see
 *   g1, g2    1, 2    gradients of two independent halves; gbar their mean
 *   V, B      V, B    estimated variance of gbar, squared distance of means
 *   z         z       gbar - g_e
 */
#ifndef REF_BVPO_ESTIMATE_H
#define REF_BVPO_ESTIMATE_H

#include "ref/status.h"

#include <stddef.h>

/* Best unit-sum combination of K estimators: w = Q^-1 1 / (1'Q^-1 1), whose mean squared
 * error is 1/(1'Q^-1 1). Weights may be negative.
 *
 *   w         out, (K); untouched on failure; must not overlap Q
 *   mse       out; may be NULL
 *   Q         (K,K) row-major, symmetric positive definite; the lower triangle is read
 *   scratch   (K,K)
 *   returns   REF_OK; REF_ESHAPE for K = 0; REF_EDOM where a Cholesky pivot is not
 *             positive beyond its rounding error, K eps Q_kk
 *   label     [spec:bvpo 2.3]
 */
REF_API REF_MUST ref_status ref_bvpo_gram_weights(double *w, double *mse,
                                                  const double *Q, size_t K,
                                                  double *scratch);

/* ---- a weight from inner products ------------------------------------------------ */

/* Pooled numerator and denominator; a zeroed one is empty. Two pools merge by adding
 * their fields. */
typedef struct ref_bvpo_pool {
    double numerator, denominator;
    size_t n; /* items or batches seen */
} ref_bvpo_pool;

/* Inner products with an estimate m of mu that is independent of g_t and g_e. */
typedef struct ref_bvpo_mean_dots {
    double ee, et, tt; /* g_e.g_e, g_e.g_t, g_t.g_t */
    double me, mt;     /* m.g_e, m.g_t */
} ref_bvpo_mean_dots;

/* Inner products of two independent trace gradients of the same data and g_e. */
typedef struct ref_bvpo_split_dots {
    double g11, g22, g12; /* g1.g1, g2.g2, g1.g2 */
    double g1e, g2e, ee;  /* g1.g_e, g2.g_e, g_e.g_e */
} ref_bvpo_split_dots;

/* numerator += (g_e-m).(g_e-g_t),  denominator += |g_e-g_t|^2. The numerator is linear in
 * m, so the variance of m needs no correction; an m from the same traces as g_t does
 * harm: it pulls the weight towards 1.                                [spec:bvpo 6] */
REF_API void ref_bvpo_pool_mean(ref_bvpo_pool *pool, const ref_bvpo_mean_dots *d);

/* Estimated variance and squared distance of means of one split:
 *   V = |g1-g2|^2/4,  B = (g1-g_e).(g2-g_e),  |gbar-g_e|^2 = B + V.   [spec:bvpo 6] */
typedef struct ref_bvpo_split {
    double V, B, z2; /* z2 = |gbar-g_e|^2, summed directly */
} ref_bvpo_split;

REF_API ref_bvpo_split ref_bvpo_split_of(const ref_bvpo_split_dots *d);

/* numerator += B,  denominator += |gbar-g_e|^2.                       [spec:bvpo 6] */
REF_API void ref_bvpo_pool_split(ref_bvpo_pool *pool, const ref_bvpo_split_dots *d);

/* clip(numerator/denominator); 1/2 for an empty pool or where the denominator is 0. With
 * one split it is the James-Stein form max(0, 1 - V/|gbar-g_e|^2).
 *
 *   returns   weight of the trace gradient in [0,1]; NaN for a negative denominator
 *   label     [spec:bvpo 6]
 */
REF_API double ref_bvpo_pool_alpha(const ref_bvpo_pool *pool);

/* ---- James-Stein view ------------------------------------------------------------ */

/* Positive-part weight max(0, 1 - c/|z|^2) of gbar in g_e + weight (gbar-g_e).
 *
 *   c         >= 0; NaN otherwise
 *   z2        |gbar-g_e|^2 >= 0; at 0 the weight is 0 (1 for c = 0)
 *   label     [spec:bvpo 8.3]
 */
REF_API double ref_bvpo_stein_weight(double c, double z2);

/* Best constant of the bound below, tr S - 2 lam_max, or 0 where that is negative.
 *
 *   tr_S      trace of the covariance of gbar, >= 0
 *   lam_max   its largest eigenvalue, in [0, tr S]; NaN outside
 *   label     [spec:bvpo 8.3]
 */
REF_API double ref_bvpo_stein_constant(double tr_S, double lam_max);

/* Upper bound on the risk of g_e + (1-c/|z|^2) z as an estimator of E gbar, for normal
 * gbar:  tr S - c (2 tr S - 4 lam_max - c) E[1/|z|^2].
 *
 *   inverse_z2  E[1/|z|^2] >= 0
 *   label     [spec:bvpo 8.3]
 */
REF_API double ref_bvpo_stein_risk(double tr_S, double lam_max, double c,
                                   double inverse_z2);

#endif
