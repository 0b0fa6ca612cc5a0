/* check_bvpo.h -- the named models [spec:bvpo 3.4], and random second moments. */
#ifndef THEORY_TESTS_CHECK_BVPO_H
#define THEORY_TESTS_CHECK_BVPO_H

#include "ref/bvpo.h"
#include "sim/family_bvpo.h"

#include <stdbool.h>
#include <stdint.h>

/* A model, its tables at theta, both owned. */
typedef struct check_bvpo {
    sim_bvpo m;
    sim_bvpo_table t;
} check_bvpo;

/* Open a model of the default size; a failure is reported and false returned. */
bool check_bvpo_open(check_bvpo *c, double beta, double tau, double kappa);
void check_bvpo_close(check_bvpo *c);

/* G1 of the golden table: beta 1, tau 1, kappa 1/2. */
bool check_bvpo_open_g1(check_bvpo *c);

/* ref(r|x,y+) ref(q|x,y-): how likely a pair's two traces are under the reference. */
double check_bvpo_traces(const check_bvpo *c, sim_bvpo_pair pair, size_t r, size_t q);

/* |got - want| / |want| */
double check_bvpo_relative(double got, double want);

/* Uniform in (0,1] number j of instance i of a test's own stream. */
double check_bvpo_uniform(uint32_t stream, uint32_t i, uint32_t j);

/* Pieces made of random vectors and a random joint covariance of dimension 3, so that
 * every inequality that holds for real estimators holds for them. */
ref_bvpo_pieces check_bvpo_random(uint32_t stream, uint32_t i);

#endif
