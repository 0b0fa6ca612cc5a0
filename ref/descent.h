/* descent.h -- convergence bounds of the two papers, printed and corrected.
 *
 * Symbols (paper -> code)
 *   eta, gamma   eta, gamma   step size; 1/gamma is the smoothness constant
 *   k, T         k, T         M-steps per E-step, E-steps                   counts
 *   H            H            strong convexity
 *   Delta1       D1           sum_t sum_r E|grad L_t(theta_{t,r})|^2
 *   Delta2       D2           sum_t E|sum_r grad L_t(theta_{t,r})|^2
 *   Delta3       D3           sum_t sum_{r=1..k} E|sum_{m<r} grad L_t(theta_{t,m})|^2
 *   Omega        Omega        sum_t sum_r E V(g_{t,r}), V the conditional total variance
 *   F0 - F*      gap          how far the start is above the infimum
 *   L            L            smoothness constant of F in BVPO, 1/gamma
 *   b, s^2       bias2, s2    |bias|^2 and total variance of the gradient estimate
 *
 * All are formulas: a double comes back, NaN in gives NaN out, and a step size outside
 * the theorem's condition gives NaN, because the bound then says nothing.
 */
#ifndef REF_DESCENT_H
#define REF_DESCENT_H

#include "ref/status.h"

#include <stddef.h>

/* What the GVM theorems measure on a run of T E-steps with k M-steps each. */
typedef struct ref_descent_run {
    double eta, gamma;
    size_t k;
    double H; /* 0 where the loss is not strongly convex */
    double D1, D2, D3, Omega;
} ref_descent_run;

/* Theorem 1:  E L(theta_T) - L(theta_0) <= -(eta/2) D1 + (eta^2/(2 gamma)) Omega,
 * 0 < eta <= gamma, smooth, fresh samples.                               [gvm:thm1] */
REF_API double ref_descent_thm1(const ref_descent_run *r);

/* The same without the last estimate of the proof:
 *   -(eta - eta^2/(2 gamma)) D1 + (eta^2/(2 gamma)) Omega.            [spec:gvm 6.2] */
REF_API double ref_descent_thm1_sharp(const ref_descent_run *r);

/* Mean squared gradient  D1/(kT) <= 2 gap/(eta kT) + (eta/gamma) V.
 *
 *   gap       L(theta_0) - L* >= 0
 *   steps     k T > 0
 *   V         Omega/(kT)
 *   label     [spec:gvm 6.2]
 */
REF_API double ref_descent_mean_gradient(double gap, double eta, double gamma,
                                         double steps, double V);

/* Its best step  min(gamma, sqrt(2 gamma gap/(kT V))); gamma when V = 0.
 *                                                                    [spec:gvm 6.2] */
REF_API double ref_descent_best_step(double gap, double gamma, double steps, double V);

/* Bound at that step  4 max{gap/(gamma kT), sqrt(gap V/(2 gamma kT))}.
 *                                                                    [spec:gvm 6.2] */
REF_API double ref_descent_best_gradient(double gap, double gamma, double steps,
                                         double V);

/* Theorem 2 as printed in arXiv v1, refuted for k >= 2; convex, eta <= gamma/2:
 *   -(eta/(2k)) D2 - (eta/(4k)) D1 + (eta/(4k)) Omega.                   [gvm:thm2] */
REF_API double ref_descent_thm2_printed(const ref_descent_run *r);

/* Theorem 3 as printed in arXiv v1, refuted for k >= 1; eta <= min{gamma/2, 1/(4kH)}:
 *   -(H eta^2/(2k)) D3 - (eta/(4k)) D1 + (eta/(8k)) Omega.               [gvm:thm3] */
REF_API double ref_descent_thm3_printed(const ref_descent_run *r);

/* Corrected theorem 2': bound on the mean loss of the k iterates of one E-step,
 *   (1/k) sum_{r=1..k} E L_t(theta_r) - L_t(theta_0) <=
 *   -move/(2 eta k) - (eta/(2k))(1 - eta/gamma) D1 + (eta/(2k))(1 + eta/gamma) Omega,
 * convex, 0 < eta <= gamma, D1 and Omega of that E-step alone.
 *
 *   move      E|theta_k - theta_0|^2
 *   label     [spec:gvm 6.4]
 */
REF_API double ref_descent_thm2(const ref_descent_run *r, double move);

/* Corrected theorem 3', H-strongly convex: theorem 2' - (H/(2k)) path.
 *
 *   path      sum_{r<k} E|theta_r - theta_0|^2
 *   label     [spec:gvm 6.4]
 */
REF_API double ref_descent_thm3(const ref_descent_run *r, double move, double path);

/* Distance to the minimiser after r steps, H-strongly convex, eta <= gamma:
 *   E|theta_r - theta*|^2 <= (1 - eta H)^r distance2 + eta Vmax/H.   [spec:gvm 6.4] */
REF_API double ref_descent_distance(double distance2, double eta, double gamma,
                                    double H, size_t r, double Vmax);

/* One step with a biased gradient, eta <= gamma:
 *   -(eta/2) grad2 + (eta/2) bias2 + (eta^2/(2 gamma)) V.            [spec:gvm 6.2] */
REF_API double ref_descent_biased(double eta, double gamma, double grad2, double bias2,
                                  double V);

/* Bound on the bias of SN:  sum_i w_i q_i^n_i |mu_i|.
 *
 *   w, p, n, norm   (m) weights, acceptance rates, draws, |mu_i|
 *   label           [spec:gvm 6.2]
 */
REF_API double ref_descent_sn_bias(const double *w, const double *p, const size_t *n,
                                   const double *norm, size_t m);

/* ---- SGD with a biased gradient (BVPO) ------------------------------------------- */

/* Change of the expected loss in one step, any eta > 0, equality for (L/2)|theta|^2:
 *   -(eta/2) grad2 - (eta/2)(1 - eta L) shifted2 + (eta/2) bias2 + (eta^2 L/2) s2
 *
 *   shifted2  |grad F + b|^2
 *   label     [bvpo:thm3]
 */
REF_API double ref_descent_step(double eta, double L, double grad2, double shifted2,
                                double bias2, double s2);

/* Floor of one step,  bias2 + eta L s2.                                 [bvpo:thm3] */
REF_API double ref_descent_floor(double bias2, double eta, double L, double s2);

/* Mean squared gradient over K steps <= 2 gap/(eta K) + floor, 0 < eta <= 1/L.
 *
 *   floor     mean of ref_descent_floor over the steps
 *   label     [bvpo:thm3]
 */
REF_API double ref_descent_average(double gap, double eta, double L, size_t K,
                                   double floor);

/* Polyak-Lojasiewicz, |grad F|^2 >= 2 m (F - F*):
 *   E F(theta_K) - F* <= (1 - eta m)^K gap + (floor/(2m)) (1 - (1 - eta m)^K)
 *
 *   m         0 < m <= L;  0 < eta <= 1/L
 *   label     [spec:bvpo 2.4]
 */
REF_API double ref_descent_pl(double gap, double eta, double L, double m, size_t K,
                              double floor);

/* Bound of ref_descent_average at its best constant step min(1/L, sqrt(2 gap/(L K s2)));
 * bias2 + 2 sqrt(2 gap L s2/K) in the interior.                     [spec:bvpo 2.4] */
REF_API double ref_descent_best_average(double gap, double L, size_t K, double bias2,
                                        double s2);

/* Adaptive weights at eta = 1/L:  2 L gap/K + (1/K) sum_k min(mse_t[k], mse_e[k]).
 *
 *   mse_t, mse_e  (K) conditional mean squared errors of the two estimators
 *   label         [bvpo:thm4]
 */
REF_API double ref_descent_adaptive(double gap, double L, const double *mse_t,
                                    const double *mse_e, size_t K);

#endif
