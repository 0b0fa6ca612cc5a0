/* parallel.h -- the ranks of one run: a seam with two implementations.
 *
 * parallel_serial.c is one rank and nothing else; parallel_mpi.c is MPI. One or the other
 * is linked. Before _start and after _stop there is one rank, rank 0, in both. Every
 * function but _rank and _ranks is collective: all ranks call it in the same order.
 */
#ifndef SIM_PARALLEL_H
#define SIM_PARALLEL_H

#include "ref/status.h"

#include <stddef.h>

/* Join the other ranks if a launcher (mpirun, srun) started this process; otherwise this
 * is the only one and nothing happens.
 *
 *   returns   REF_OK; REF_EDEVICE when the communicator cannot be set up
 */
REF_MUST ref_status sim_parallel_start(ref_why *why);
void sim_parallel_stop(void);

size_t sim_parallel_rank(void);
size_t sim_parallel_ranks(void);

/* Copies n bytes of rank 0 to every rank. */
REF_MUST ref_status sim_parallel_broadcast(void *bytes, size_t n, ref_why *why);

/* Concatenates every rank's n bytes in rank order on rank 0.
 *
 *   all       on rank 0: a new block, the caller frees it; NULL on the others
 *   total     its length; 0 on the others
 *   returns   REF_OK; REF_ENOMEM; REF_EDEVICE
 */
REF_MUST ref_status sim_parallel_gather(char **all, size_t *total, const char *bytes,
                                        size_t n, ref_why *why);

/* Name of what is linked, "serial" or "MPI ...", for `gvm-sim version`. */
const char *sim_parallel_name(void);

#endif
