/* population.h -- exact moments of every prompt, as columns, for static experiments.
 *
 * Symbols (paper -> code)
 *   m, d      m, d       prompts, parameters
 *   p_i       p[i]       acceptance rate
 *   G_i       G[i]       sqrt(E_Q|s|^2), the norm in the bound
 *   c_i       c[i]       S2/p - |mu|^2, exact IW variance of one draw
 *   mu_i      mu[i*d]    grad log p_i
 *   g         g          (1/m) sum_i mu_i, minus the gradient of the loss
 */
#ifndef SIM_POPULATION_H
#define SIM_POPULATION_H

#include "ref/allocate_rule.h"
#include "ref/reject.h"
#include "ref/status.h"
#include "sim/family.h"

typedef struct sim_population {
    size_t m, d;
    double *p, *G, *S2, *mu2, *H2, *S2_wrong, *c; /* (m) */
    double *mu;                                   /* (m,d) */
    double *g;                                    /* (d) */
    ref_reject_moments *moments;                  /* (m), for ref_reject_exact */
    double g2;                                    /* |g|^2 */
} sim_population;

/* Moments of a problem at its starting point.
 *
 *   returns   REF_OK; REF_ENOMEM. Free with sim_population_free in any case
 *   label     [spec:sim 4.1]
 */
REF_MUST ref_status sim_population_init(sim_population *x, const sim_problem *problem);
void sim_population_free(sim_population *x);

/* The same from a named model and profile: "tabular" (one accepted latent of 32),
 * "loglinear" (four of 32, 64 features), "long" (the same, feature scale p^-1/4); feature
 * seed 11, as in the specification.
 *
 *   returns   REF_EUSAGE for an unknown model or profile
 *   label     [spec:sim 4.1]
 */
REF_MUST ref_status sim_population_named(sim_population *x, const char *model,
                                         const char *profile, size_t m, ref_why *why);

/* What a rule may see of it, truth throughout; equal weights, the paper's alpha, beta. */
ref_allocate_input sim_population_input(const sim_population *x, double budget);

/* Exact IW variance (1/m^2) sum_i c_i/(N u_i) of the mean gradient.     [gvm:lemma1] */
double sim_population_variance(const sim_population *x, const double *share,
                               double budget);

#endif
