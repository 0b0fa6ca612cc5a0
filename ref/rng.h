/* rng.h -- counter-based random numbers: a draw is a pure function of who is drawing.
 *
 * Philox4x32-10 (Salmon et al., SC 2011; Random123). No state is carried from draw to
 * draw, so results depend neither on threads and ranks nor on how many samples another
 * prompt received, and two allocation rules can be compared on common random numbers.
 *
 * Symbols (paper -> code)
 *   key       key[2]   (seed, stream)
 *   counter   ctr[4]   (draw pair, prompt, step, replica)  or  (feature, latent, prompt, 0)
 */
#ifndef REF_RNG_H
#define REF_RNG_H

#include "ref/status.h"

#include <stdint.h>

/* One Philox4x32-10 block: out[4] from counter and key.              [spec:sim 2.1] */
REF_API void ref_rng_philox(uint32_t out[4], const uint32_t ctr[4],
                            const uint32_t key[2]);

/* Uniform in (0,1] from two words: (((w1<<32 | w0) >> 11) + 1/2) 2^-53; the value 1
 * has probability 2^-53, where the half is rounded away.               [spec:sim 2.1] */
REF_API double ref_rng_unit(uint32_t w0, uint32_t w1);

/* Who draws: the key and the upper three counter words. */
typedef struct ref_rng_stream {
    uint32_t seed;    /* key[0] */
    uint32_t stream;  /* key[1]: 0 pilot, 1 training, 2 allocation coins, ... */
    uint32_t prompt;  /* ctr[1] */
    uint32_t step;    /* ctr[2] */
    uint32_t replica; /* ctr[3] */
} ref_rng_stream;

/* The j-th uniform of a stream: block ctr = (j>>1, prompt, step, replica), words (0,1)
 * for even j and (2,3) for odd j.                                     [spec:sim 2.1] */
REF_API double ref_rng_uniform(const ref_rng_stream *s, uint32_t j);

/* Feature draw: u at key (seed, stream), ctr (k, y, i, 0), words (0,1). [spec:sim 2.1] */
REF_API double ref_rng_feature_uniform(uint32_t seed, uint32_t stream, uint32_t i,
                                       uint32_t y, uint32_t k);

/* Standard normal feature: sqrt(-2 log u_stream) cos(2 pi u_{stream+1}). [spec:sim 2.1] */
REF_API double ref_rng_feature_gauss(uint32_t seed, uint32_t stream, uint32_t i,
                                     uint32_t y, uint32_t k);

/* splitmix64: advances the state and returns 64 bits; generator of the finite BVPO
 * model.                                                             [spec:bvpo 3.1] */
REF_API uint64_t ref_rng_splitmix64(uint64_t *state);

#endif
