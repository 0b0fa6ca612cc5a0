/* check_family.h -- what every problem family is held to: enumeration over latents,
 * finite differences, eigenvalues.
 */
#ifndef THEORY_TESTS_CHECK_FAMILY_H
#define THEORY_TESTS_CHECK_FAMILY_H

#include "sim/family.h"

/* One prompt written out latent by latent, by the test and not by the family. */
typedef struct check_latents {
    size_t count, d;
    double *P; /* (count) P(y|x) */
    double *a; /* (count) acceptance probability */
    double *s; /* (count,d) grad log P(y,z|x) */
    double *h; /* (count,d) grad log P(y|x) */
} check_latents;

void check_latents_open(check_latents *l, size_t count, size_t d);
void check_latents_close(check_latents *l);

/* Moments by plain sums over the latents; mu (d). */
sim_moments check_latents_moments(const check_latents *l, double *mu);

/* Largest |got - want| / (1 + |want|) over log_p, p, q, S2, G1, mu2, v, H2, HR, W2; a G1
 * that is NaN in got is left out. */
double check_moments_gap(const sim_moments *got, const sim_moments *want);

/* Worst |grad L - central difference| over coordinates. */
double check_gradient_gap(const sim_problem *p, const double *theta, double step);

/* Worst |Hess L - central difference of grad L| over entries. */
double check_hessian_gap(const sim_problem *p, const double *theta, double step);

/* Smallest and largest eigenvalue of Hess L. */
void check_hessian_range(const sim_problem *p, const double *theta, double *least,
                         double *largest);

/* theta (d) <- scale x standard normal draws of Philox stream 90. */
void check_random_theta(double *theta, size_t d, uint32_t seed, double scale);

/* Draw frequencies of prompt i against probability P (count): chi^2 with the latent's
 * first word as class, as the normal score sqrt(2 X) - sqrt(2 k - 1), k = classes - 1;
 * the second result, against the uniform law, is the wrong alternative. */
typedef struct check_draws {
    double z, z_uniform;
} check_draws;
check_draws check_draw_frequencies(const sim_problem *p, const double *theta, size_t i,
                                   const double *P, size_t count, uint32_t draws);

#endif
