/* bvpo_ktrace.h -- several traces per answer: importance weights and multilevel debiasing.
 *
 * Draw r_1..r_K from the reference's posterior of the trace given the answer; then
 * w_k = pi(r_k,y|x)/ref(r_k,y|x) has mean pi(y|x)/ref(y|x). One trace is the paper's g_t;
 * many approach the marginal gradient, with bias and variance O(1/K).
 *
 * Symbols (paper -> code)
 *   log w_k      log_w     log pi(r_k,y|x) - log ref(r_k,y|x)           (K)
 *   log rho_K    log_rho   logsumexp_k log w_k - log K                  log of a ratio
 *   omega_k      omega     w_k / sum_j w_j                              (K), sum 1
 *   h_K          h         beta (log rho_K(y+) - log rho_K(y-))
 *   Delta_l      -         g_{2^l} - mean of the two halves' g_{2^(l-1)}
 */
#ifndef REF_BVPO_KTRACE_H
#define REF_BVPO_KTRACE_H

#include "ref/status.h"

#include <stddef.h>
#include <stdint.h>

/* Weights of the traces of one answer.
 *
 *   omega     out, (K); may be NULL; may be log_w itself; untouched on failure
 *   log_rho   out; may be NULL
 *   log_w     (K), finite or -inf (not all)
 *   returns   REF_OK; REF_ESHAPE for K = 0; REF_ENONFINITE
 *   label     [spec:bvpo 1.6]
 */
REF_API REF_MUST ref_status ref_bvpo_ktrace_weights(double *omega, double *log_rho,
                                                    const double *log_w, size_t K);

/* Traces drawn from the reference's prior ref(r|x) instead, with the fixed answer scored
 * under each:  pi_hat = mean_k u_k pi(y|x,r_k),  ref_hat = mean_k ref(y|x,r_k),
 * u_k = pi(r_k|x)/ref(r_k|x);  omega_k ~ u_k pi(y|x,r_k),  log rho = log(pi_hat/ref_hat).
 *
 *   omega     out, (K); must not overlap the inputs; untouched on failure
 *   log_rho   out
 *   log_u     (K) log pi(r_k|x) - log ref(r_k|x)
 *   log_pi    (K) log pi(y|x,r_k)
 *   log_ref   (K) log ref(y|x,r_k)
 *   returns   REF_OK; REF_ESHAPE for K = 0; REF_ENONFINITE
 *   label     [spec:bvpo 1.6]
 */
REF_API REF_MUST ref_status ref_bvpo_ktrace_prior(double *omega, double *log_rho,
                                                  const double *log_u,
                                                  const double *log_pi,
                                                  const double *log_ref, size_t K);

/* Loss of one pair, softplus(-h), h = beta (log_rho_plus - log_rho_minus); the gradient
 * is sum_k scale omega_k^- s(r_k^-,y-) - scale omega_k^+ s(r_k^+,y+). */
typedef struct ref_bvpo_margin {
    double h, loss;
    double scale; /* beta sigma(-h) */
} ref_bvpo_margin;

/* Margin, loss and scale from two log ratios; NaN for beta <= 0.     [spec:bvpo 1.6] */
REF_API ref_bvpo_margin ref_bvpo_ktrace_margin(double beta, double log_rho_plus,
                                               double log_rho_minus);

/* Coefficients of g_K on the scores of the traces:  c_k^+ = -beta sigma(-h) omega_k^+,
 * c_k^- = +beta sigma(-h) omega_k^-.
 *
 *   plus      out, (K); must not overlap the inputs
 *   minus     out, (K); likewise
 *   margin    out; may be NULL
 *   beta      > 0
 *   returns   REF_OK; REF_EDOM for beta <= 0; as ref_bvpo_ktrace_weights; outputs
 *             untouched on failure
 *   label     [spec:bvpo 1.6]
 */
REF_API REF_MUST ref_status ref_bvpo_ktrace_coefficients(
    double *plus, double *minus, ref_bvpo_margin *margin, double beta,
    const double *log_w_plus, const double *log_w_minus, size_t K);

/* ---- multilevel debiasing ----------------------------------------------------------
 * Delta_0 = g_1;  Delta_l = g_{2^l} - (g_{2^(l-1)}[first half] + g_{2^(l-1)}[second])/2.
 * sum_l E Delta_l = grad l_m, so Delta_l / P(l) at a random level l is unbiased; with
 * E|Delta_l|^2 ~ 4^-l, cost ~ 2^l and P(l) ~ 2^(-3l/2) variance and cost are finite. */

/* Coefficients of Delta_level on K = 2^level traces of each answer.
 *
 *   plus      out, (K); must not overlap the inputs
 *   minus     out, (K); likewise
 *   scratch   (K)
 *   level     < 32
 *   returns   as ref_bvpo_ktrace_coefficients; REF_ESHAPE for level >= 32
 *   label     [spec:bvpo 8.6]
 */
REF_API REF_MUST ref_status ref_bvpo_multilevel_coefficients(
    double *plus, double *minus, double *scratch, double beta, const double *log_w_plus,
    const double *log_w_minus, unsigned level);

/* P(l) = (1 - 2^-3/2) 2^(-3l/2), l = 0, 1, 2, ...                    [spec:bvpo 8.6] */
REF_API double ref_bvpo_multilevel_probability(unsigned level);

/* The level of a uniform u in (0,1]: P(level >= l) = 2^(-3l/2); at most 36 for a u of
 * ref_rng_unit, and 0 outside (0,1].                                 [spec:bvpo 8.6] */
REF_API unsigned ref_bvpo_multilevel_level(double u);

/* Expected number of traces per answer, sum_l P(l) 2^l = (1-2^-3/2)/(1-2^-1/2) = 2.207.
 *                                                                    [spec:bvpo 8.6] */
REF_API double ref_bvpo_multilevel_cost(void);

#endif
