/* block.h -- the kernels of the block engine: eight replicas side by side.
 *
 * One prompt at a time, so that its features stay in the first-level cache from the
 * logits to the gradient. Every array has the lane innermost. The definition is the plain
 * kernel's, operation by operation; the vector kernels do the same operations in the same
 * order for each lane, without fused multiply-add, and so give the same bits.
 *
 * Symbols (paper -> code)
 *   Y, d      Y, d     latents, features                                   counts
 *   phi       phi      features of one prompt                              (Y,d)
 *   e_y       e        exp(logit_y - max)                                  (Y,8)
 *   C_y       C        running sum of e in index order                     (Y,8)
 *   -         count    draws of each latent                                (Y,8)
 *   a_y       accept   0 or 1                                              (Y)
 */
#ifndef SIM_BLOCK_H
#define SIM_BLOCK_H

#include "sim/sampler.h"

/* One prompt's rows of the tables; pointers with lanes are 64-byte aligned. */
typedef struct sim_block_prompt {
    size_t Y, d;
    const double *phi;    /* (Y,d) */
    const double *phi2;   /* (Y) |phi_y|^2 */
    const double *offset; /* (Y) */
    const double *accept; /* (Y) */
    double *e, *C;        /* (Y,8) */
    double *count;        /* (Y,8) */
    double *norm2;        /* (Y,8) |s_y|^2 */
    const double *zero;   /* (Y) zeros */
    double *row;          /* (Y,8) scratch */
    double *mean;         /* (d,8) scratch, E_P phi after norms */
} sim_block_prompt;

typedef struct sim_block_kernel {
    const char *name; /* "plain", "generic", "avx2", "avx512" */
    bool (*supported)(void);
    /* e, C <- softmax tables at theta (d,8); p (8) <- accepted mass / total mass */
    void (*open)(const sim_block_prompt *b, const double *theta, double *p);
    /* mean <- E_P phi;  norm2_y <- |phi_y - mean|^2, never below 0 */
    void (*norms)(const sim_block_prompt *b);
    /* y0, y1 (8) <- latents of draws 2 pair and 2 pair + 1 of the order's stream: first
     * index with u C_last < C_y, the last one if rounding leaves none */
    void (*invert)(const sim_block_prompt *b, uint32_t prompt, const sim_order *order,
                   uint32_t pair, int64_t *y0, int64_t *y1);
    /* g (d,8) += sum_y count_y (accepted a_y + all) (phi_y - E_P phi) */
    void (*add)(const sim_block_prompt *b, const double *accepted, const double *all,
                double *g);
    /* a probe of n rounds in registers, from x[0] and x[1]: how many operations it did */
    double (*peak)(double *x, size_t n);
} sim_block_kernel;

/* All kernels of this build, the plain one first, the widest last. */
const sim_block_kernel *const *sim_block_kernels(size_t *count);

/* The widest kernel that this processor can run. */
const sim_block_kernel *sim_block_best(void);

/* Make a block sampler use another kernel: for tests and benchmarks. */
void sim_block_use(sim_sampler *s, const sim_block_kernel *kernel);

/* e^x for x <= 0 by a polynomial, the definition that all kernels share:
 *   n = round(x/ln 2), r = x - n ln 2 in two pieces, 2^n sum_{k<=13} r^k/k!.
 *
 *   x         <= 0; below -708 the value is e^-708, so that logarithms stay finite
 *   returns   relative error below 2^-52 (1.0 ulp measured against 64-bit mantissas)
 *   label     [spec:sim 9]
 */
double sim_exp(double x);

#endif
