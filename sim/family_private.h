/* family_private.h -- what the enumerable families share: one softmax per prompt.
 *
 * Symbols (paper -> code)
 *   l_y       logit    theta.phi_y + o_y                       (Y)
 *   P, Q      P, Q     policy and posterior over the latents   (Y)
 *   C_y       C        running sum of P in index order         (Y)
 *   a(y)      accept   acceptance probability                  (Y)
 */
#ifndef SIM_FAMILY_PRIVATE_H
#define SIM_FAMILY_PRIVATE_H

#include "sim/family.h"

/* P, C (Y) <- softmax of logit and its running sum. */
void sim_softmax(double *P, double *C, const double *logit, size_t Y);

/* Q (Y) <- P a / p in logarithms; logit is overwritten by logit + log a.
 * Sets p, q and log_p of out; log_p is -inf when nothing is accepted.
 * log_accept may be NULL: log of accept. */
void sim_posterior(double *Q, sim_moments *out, const double *P, const double *accept,
                   const double *log_accept, double *logit, size_t Y);

/* First index with u C_last < C_y.                                   [spec:sim 2.1] */
uint32_t sim_draw_index(const double *C, size_t n, double u);

/* The scalar moments that are sums over latents, from the squared score norms.
 *   s2, h2    (Y) |s(y)|^2 and |h(y)|^2; the same array with a verifier
 *   out       p is set; S2, G1, H2, HR, W2 are filled */
void sim_moment_sums(sim_moments *out, const double *P, const double *Q,
                     const double *accept, const double *s2, const double *h2,
                     size_t Y);

/* What tabular and log-linear problems own. */
typedef struct sim_loglinear_data {
    sim_loglinear table; /* phi is NULL for a tabular problem too large to spell out */
    sim_loglinear test;  /* realisable problems: prompts m..2m-1; else m = 0 */
    double *start;       /* (d) or NULL: zeros */
} sim_loglinear_data;

void sim_loglinear_data_free(sim_loglinear_data *data);

/* Arrays of a table, zeroed; phi only where with_phi. Released by sim_loglinear_free. */
REF_MUST ref_status sim_loglinear_alloc(sim_loglinear *t, size_t m, size_t Y, size_t d,
                                        bool with_phi, ref_why *why);
void sim_loglinear_free(sim_loglinear *t);

/* Make p a log-linear problem that owns data. */
void sim_loglinear_problem(sim_problem *p, sim_loglinear_data *data, double lambda);

/* Refuse sizes that no shape can have, and profiles outside (0,1); p (m) <- profile. */
REF_MUST ref_status sim_shape_open(double **p, const sim_shape *s, bool has_features,
                                   ref_why *why);

extern const sim_family sim_family_tabular;
extern const sim_family sim_family_loglinear;
extern const sim_family sim_family_head;
extern const sim_family sim_family_chain;

#endif
