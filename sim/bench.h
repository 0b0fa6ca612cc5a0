/* bench.h -- how fast the engine is on this machine: times, never results. */
#ifndef SIM_BENCH_H
#define SIM_BENCH_H

#include "sim/em.h"

/* One measurement. A replica-step is 8 draws per prompt, self-normalised, one SGD update. */
typedef struct sim_bench {
    size_t m, Y, d;
    size_t threads;
    double seconds; /* per replica-step and thread: wall time x threads / steps done */
    double flops;   /* 4 m Y d per replica-step over seconds, logits and gradient */
    double bytes;   /* features read per replica-step over seconds */
} sim_bench;

/* Measures for about `budget` seconds and keeps the median of several rounds. */
REF_MUST ref_status sim_bench_step(sim_bench *out, size_t m, size_t Y, size_t d,
                                   size_t threads, double budget, ref_why *why);

/* One core's arithmetic without fused multiply-add, and reading from memory. */
double sim_bench_peak_flops(void);
REF_MUST ref_status sim_bench_bandwidth(double *bytes_per_second, ref_why *why);

#endif
