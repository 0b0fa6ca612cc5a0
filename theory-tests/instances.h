/* instances.h -- random instances for the allocation suites, from one fixed seed each.
 *
 * Symbols (paper -> code)
 *   m, N      m, budget      prompts, samples
 *   c_i       c[i]           variance of one sample
 *   L_i, U_i  low[i], high[i]
 */
#ifndef THEORY_TESTS_INSTANCES_H
#define THEORY_TESTS_INSTANCES_H

#include "ref/rng.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* uniform in (0,1) */
static inline double instance_unit(uint64_t *state)
{
    return ((double)(ref_rng_splitmix64(state) >> 11) + 0.5) * 0x1p-53;
}

/* uniform in low..high */
static inline size_t instance_whole(uint64_t *state, size_t low, size_t high)
{
    return low + (size_t)(ref_rng_splitmix64(state) % (high - low + 1));
}

/* x (m) positive, log-uniform over `decades` decades around 1 */
static inline void instance_spread(double *x, size_t m, double decades, uint64_t *state)
{
    for (size_t i = 0; i < m; i++)
        x[i] = pow(10.0, decades * (instance_unit(state) - 0.5));
}

/* share (m) > 0 summing to 1: exponential spacings, uniform on the simplex */
static inline void instance_simplex(double *share, size_t m, uint64_t *state)
{
    double total = 0.0;
    for (size_t i = 0; i < m; i++) {
        share[i] = -log(instance_unit(state));
        total += share[i];
    }
    for (size_t i = 0; i < m; i++) share[i] /= total;
}

#endif
