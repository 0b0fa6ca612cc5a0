/* driver.h -- runs a plan: threads inside a rank, ranks side by side, one file.
 *
 * Cell c belongs to rank c mod ranks; threads of a rank take its cells as they come. Each
 * cell fills its own slot, rank 0 writes the slots in cell order: the bytes do not depend
 * on threads, on ranks, or on where an interrupted run was taken up.       [spec:sim 9]
 */
#ifndef SIM_DRIVER_H
#define SIM_DRIVER_H

#include "sim/plan.h"

#include <signal.h>

typedef struct sim_run {
    const char *out;                   /* file; NULL or "-": standard output */
    const char *timing;                /* file of times, see below; NULL: none */
    size_t threads;                    /* per rank; 0: OpenMP's default */
    bool resume;                       /* take up FILE.part */
    bool force;                        /* throw FILE.part away */
    const volatile sig_atomic_t *stop; /* not 0: finish running cells, save, return */
    /* called from one thread at a time, on rank 0 after each of its cells; may be NULL */
    void (*progress)(void *user, size_t done, size_t total);
    void *user;
} sim_run;

/* The file of times holds lines "cell, name, what, seconds" of the cells that this run
 * computed, rank after rank: what = "cell" for the whole cell, otherwise what the experiment
 * measured, "target" for the wall time until its goal. Times depend on machine and load;
 * that is why they stand in a file of their own.
 */

/* Runs the plan; collective over the ranks, the same result on all of them.
 *
 *   returns   REF_OK, the file is there; REF_EINTERRUPTED, FILE.part is there (not for
 *             standard output); otherwise what failed first in cell order, no file
 */
REF_MUST ref_status sim_run_plan(const sim_plan *p, const sim_run *run, ref_why *why);

#endif
