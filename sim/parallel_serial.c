/* parallel_serial.c -- one rank; linked where there is no MPI. */
#include "sim/parallel.h"

#include <stdlib.h>
#include <string.h>

ref_status sim_parallel_start(ref_why *why)
{
    (void)why;
    return REF_OK;
}

void sim_parallel_stop(void)
{
}

size_t sim_parallel_rank(void)
{
    return 0;
}

size_t sim_parallel_ranks(void)
{
    return 1;
}

ref_status sim_parallel_broadcast(void *bytes, size_t n, ref_why *why)
{
    (void)bytes;
    (void)n;
    (void)why;
    return REF_OK;
}

ref_status sim_parallel_gather(char **all, size_t *total, const char *bytes, size_t n,
                               ref_why *why)
{
    *all = malloc(n > 0 ? n : 1);
    *total = 0;
    if (*all == NULL) return ref_fail(why, REF_ENOMEM, "cannot gather %zu bytes", n);
    if (n > 0) memcpy(*all, bytes, n);
    *total = n;
    return REF_OK;
}

const char *sim_parallel_name(void)
{
    return "serial";
}
