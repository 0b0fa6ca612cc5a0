/* parallel_mpi.c -- the ranks of an MPI launcher; linked where mpicc was found.
 *
 * A process that no launcher started does not touch MPI: starting it alone costs a
 * daemon and a third of a second. Only the main thread calls MPI.
 */
#include "sim/parallel.h"

#include <limits.h>
#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_LENGTH = 1, TAG_BYTES = 2 };

/* What the launchers set: Open MPI, PMIx (srun --mpi=pmix), MPICH and Intel MPI. */
static bool launched(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") != NULL || getenv("PMIX_RANK") != NULL
           || getenv("PMI_RANK") != NULL;
}

static bool running(void)
{
    int started = 0;
    int finished = 0;
    (void)MPI_Initialized(&started);
    (void)MPI_Finalized(&finished);
    return started && !finished;
}

ref_status sim_parallel_start(ref_why *why)
{
    if (!launched() || running()) return REF_OK;
    int provided = 0;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS
        || provided < MPI_THREAD_FUNNELED)
        return ref_fail(why, REF_EDEVICE, "MPI does not start with threads");
    (void)MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    return REF_OK;
}

void sim_parallel_stop(void)
{
    if (running()) (void)MPI_Finalize();
}

size_t sim_parallel_rank(void)
{
    int rank = 0;
    if (running()) (void)MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return (size_t)rank;
}

size_t sim_parallel_ranks(void)
{
    int ranks = 1;
    if (running()) (void)MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    return (size_t)ranks;
}

/* MPI counts in int: larger messages go in pieces. */
static int piece(size_t left)
{
    const size_t most = (size_t)1 << 30;
    return (int)(left < most ? left : most);
}

ref_status sim_parallel_broadcast(void *bytes, size_t n, ref_why *why)
{
    if (!running()) return REF_OK;
    for (size_t at = 0; at < n; at += (size_t)piece(n - at))
        if (MPI_Bcast((char *)bytes + at, piece(n - at), MPI_BYTE, 0, MPI_COMM_WORLD)
            != MPI_SUCCESS)
            return ref_fail(why, REF_EDEVICE, "MPI broadcast of %zu bytes failed", n);
    return REF_OK;
}

static bool send_all(const char *bytes, size_t n)
{
    const uint64_t length = n;
    if (MPI_Send(&length, 1, MPI_UINT64_T, 0, TAG_LENGTH, MPI_COMM_WORLD)
        != MPI_SUCCESS)
        return false;
    for (size_t at = 0; at < n; at += (size_t)piece(n - at))
        if (MPI_Send(bytes + at, piece(n - at), MPI_BYTE, 0, TAG_BYTES, MPI_COMM_WORLD)
            != MPI_SUCCESS)
            return false;
    return true;
}

/* Appends what rank `from` sends to the block *all of length *total. */
static ref_status receive(char **all, size_t *total, int from, ref_why *why)
{
    uint64_t length = 0;
    if (MPI_Recv(&length, 1, MPI_UINT64_T, from, TAG_LENGTH, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE)
        != MPI_SUCCESS)
        return ref_fail(why, REF_EDEVICE, "rank %d is gone", from);
    char *grown = realloc(*all, *total + (size_t)length + 1);
    if (grown == NULL)
        return ref_fail(why, REF_ENOMEM, "no room for the rows of rank %d", from);
    *all = grown;
    for (size_t left = (size_t)length; left > 0;) {
        const int n = piece(left);
        if (MPI_Recv(*all + *total, n, MPI_BYTE, from, TAG_BYTES, MPI_COMM_WORLD,
                     MPI_STATUS_IGNORE)
            != MPI_SUCCESS)
            return ref_fail(why, REF_EDEVICE, "rank %d is gone", from);
        *total += (size_t)n;
        left -= (size_t)n;
    }
    return REF_OK;
}

ref_status sim_parallel_gather(char **all, size_t *total, const char *bytes, size_t n,
                               ref_why *why)
{
    *all = NULL;
    *total = 0;
    if (sim_parallel_rank() > 0) {
        if (send_all(bytes, n)) return REF_OK;
        return ref_fail(why, REF_EDEVICE, "rank %zu cannot send its rows",
                        sim_parallel_rank());
    }
    *all = malloc(n + 1);
    if (*all == NULL) return ref_fail(why, REF_ENOMEM, "cannot gather %zu bytes", n);
    if (n > 0) memcpy(*all, bytes, n);
    *total = n;
    for (size_t from = 1; from < sim_parallel_ranks(); from++) {
        const ref_status s = receive(all, total, (int)from, why);
        if (s != REF_OK) {
            free(*all);
            *all = NULL;
            *total = 0;
            return s;
        }
    }
    return REF_OK;
}

const char *sim_parallel_name(void)
{
    return "MPI";
}
