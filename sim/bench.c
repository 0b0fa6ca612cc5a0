/* bench.c -- see bench.h. */
#include "sim/bench.h"

#include "sim/block.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5 };

/* One thread is timed by its own processor time, which the load of others hardly touches;
 * several threads by the wall. */
static double now(size_t threads)
{
    struct timespec t;
    (void)clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Every thread trains a block of its own; wall seconds for `steps` steps. */
static ref_status timed(double *seconds, const sim_problem *p, size_t steps,
                        size_t threads)
{
    ref_status all = REF_OK;
    const double start = now(threads);
#pragma omp parallel for num_threads((int)threads)
    for (size_t k = 0; k < threads; k++) {
        const sim_training t = {
            .method = {"bench", REF_REJECT_SN, "uniform", .draws = 8},
            .eta = 0.1,
            .steps = steps,
            .every = steps,
            .seed = 1,
            .replica = (uint32_t)k * SIM_LANES,
            .replicas = SIM_LANES};
        sim_trace trace;
        const ref_status s = sim_train(&trace, p, &t, NULL);
        sim_trace_free(&trace);
        if (s != REF_OK) {
#pragma omp atomic write
            all = s;
        }
    }
    *seconds = now(threads) - start;
    return all;
}

/* Steps that take about a fifth of the budget. */
static ref_status calibrate(size_t *steps, const sim_problem *p, size_t threads,
                            double budget)
{
    *steps = 4;
    for (;;) {
        double seconds = 0.0;
        double again = 0.0; /* the better of two: a pause of the machine is no work */
        REF_TRY(timed(&seconds, p, *steps, threads));
        REF_TRY(timed(&again, p, *steps, threads));
        if (again < seconds) seconds = again;
        if (seconds * ROUNDS * 2.0 >= budget || *steps >= 1000000) return REF_OK;
        *steps *= 2;
    }
}

ref_status sim_bench_step(sim_bench *out, size_t m, size_t Y, size_t d, size_t threads,
                          double budget, ref_why *why)
{
    sim_shape shape = {.m = m, .Y = Y, .d = d, .kA = Y > 4 ? 4 : 1, .seed = 11};
    sim_problem p;
    REF_TRY(sim_profile_parse(&shape.profile, "U>=1e-2", why));
    REF_TRY(sim_loglinear_init(&p, &shape, 'F', why));
    double seconds[ROUNDS] = {0};
    size_t steps = 0;
    ref_status s = calibrate(&steps, &p, threads, budget);
    for (size_t r = 0; s == REF_OK && r < ROUNDS; r++)
        s = timed(&seconds[r], &p, steps, threads);
    sim_problem_free(&p);
    if (s != REF_OK) return ref_fail(why, s, "%s", ref_status_text(s));
    qsort(seconds, ROUNDS, sizeof *seconds, ascending);
    const double each = seconds[ROUNDS / 2] / (double)(steps * SIM_LANES);
    const double size = (double)(m * Y * d);
    *out = (sim_bench){
        m, Y, d, threads, each, 4.0 * size / each, 8.0 * size / SIM_LANES / each};
    return REF_OK;
}

double sim_bench_peak_flops(void)
{
    double best = 0.0;
    for (size_t r = 0; r < 2 * ROUNDS; r++) {
        double x[2] = {0.5, 0.25};
        const double start = now(1);
        const double done = sim_block_best()->peak(x, 4000000);
        const double rate = done / (now(1) - start);
        if (rate > best && isfinite(x[0])) best = rate;
    }
    return best;
}

ref_status sim_bench_bandwidth(double *bytes_per_second, ref_why *why)
{
    const size_t n = (size_t)1 << 24; /* 128 MiB: beyond any cache */
    double *x = sim_aligned(n);
    if (x == NULL) return ref_fail(why, REF_ENOMEM, "no room for 128 MiB");
    *bytes_per_second = 0.0;
    for (size_t r = 0; r < ROUNDS; r++) {
        double sum[8] = {0};
        const double start = now(1);
        for (size_t k = 0; k < n; k += 8)
            for (size_t l = 0; l < 8; l++) sum[l] += x[k + l];
        const double rate = (double)(n * sizeof *x) / (now(1) - start);
        for (size_t l = 1; l < 8; l++) sum[0] += sum[l];
        if (rate > *bytes_per_second && sum[0] == 0.0) *bytes_per_second = rate;
    }
    free(x);
    return REF_OK;
}
