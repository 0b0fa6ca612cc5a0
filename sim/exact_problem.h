/* exact_problem.h -- the latent-variable families of `gvm-sim exact`. */
#ifndef SIM_EXACT_PROBLEM_H
#define SIM_EXACT_PROBLEM_H

#include "sim/exact.h"

/* out: family prompts parameters ridge at loss grad2 smoothness allocation budget,
 *   variance   exact IW variance of real-valued draws: uniform, gvm = G/sqrt(p), neyman,
 *              allocation, and the gains uniform / each
 *   estimators name variance bias2 mse rho mean (array), whole draws
 *   prompt     index n p q log_p S2 G1 mu2 v H2 HR W2
 * A number that is not finite is null.                     [spec:sim 1][spec:sim 4.1] */
sim_exact_handler sim_exact_tabular, sim_exact_realisable, sim_exact_frustrated,
    sim_exact_head, sim_exact_chain, sim_exact_model;

#endif
