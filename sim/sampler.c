/* sampler.c -- what both samplers share. */
#include "sim/sampler.h"

#include <stdlib.h>
#include <string.h>

double *sim_aligned(size_t n)
{
    const size_t bytes = (n * sizeof(double) + 63) / 64 * 64;
    if (n > SIZE_MAX / 16) return NULL;
    double *x = aligned_alloc(64, bytes > 0 ? bytes : 64);
    if (x != NULL) memset(x, 0, bytes);
    return x;
}

void sim_sampler_free(sim_sampler *s)
{
    if (s->ops != NULL) s->ops->free(s);
    free(s->tally);
    free(s->exact);
    *s = (sim_sampler){0};
}

void sim_sampler_reset(sim_sampler *s)
{
    for (size_t i = 0; i < s->problem->m; i++) s->ops->reset(s, i);
}

ref_status sim_sampler_init(sim_sampler *s, const sim_problem *p, bool weighted,
                            ref_why *why)
{
    const ref_status fast = sim_sampler_block(s, p, why);
    return fast == REF_EUNSUPPORTED ? sim_sampler_family(s, p, weighted, why) : fast;
}
