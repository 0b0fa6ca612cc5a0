/* floor.h -- the noise floor of a constant step at the minimum, predicted exactly.
 *
 * Symbols (paper -> code)
 *   H         -        Hessian of L at theta*, eigenvalues h_j             (d,d)
 *   Sigma     -        covariance of the estimate, (1/m^2) sum_i Sigma_i/n_i
 *   eta       eta      constant step size
 */
#ifndef SIM_FLOOR_H
#define SIM_FLOOR_H

#include "sim/family.h"

typedef struct sim_floor {
    size_t d;
    double best;   /* L* */
    double *theta; /* (d) theta*, owned */
    double *h;     /* (d) eigenvalues of H, ascending */
    double *axis;  /* (d,d) row j: eigenvector of h_j */
} sim_floor;

/* Minimum and curvature of a problem with a Hessian.
 *
 *   returns   REF_OK; REF_EUNSUPPORTED (no Hessian); REF_ENOMEM; what the minimiser said
 */
REF_MUST ref_status sim_floor_init(sim_floor *f, const sim_problem *p, ref_why *why);
void sim_floor_free(sim_floor *f);

/* sigma (d) <- diagonal of the IW covariance at theta* in the eigenbasis of H, for draws
 * n (m) > 0 of a log-linear problem; its sum is tr Sigma.
 *
 *   returns   REF_OK; REF_EUNSUPPORTED (no explicit table); REF_ENOMEM
 *   label     [gvm:lemma1][spec:sim 6]
 */
REF_MUST ref_status sim_floor_noise(double *sigma, const sim_floor *f,
                                    const sim_problem *p, const double *n,
                                    ref_why *why);

/* E L - L* = (eta/2) sum_j sigma_j / (2 - eta h_j).                     [spec:sim 6] */
double sim_floor_predict(const sim_floor *f, const double *sigma, double eta);

/* n (m) <- whole draws in proportion to w by largest remainder, 8 per prompt in the
 * specification, then no prompt below one. REF_OK or REF_ENOMEM.        [spec:sim 6] */
REF_MUST ref_status sim_floor_draws(double *n, const double *w, size_t m, double each,
                                    ref_why *why);

#endif
