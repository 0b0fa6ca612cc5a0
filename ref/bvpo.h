/* bvpo.h -- mixing a noisy trace gradient with a quiet biased one.
 *
 * Two preference gradients estimate mu = grad L_m: g_t from one sampled trace per answer
 * (little bias, much noise) and g_e from the empty trace (bias, no trace noise). The
 * mixture is g_c = alpha g_t + (1-alpha) g_e. Every function takes moments as scalars,
 * so a caller never has to store a gradient.
 *
 * Symbols (paper -> code)
 *   alpha        alpha          weight of the trace gradient            [0,1]
 *   beta         beta           scale of the implicit reward            > 0
 *   h_t, h_e     h_t, h_e       scaled log-ratio margins                natural log
 *   b_j          b_t2 b_e2 b_te squared norms and inner product of biases
 *   S_j          tr_S_t ...     traces of the covariances of one item
 *   A, B, C, D   A B C D        E|g_t-mu|^2, E|g_e-mu|^2, E(g_t-mu).(g_e-mu), E|g_t-g_e|^2
 *   c            c              weight of the noise: 1 for one item, 1/n for a batch
 *                               of n, eta L for the floor of an SGD run
 */
#ifndef REF_BVPO_H
#define REF_BVPO_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Derivatives of the mixed loss with respect to four sequence log-probabilities. */
typedef struct ref_bvpo_coefficient {
    double t_chosen, t_rejected; /* log pi(r+,y+|x), log pi(r-,y-|x) */
    double e_chosen, e_rejected; /* log pi(EMPTY,y'+|x), log pi(EMPTY,y'-|x) */
} ref_bvpo_coefficient;

/* Coefficients of grad l_c = sum_j c_j grad(log-prob j),  l_c = alpha softplus(-h_t)
 * + (1-alpha) softplus(-h_e):  c(t,+-) = -+ alpha beta sigma(-h_t),
 * c(e,+-) = -+ (1-alpha) beta sigma(-h_e).
 *
 *   alpha     in [0,1]; NaN coefficients outside
 *   beta      > 0; NaN coefficients otherwise
 *   h_t, h_e  margins, beta included
 *   label     [bvpo:eq2]
 */
REF_API ref_bvpo_coefficient ref_bvpo_coefficients(double alpha, double beta,
                                                   double h_t, double h_e);

/* ---- moments --------------------------------------------------------------------- */

/* Biases and covariances of one item; gradient units squared. */
typedef struct ref_bvpo_pieces {
    double b_t2, b_e2, b_te;        /* |b_t|^2, |b_e|^2, b_t.b_e */
    double tr_S_t, tr_S_e, tr_S_te; /* S_te symmetrised */
} ref_bvpo_pieces;

/* Second moments of the errors. */
typedef struct ref_bvpo_moments {
    double A, B, C, D;
} ref_bvpo_moments;

/* A_c = |b_t|^2 + c tr S_t,  B_c = |b_e|^2 + c tr S_e,  C_c = b_t.b_e + c tr S_te,
 * D_c = |b_t-b_e|^2 + c tr(S_t+S_e-2S_te).
 *
 *   c         weight of the noise, >= 0; 0 is the limit of an infinite batch
 *   returns   the moments; NaN for c < 0
 *   label     [bvpo:thm2][spec:bvpo 2.2]
 */
REF_API ref_bvpo_moments ref_bvpo_moments_at(const ref_bvpo_pieces *p, double c);

/* The same struct from measured A, B, C:  D = A + B - 2C.           [spec:bvpo 2.2] */
REF_API ref_bvpo_moments ref_bvpo_moments_of(double A, double B, double C);

/* E|g_c - mu|^2 = alpha^2 A + (1-alpha)^2 B + 2 alpha (1-alpha) C.
 *
 *   alpha     any real: the quadratic goes on outside [0,1]
 *   label     [spec:bvpo 2.2]
 */
REF_API double ref_bvpo_mse(const ref_bvpo_moments *m, double alpha);

/* Bias part |alpha b_t + (1-alpha) b_e|^2 of that error.            [spec:bvpo 2.2] */
REF_API double ref_bvpo_bias2(const ref_bvpo_pieces *p, double alpha);

/* Variance part alpha^2 tr S_t + (1-alpha)^2 tr S_e + 2 alpha (1-alpha) tr S_te of one
 * item.                                                             [spec:bvpo 2.2] */
REF_API double ref_bvpo_variance(const ref_bvpo_pieces *p, double alpha);

/* Trace noise of the mixture with the data held fixed: Var_r(g_c|data) = alpha^2
 * Var_r(g_t|data).
 *
 *   v         Var_r(g_t|data) as a trace, a coordinate or an entry of the matrix
 *   label     [bvpo:thm1]
 */
REF_API double ref_bvpo_trace_noise(double alpha, double v);

/* ---- the optimal weight ---------------------------------------------------------- */

/* Free minimiser alpha_unc = (B-C)/D = 1/2 + (B-A)/(2D).
 *
 *   returns   1/2 where D is zero up to its own rounding error (then g_t = g_e almost
 *             surely and every weight is optimal); NaN for D < 0
 *   label     [bvpo:thm2]
 */
REF_API double ref_bvpo_alpha_free(const ref_bvpo_moments *m);

/* alpha* = alpha_unc clipped to [0,1].                                  [bvpo:thm2] */
REF_API double ref_bvpo_alpha(const ref_bvpo_moments *m);

/* MSE at alpha_unc: (AB - C^2)/D, and A where D is zero.            [spec:bvpo 2.3] */
REF_API double ref_bvpo_mse_free(const ref_bvpo_moments *m);

/* What the free optimum gains:  MSE_t - MSE = (A-C)^2/D,  MSE_e - MSE = (B-C)^2/D.
 * Both are positive when 0 < alpha_unc < 1.           [bvpo:cor1][spec:bvpo 2.3] */
typedef struct ref_bvpo_gain {
    double over_t, over_e;
} ref_bvpo_gain;

REF_API ref_bvpo_gain ref_bvpo_gains(const ref_bvpo_moments *m);

/* Weights where the mixture is strictly better than one end (2.3 c): than g_t on
 * (2 alpha_unc - 1, 1), than g_e on (0, 2 alpha_unc), for alpha_unc in (0,1). */
typedef struct ref_bvpo_range {
    double beats_t_above, beats_e_below;
} ref_bvpo_range;

REF_API ref_bvpo_range ref_bvpo_ranges(const ref_bvpo_moments *m); /* [spec:bvpo 2.3] */

/* Does alpha = 1/2 beat both ends?  |A-B| < D/2, that is 1/4 < alpha_unc < 3/4; D is
 * observable without mu.                                             [spec:bvpo 2.3] */
REF_API bool ref_bvpo_half_beats_both(const ref_bvpo_moments *m);

/* Is the clip at work?  |A-B| >= D, that is C >= min(A,B).           [spec:bvpo 2.3] */
REF_API bool ref_bvpo_clips(const ref_bvpo_moments *m);

/* Weights per block of coordinates, alpha_j = clip((B_j-C_j)/D_j).
 *
 *   alpha     out, (blocks); untouched on failure
 *   mse       out, sum_j MSE_j(alpha_j) <= MSE of the best common weight; may be NULL
 *   m         (blocks) moments of each block
 *   returns   REF_OK; REF_EDOM where a block's weight is not a number
 *   label     [spec:bvpo 2.3]
 */
REF_API REF_MUST ref_status ref_bvpo_blocks(double *alpha, double *mse,
                                            const ref_bvpo_moments *m, size_t blocks);

/* ---- the floor of a run ---------------------------------------------------------- */

/* E_c(alpha) = |b_c(alpha)|^2 + c s_c^2(alpha), the per-step error in the bound of
 * Theorem 3; at c = 1 it is the MSE.
 *
 *   c         eta L or 1/n, >= 0
 *   label     [bvpo:thm4]
 */
REF_API double ref_bvpo_floor(const ref_bvpo_pieces *p, double alpha, double c);

/* alpha_c = [|b_e|^2 - b_t.b_e + c tr(S_e-S_te)] / [|b_t-b_e|^2 + c tr(S_t+S_e-2S_te)],
 * not clipped; alpha_1 = alpha_unc and E_c(alpha) - E_c(alpha_c) = D_c (alpha-alpha_c)^2.
 *
 *   returns   as ref_bvpo_alpha_free
 *   label     [bvpo:thm4][spec:bvpo 2.5]
 */
REF_API double ref_bvpo_floor_weight(const ref_bvpo_pieces *p, double c);

#endif
