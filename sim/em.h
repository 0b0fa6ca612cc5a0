/* em.h -- the E/M loop: estimate, step, again; what it cost and where it got.
 *
 * Symbols (paper -> code)
 *   eta       eta      learning rate
 *   U         updates  optimiser updates per step, each on m/U prompts of its own
 *   L         loss     -mean log p + (lambda/2)|theta|^2
 *   S         -        replicas, in blocks of SIM_LANES
 */
#ifndef SIM_EM_H
#define SIM_EM_H

#include "sim/estimate.h"

typedef enum sim_optimiser { SIM_SGD, SIM_ADAM } sim_optimiser;

typedef struct sim_training {
    sim_method method;
    sim_optimiser optimiser;
    double eta;
    /* NULL, or eta of step t = 0, 1, ... in place of eta */
    double (*schedule)(size_t t, const void *user);
    const void *user;
    size_t steps;
    size_t updates;      /* U >= 1; needs U <= m */
    size_t every;        /* record steps 0, every, 2 every, ... and the last */
    bool accuracy;       /* record test accuracy: needs a test set */
    bool gradient;       /* record |grad L|^2, and with U = 1 the noise */
    double guard;        /* a lane whose loss passes it has diverged; 0: 20 */
    const double *start; /* (d) theta_0; NULL: the family's start */
    uint32_t seed;
    uint32_t replica; /* of lane 0 */
    size_t replicas;  /* 1 ... SIM_LANES */
} sim_training;

/* What a block of replicas did; arrays (records, SIM_LANES), lane innermost. */
typedef struct sim_trace {
    size_t records, lanes;
    double *step;     /* (records) */
    double *loss;     /* NaN from where a lane diverged */
    double *draws;    /* draws per prompt so far, pilot included */
    double *accuracy; /* NaN where not asked for */
    double *grad2;    /* likewise */
    double *noise2;   /* |ghat - g|^2 of the step that starts here; likewise */
    double *seconds;  /* (records) wall time since the start, all lanes together */
    double *theta;    /* (d, SIM_LANES) at the end */
    size_t diverged;  /* replicas stopped by the guard */
} sim_trace;

/* Trains a block of replicas.
 *
 *   returns   REF_OK; REF_EUSAGE (updates, replicas); what the rule says; REF_ENOMEM;
 *             a replica that diverges is counted, not an error
 *   label     [spec:sim 5]
 */
REF_MUST ref_status sim_train(sim_trace *out, const sim_problem *p,
                              const sim_training *t, ref_why *why);
void sim_trace_free(sim_trace *t);

/* ---- reading traces --------------------------------------------------------------- */

/* Replicas side by side: curve (records, S) of one quantity. */
typedef struct sim_curves {
    size_t records, S;
    const double *step; /* (records) borrowed from a trace */
    double *loss, *draws, *accuracy, *grad2, *noise2;
    double *seconds; /* (records) wall time since the start, summed over the blocks */
} sim_curves;

/* All replicas of a training, block after block; t->replicas counts all of them here.
 *
 *   diverged  out, replicas stopped by the guard; may be NULL
 *   seconds   out, wall time of all blocks; may be NULL
 *   returns   as sim_train
 */
REF_MUST ref_status sim_train_all(sim_curves *out, size_t *diverged, double *seconds,
                                  const sim_problem *p, const sim_training *t,
                                  ref_why *why);
void sim_curves_free(sim_curves *c);

/* Mean over replicas in index order, diverged ones left out; standard error beside it.
 *   pick      (S) replica numbers to average, or NULL: each once */
double sim_curve_mean(const double *row, size_t S, const size_t *pick, double *se);

/* A target: loss downwards to a level, or test accuracy upwards. */
typedef struct sim_goal {
    bool accuracy;
    bool draws; /* the cost is draws per prompt instead of steps */
    double level;
} sim_goal;

/* Cost at which the replica mean first reaches the goal; NaN if it never does.
 *
 *   pick      as above
 *   label     [spec:sim 5.1]
 */
double sim_curve_target(const sim_curves *c, const sim_goal *goal, const size_t *pick);

/* A number and its 95 % interval. */
typedef struct sim_ratio {
    double ratio, low, high;
} sim_ratio;

/* Percentile bootstrap over S replicas of any statistic of a choice of them.
 *
 *   statistic pick (S) replica numbers, or NULL: each once. NaN is left out of the interval
 *   returns   REF_OK; REF_EUSAGE for fewer than 40 rounds; REF_ENOMEM
 *   label     [spec:sim 5.1]
 */
REF_MUST ref_status sim_curve_bootstrap(
    sim_ratio *out, double (*statistic)(const void *user, const size_t *pick),
    const void *user, size_t S, uint32_t seed, size_t rounds, ref_why *why);

/* Paired comparison of two methods on common random numbers: a's cost to the goal over
 * b's, bootstrapped with the same replicas for both.
 *
 *   low, high never there counts as +inf
 *   ratio     on all replicas; NaN where neither gets there
 *   returns   as above; REF_EUSAGE for unequal replicas too
 *   label     [spec:sim 5.1]
 */
REF_MUST ref_status sim_curve_compare(sim_ratio *out, const sim_curves *a,
                                      const sim_curves *b, const sim_goal *goal,
                                      uint32_t seed, size_t rounds, ref_why *why);

#endif
