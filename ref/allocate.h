/* allocate.h -- how many samples each prompt deserves: the continuous problem.
 *
 * minimise sum_i c_i / n_i  subject to  sum_i n_i = N,  L_i <= n_i <= U_i.
 *
 * Symbols (paper -> code)
 *   m         m        prompts                                          count
 *   N         budget   samples to spend in all, real-valued here        samples
 *   c_i       c[i]     variance of one sample of prompt i, w_i^2 in    gradient units^2
 *   n_i       n[i]     samples of prompt i, real-valued here            samples
 *   u_i       share[i] n_i / N, sums to 1
 *   p_i, q_i  p[i], q  acceptance rate and 1 - p_i                      probability
 *   G_i       G[i]     gradient norm of an accepted sample              gradient units
 *   lambda    lambda   multiplier of the budget                     variance per sample
 */
#ifndef REF_ALLOCATE_H
#define REF_ALLOCATE_H

#include "ref/status.h"

#include <stddef.h>

/* Largest budget: beyond 2^53 a double no longer counts. */
#define REF_ALLOCATE_BUDGET_MAX 9007199254740992.0

/* REF_OK when 0 < budget <= 2^53; REF_EDOM with the value otherwise. */
REF_API REF_MUST ref_status ref_allocate_check_budget(double budget, ref_why *why);

/* GVM's weight in the form that neither overflows nor divides 0 by 0:
 *   f G = G p^((beta-1)/2) / sqrt(p^beta + alpha)  =  G / sqrt(p + alpha p^(1-beta)).
 *
 *   p         in [0,1]; G >= 0 finite; alpha >= 0 finite; beta >= 0 finite
 *   returns   0 for p = 0 or G = 0, as the released code has it; NaN outside the domain
 *   label     [gvm:prop1][spec:gvm 3.1]
 */
REF_API double ref_allocate_gvm_weight(double p, double G, double alpha, double beta);

/* T = min_p sqrt(p + alpha p^(1-beta)) over p in (0,1]: the constant of Remark 1,
 *   sqrt(beta/(beta-1)) (alpha (beta-1))^(1/(2 beta)),  sqrt(1+alpha) where p* > 1.
 *
 *   alpha > 0, beta > 1; NaN outside
 *   label     [gvm:rem1]
 */
REF_API double ref_allocate_penalty_minimum(double alpha, double beta);

/* p* = (alpha (beta-1))^(1/beta), where the weight is largest; NaN unless alpha > 0 and
 * beta > 1.                                                           [spec:gvm 3.2] */
REF_API double ref_allocate_penalty_peak(double alpha, double beta);

/* Shares from weights:  u_i = w_i / sum_j w_j.
 *
 *   share     out, (m); may be the same array as w
 *   w         (m) finite, >= 0, not all zero
 *   returns   REF_OK; REF_ESHAPE for m = 0; REF_EDOM, naming index and value
 *   label     [gvm:prop1]
 */
REF_API REF_MUST ref_status ref_allocate_shares(double *share, const double *w,
                                                size_t m, ref_why *why);

/* GVM's shares, Proposition 1:  u_i ~ G_i / sqrt(p_i + alpha p_i^(1-beta)).
 *
 *   share     out, (m); must not overlap the inputs
 *   p, G      (m) p_i in [0,1], G_i >= 0 finite
 *   alpha, beta  finite, >= 0
 *   returns   REF_OK; REF_ESHAPE for m = 0; REF_EDOM naming index and value, also when
 *             all weights are zero; REF_ENOMEM
 *   label     [gvm:prop1][gvm:alg2]
 */
REF_API REF_MUST ref_status ref_allocate_gvm(double *share, const double *p,
                                             const double *G, size_t m, double alpha,
                                             double beta, ref_why *why);

/* Shares that minimise sum c_i/n_i:  u_i = sqrt(c_i) / sum_j sqrt(c_j); with the exact
 * c_i = w_i^2 (S2_i/p_i - |mu_i|^2) the Neyman optimum.
 *
 *   share     out, (m); must not overlap c
 *   c         (m) finite, >= 0, not all zero
 *   returns   REF_OK; REF_ESHAPE for m = 0; REF_EDOM naming index and value
 *   label     [spec:gvm 3.1]
 */
REF_API REF_MUST ref_status ref_allocate_neyman(double *share, const double *c,
                                                size_t m, ref_why *why);

/* V = sum_i c_i / n_i. A prompt with c_i = 0 adds nothing, also at n_i = 0.
 *
 *   n, c      (m) >= 0
 *   returns   +inf if c_i > 0 meets n_i = 0; NaN outside the domain
 *   label     [gvm:eq7]
 */
REF_API double ref_allocate_variance(const double *n, const double *c, size_t m);

/* The least value of V at budget N:  (sum_i sqrt c_i)^2 / N; NaN unless N > 0 and every
 * c_i >= 0.                                                           [spec:gvm 3.1] */
REF_API double ref_allocate_minimum(const double *c, size_t m, double budget);

/* V(u)/V* = sum_i u*_i^2 / u_i = 1 + chi^2(u* || u) for any shares u.
 *
 *   share, best  (m) each summing to 1; best_i = 0 adds nothing
 *   returns   >= 1 up to rounding; +inf if u_i = 0 < u*_i
 *   label     [spec:gvm 3.1]
 */
REF_API double ref_allocate_efficiency(const double *share, const double *best,
                                       size_t m);

/* V_uniform/V* = m sum c / (sum sqrt c)^2 = 1 + CV^2(sqrt c): the most that any
 * allocation can win over uniform. NaN for a c_i < 0 and when all are 0.
 *                                                                     [spec:gvm 3.1] */
REF_API double ref_allocate_gain(const double *c, size_t m);

/* Minimiser of sum c_i/n_i under sum n_i = N and L_i <= n_i <= U_i, exactly:
 *   n_i = clip(sqrt(c_i/lambda), L_i, U_i).
 * The sum is linear in 1/sqrt(lambda) between the breakpoints L_i/sqrt(c_i) and
 * U_i/sqrt(c_i); the piece that holds N is found by Newton steps, O(m) each and a few,
 * and solved in closed form.
 *
 *   n         out, (m)
 *   lambda    out, multiplier, 0 when every n_i with c_i > 0 is at its upper bound;
 *             may be NULL
 *   c         (m) finite, >= 0. What is left when all c_i > 0 are full is poured over
 *             the c_i = 0 up to a common level
 *   L, U      (m) 0 <= L_i <= U_i, U_i may be HUGE_VAL; NULL: 0, respectively no limit
 *   returns   REF_OK; REF_ESHAPE; REF_EDOM; REF_EINFEASIBLE unless
 *             sum L <= N <= sum U; REF_ENOMEM
 *   label     [spec:gvm 3.6]
 */
REF_API REF_MUST ref_status ref_allocate_box(double *n, double *lambda, const double *c,
                                             const double *L, const double *U, size_t m,
                                             double budget, ref_why *why);

#endif
