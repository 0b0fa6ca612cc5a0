/* quadratic.h -- SGD on a quadratic with two biased noisy gradients, solved exactly.
 *
 * F = 1/2 sum_i lam_i theta_i^2;  g_j = grad F + b_j + xi_j, j = t, e, with diagonal
 * covariances S_t, S_e, S_te; the run uses g_c = alpha g_t + (1-alpha) g_e. Mean m and
 * variance c of each coordinate obey  m <- (1-eta lam) m - eta b_c,
 * c <- (1-eta lam)^2 c + eta^2 v_c.
 *
 * Symbols (paper -> code)
 *   lam        lam         curvatures, > 0; L largest, m smallest          (d)
 *   m_0        start       where the run begins                            (d)
 *   b_t, b_e   b_t b_e     biases                                          (d)
 *   S          S_t S_e S_te   diagonals                                    (d)
 */
#ifndef SIM_QUADRATIC_H
#define SIM_QUADRATIC_H

#include "ref/bvpo.h"
#include "ref/status.h"

#include <stddef.h>

/* Borrowed arrays of d. */
typedef struct sim_quadratic {
    size_t d;
    const double *lam, *start;
    const double *b_t, *b_e;
    const double *S_t, *S_e, *S_te;
} sim_quadratic;

/* Scalars of the two estimators, the same at every theta.            [spec:bvpo 3.6] */
ref_bvpo_pieces sim_quadratic_pieces(const sim_quadratic *q);

/* Largest and smallest curvature. */
double sim_quadratic_smoothness(const sim_quadratic *q);
double sim_quadratic_convexity(const sim_quadratic *q);

/* State of a run: moments of theta_k, coordinate by coordinate. */
typedef struct sim_quadratic_state {
    double *mean, *variance; /* (d) each */
} sim_quadratic_state;

/* mean <- start, variance <- 0. */
void sim_quadratic_start(sim_quadratic_state *s, const sim_quadratic *q);

/* One step of size eta with weight alpha.                            [spec:bvpo 3.6] */
void sim_quadratic_step(sim_quadratic_state *s, const sim_quadratic *q, double alpha,
                        double eta);

/* E F, E|grad F|^2 and E|grad F + b_c|^2 at a state.                 [spec:bvpo 3.6] */
typedef struct sim_quadratic_value {
    double loss, gradient2, shifted2;
} sim_quadratic_value;

sim_quadratic_value sim_quadratic_value_at(const sim_quadratic_state *s,
                                           const sim_quadratic *q, double alpha);

/* A whole run of K steps. */
typedef struct sim_quadratic_run {
    double first, last; /* E F(theta_0), E F(theta_K) */
    double average;     /* (1/K) sum_{k<K} E|grad F(theta_k)|^2 */
} sim_quadratic_run;

/* Run K steps.
 *
 *   out       untouched on failure
 *   returns   REF_OK; REF_ESHAPE for d = 0 or K = 0; REF_EDOM for a curvature or eta
 *             that is not positive and finite; REF_ENOMEM
 *   label     [spec:bvpo 3.6]
 */
REF_MUST ref_status sim_quadratic_run_exact(sim_quadratic_run *out,
                                            const sim_quadratic *q, double alpha,
                                            double eta, size_t K);

#endif
