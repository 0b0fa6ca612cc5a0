/* rng.c -- Philox through Random123; see rng.h for the counter layout. */
#include "ref/rng.h"

#include <Random123/philox.h>
#include <math.h>

void ref_rng_philox(uint32_t out[4], const uint32_t ctr[4], const uint32_t key[2])
{
    const philox4x32_ctr_t c = {{ctr[0], ctr[1], ctr[2], ctr[3]}};
    const philox4x32_key_t k = {{key[0], key[1]}};
    const philox4x32_ctr_t r = philox4x32(c, k);
    for (int w = 0; w < 4; w++) out[w] = r.v[w];
}

double ref_rng_unit(uint32_t w0, uint32_t w1)
{
    const uint64_t bits = ((uint64_t)w1 << 32 | w0) >> 11;
    return ((double)bits + 0.5) * 0x1p-53;
}

double ref_rng_uniform(const ref_rng_stream *s, uint32_t j)
{
    const uint32_t key[2] = {s->seed, s->stream};
    const uint32_t ctr[4] = {j >> 1, s->prompt, s->step, s->replica};
    uint32_t w[4];
    ref_rng_philox(w, ctr, key);
    return (j & 1) == 0 ? ref_rng_unit(w[0], w[1]) : ref_rng_unit(w[2], w[3]);
}

double ref_rng_feature_uniform(uint32_t seed, uint32_t stream, uint32_t i, uint32_t y,
                               uint32_t k)
{
    const uint32_t key[2] = {seed, stream};
    const uint32_t ctr[4] = {k, y, i, 0};
    uint32_t w[4];
    ref_rng_philox(w, ctr, key);
    return ref_rng_unit(w[0], w[1]);
}

double ref_rng_feature_gauss(uint32_t seed, uint32_t stream, uint32_t i, uint32_t y,
                             uint32_t k)
{
    const double two_pi = 6.283185307179586;
    const double u = ref_rng_feature_uniform(seed, stream, i, y, k);
    const double v = ref_rng_feature_uniform(seed, stream + 1, i, y, k);
    return sqrt(-2.0 * log(u)) * cos(two_pi * v);
}

uint64_t ref_rng_splitmix64(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}
