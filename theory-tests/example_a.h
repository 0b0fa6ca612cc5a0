/* example_a.h -- counterexample A to the printed theorems 2 and 3.       [spec:gvm 6.3]
 *
 * y = +-1 with probability 1/2, z|y ~ N(theta + delta y, 1), delta = 0.1, one E-step from
 * theta = z. With u = z - theta, L = u^2/2 + delta^2/2 - log cosh(delta u) + const,
 * grad L_t = -u, u' = u - eta (u - delta y). 1-smooth, 1-strongly convex; a second
 * coordinate of curvature H <= 1, noise-free and at its optimum, changes nothing else.
 */
#ifndef THEORY_TESTS_EXAMPLE_A_H
#define THEORY_TESTS_EXAMPLE_A_H

#include "ref/descent.h"

#include <stddef.h>

typedef struct example_a_outcome {
    double change;       /* E L(theta_k) - L(theta_0) */
    ref_descent_run run; /* D1, D2, D3 and Omega of the same run */
} example_a_outcome;

/* All 2^k paths of k M-steps of size eta, exactly. */
example_a_outcome example_a(size_t k, double eta, double H);

#endif
