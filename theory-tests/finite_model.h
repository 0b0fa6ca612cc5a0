/* finite_model.h -- random log-linear latent models small enough to enumerate.
 *
 *   P(y|x_i) = softmax_y(phi_{i,y} . theta),  phi Gaussian from the Philox features.
 *   Acceptance is either a fixed set of latents (a verifier) or a(y) = sigmoid(psi .
 *   theta), psi Gaussian.                                          [spec:gvm 1.4]
 *
 * A draw of one prompt has 2 Y outcomes: latent y, accepted (2y+1) or not (2y).
 */
#ifndef THEORY_TESTS_FINITE_MODEL_H
#define THEORY_TESTS_FINITE_MODEL_H

#include "ref/elbo.h"
#include "ref/numeric.h"
#include "ref/reject.h"
#include "ref/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FINITE_M = 4, FINITE_Y = 6, FINITE_D = 5 };

typedef struct finite_shape {
    size_t m, Y, d;
    size_t accepted; /* latents y < accepted pass the verifier; 0: sigmoid acceptance */
    uint32_t seed;
} finite_shape;

/* Holds pointers into itself: never copy one. */
typedef struct finite_model {
    finite_shape shape;
    double phi[FINITE_M][FINITE_Y * FINITE_D];
    double psi[FINITE_M][FINITE_Y * FINITE_D];
    double w[FINITE_M]; /* unequal, sum 1 */
    /* tables at the theta of the last finite_model_at */
    double log_prior[FINITE_M][FINITE_Y], log_accept[FINITE_M][FINITE_Y];
    double h[FINITE_M][FINITE_Y * FINITE_D], s[FINITE_M][FINITE_Y * FINITE_D];
    ref_elbo_prompt prompt[FINITE_M];
    ref_elbo_model elbo; /* what ref/elbo sees */
} finite_model;

/* Random model and its tables at theta = 0. */
void finite_model_init(finite_model *f, const finite_shape *shape);

/* Replace the features by one-hot ones (d = Y, a table per prompt, shared) and recompute
 * the tables at theta = 0. */
void finite_model_one_hot(finite_model *f);

/* theta (d) <- scale x standard normal, stream 7 of the model's seed, number `which`. */
void finite_model_theta(const finite_model *f, double *theta, double scale,
                        uint32_t which);

/* Recompute the tables at theta (d). */
void finite_model_at(finite_model *f, const double *theta);

/* Certified 1/gamma: max_i of diam_i^2/4, plus max|psi|^2/4 with sigmoid acceptance. */
double finite_model_smoothness(const finite_model *f);

/* curvature (Y,d,d) <- Hess(-log P(y,z_i|x_i)) = Cov_P(phi) + a(1-a) psi psi'. */
void finite_model_curvature(const finite_model *f, size_t i, double *curvature);

/* Probability of one outcome of a draw of prompt i, outcome < 2 Y. */
double finite_model_outcome(const finite_model *f, size_t i, size_t outcome);

/* g (d) <- estimator e from n outcomes of prompt i; the c fields p, pool and weight are
 * taken as given, n and K are filled in. */
void finite_model_estimate(const finite_model *f, size_t i, ref_reject_estimator e,
                           const size_t *outcome, size_t n, const ref_reject_case *c,
                           double *g);

/* Exact law by enumeration of all (2Y)^n draws. */
typedef struct finite_law {
    double mean[FINITE_D];
    double variance; /* trace of the covariance */
    double mse;      /* against mu */
    double mass;     /* of all outcomes, 1 up to round-off */
} finite_law;

void finite_model_law(const finite_model *f, size_t i, ref_reject_estimator e, size_t n,
                      double pool, finite_law *out);

/* Exact moments of prompt i; the model's p is known to be positive. mu (d) may be NULL. */
ref_elbo_moments finite_model_moments(const finite_model *f, size_t i, double *mu);

/* One outcome drawn with the j-th and (j+1)-th uniform of a stream. */
size_t finite_model_draw(const finite_model *f, size_t i, const ref_rng_stream *stream,
                         uint32_t j);

/* Projection of replicated estimates on mu/|mu|: replica r draws from stream
 * {seed, 1, i, 0, r}. Its mean is omega |mu|. */
typedef struct finite_sample {
    ref_moment projection; /* <g, mu>/|mu| */
    ref_moment error;      /* |g - mu|^2, whose mean is the MSE */
    double mu_norm;
} finite_sample;

void finite_model_sample(const finite_model *f, size_t i, ref_reject_estimator e,
                         size_t n, uint32_t seed, uint32_t replicas,
                         finite_sample *out);

/* (mean - want) in standard errors of the mean. */
double finite_sample_z(const ref_moment *s, double want);

#endif
