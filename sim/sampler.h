/* sampler.h -- where draws come from: one replica of any family, or eight of a table.
 *
 * A sampler opens all prompts at one theta per lane, draws latents, remembers what was
 * drawn, and adds coefficient-weighted scores to a gradient. What to draw and with which
 * coefficients is decided above it (estimate.h), once for both implementations.
 *
 * Symbols (paper -> code)
 *   n, K      n, K      draws kept and accepted of one prompt              counts
 *   s, h      -         score of an accepted draw, policy score of any
 *   -         lane      one replica; lanes are innermost in every array
 */
#ifndef SIM_SAMPLER_H
#define SIM_SAMPLER_H

#include "sim/family.h"

enum { SIM_LANES = 8 };

/* What one prompt's draws came to, per lane. Counts are doubles: lanes are vectors. */
typedef struct sim_tally {
    double n[SIM_LANES];     /* draws kept */
    double K[SIM_LANES];     /* of them accepted */
    double norm[SIM_LANES];  /* sum of |s| over the accepted */
    double norm2[SIM_LANES]; /* sum of |s|^2 over the accepted */
    double next[SIM_LANES];  /* number of the next draw in its stream */
} sim_tally;

/* Exact quantities of one prompt at the open theta, per lane. */
typedef struct sim_exact_lane {
    double p[SIM_LANES];
    double S2[SIM_LANES], G1[SIM_LANES]; /* where norms were asked for, else 0 */
    double H2[SIM_LANES];                /* E_P|h|^2, likewise */
} sim_exact_lane;

/* An order to draw: until `limit` more draws were made or `successes` more were accepted. */
typedef struct sim_order {
    uint32_t seed, stream, step;
    uint32_t replica; /* of lane 0; lane l is replica + l */
    double limit[SIM_LANES];
    double successes[SIM_LANES];
} sim_order;

typedef struct sim_sampler sim_sampler;

typedef struct sim_sampler_ops {
    /* Tables of prompt i at theta (d, lanes); fills s->exact[i]. Norms cost as much again
     * as the rest and are asked for only where a method reads them. */
    void (*open)(sim_sampler *s, size_t i, const double *theta, bool norms);
    /* Draws for prompt i; adds to s->tally[i]. */
    void (*draw)(sim_sampler *s, size_t i, const sim_order *order);
    /* Forgets the draws of prompt i in one lane; `next` stays. */
    void (*clear)(sim_sampler *s, size_t i, size_t lane);
    /* Forgets the draws of prompt i in all lanes and starts its streams anew. */
    void (*reset)(sim_sampler *s, size_t i);
    /* g (d, lanes) += sum over kept draws of accepted a(y) s + all h, per lane. */
    void (*add)(sim_sampler *s, size_t i, const double *accepted, const double *all,
                double *g);
    /* g (d, lanes) += c mu_i, the exact gradient of log p_i at the open theta. */
    void (*mean)(sim_sampler *s, size_t i, double c, double *g);
    void (*free)(sim_sampler *s);
} sim_sampler_ops;

struct sim_sampler {
    const sim_sampler_ops *ops;
    const sim_problem *problem; /* borrowed */
    size_t lanes;               /* 1 or SIM_LANES */
    bool weighted;              /* RB: every draw enters with weight a(y) */
    bool failed;                /* memory ran out while remembering draws */
    sim_tally *tally;           /* (m) */
    sim_exact_lane *exact;      /* (m) */
    void *data;                 /* the implementation's own */
};

/* One replica of any family. */
REF_MUST ref_status sim_sampler_family(sim_sampler *s, const sim_problem *p,
                                       bool weighted, ref_why *why);

/* Eight replicas of a problem with an explicit table and a 0/1 verifier.
 *
 *   returns   REF_OK; REF_EUNSUPPORTED for other problems; REF_ENOMEM
 *   label     [spec:sim 9]
 */
REF_MUST ref_status sim_sampler_block(sim_sampler *s, const sim_problem *p,
                                      ref_why *why);

/* The faster of the two that fits. */
REF_MUST ref_status sim_sampler_init(sim_sampler *s, const sim_problem *p,
                                     bool weighted, ref_why *why);

/* Valid after any outcome of init, any number of times. */
void sim_sampler_free(sim_sampler *s);

/* New step: no draws anywhere, every stream at its first draw. */
void sim_sampler_reset(sim_sampler *s);

/* n doubles aligned to 64 bytes, zeroed; release with free. NULL without memory. */
double *sim_aligned(size_t n);

#endif
