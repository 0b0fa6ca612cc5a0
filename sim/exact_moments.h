/* exact_moments.h -- the exact law of every estimator on a whole problem.
 *
 * The estimator of -grad L is  ghat = (1/m) sum_i ghat_i - lambda theta,  where ghat_i
 * estimates mu_i from n_i draws. Prompts are independent, so variances add; biases are
 * vectors and add coherently.
 *
 * Symbols (paper -> code)
 *   m, d      m, d     prompts, parameters
 *   n_i       n[i]     draws of prompt i                                    count
 *   mu_i      mu       grad log p_i                                         (m,d)
 *   c_i       c        S2_i/p_i - |mu_i|^2, IW variance of one draw         (m)
 *   g         g        -grad L                                              (d)
 *   rho       rho      <g, E ghat>^2 / (|g|^2 E|ghat|^2)
 */
#ifndef SIM_EXACT_MOMENTS_H
#define SIM_EXACT_MOMENTS_H

#include "ref/allocate_rule.h"
#include "ref/reject.h"
#include "sim/family.h"

/* Everything exact about a problem at one theta; read only once open. */
typedef struct sim_exact {
    size_t m, d, policy;
    double loss, grad2, smoothness;
    sim_moments *moments; /* (m) */
    double *mu;           /* (m,d) */
    double *g;            /* (d) */
    double *ridge;        /* (d) lambda theta */
    double *p, *G;        /* (m) columns for allocation rules; G = sqrt(S2) */
    double *S2, *mu2, *H2;
    double *S2_wrong; /* (m) HR/q, 0 where q = 0 */
    double *c;        /* (m) */
} sim_exact;

/* Evaluate a problem at theta; nothing of either is borrowed.
 *
 *   returns   REF_OK; REF_ENOMEM; REF_ENONFINITE when a p_i is not positive
 *   label     [spec:sim 1]
 */
REF_MUST ref_status sim_exact_open(sim_exact *e, const sim_problem *p,
                                   const double *theta, ref_why *why);
void sim_exact_close(sim_exact *e);

typedef struct sim_exact_law {
    double variance; /* trace of the covariance of ghat */
    double bias2;    /* |E ghat - g|^2 */
    double mse;      /* variance + bias2 */
    double rho; /* share of the exact gradient's progress; NaN where g or ghat is 0 */
} sim_exact_law;

/* Law of one estimator for draws n.
 *
 *   mean (d)  E ghat, or NULL
 *   n         (m) >= 0; IW, RB, POOL and RRIS take real numbers, SN and LOO whole ones.
 *             A prompt with n_i = 0 contributes 0
 *   RRIS      with the true p: kappa_i = n_i p_i, so that n_i is the expected cost,
 *             c_i = p_i, and no cap
 *   POOL      pool = m / sum_i n_i
 *   an answer head adds the head's coordinates of LOO and RRIS without a baseline: h is
 *             zero there, so their head block is SN, respectively RRIS with c = 0
 *   returns   all NaN when an n_i is outside the domain
 *   label     [spec:sim 1][spec:gvm 2.2][spec:gvm 2.3]
 */
sim_exact_law sim_exact_estimator(double *mean, const sim_exact *e,
                                  ref_reject_estimator estimator, const double *n);

/* Exact IW variance (1/m^2) sum_i c_i/n_i;  +inf where c_i > 0 meets n_i = 0.
 *                                                       [gvm:lemma1][spec:gvm 2.2] */
double sim_exact_variance(const sim_exact *e, const double *n);

/* The same of n_i = N w_i / sum w for weights w; V_unif/V_w is the ratio of two calls. */
double sim_exact_weighted(const sim_exact *e, const double *w, double budget);

/* What an allocation rule may look at: true p, G = sqrt(S2) and the other moments. The
 * arrays are borrowed from e. */
ref_allocate_input sim_exact_input(const sim_exact *e, double budget);

#endif
