/* block_kernels.c -- the vector kernels for each instruction set, and who may run them. */
#include "sim/block.h"
#include "sim/block_plain.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static bool always(void)
{
    return true;
}

#define SIM_BLOCK(name)  name##_generic
#define SIM_BLOCK_TARGET /* what the compiler assumes anyway */
#define SIM_BLOCK_WIDTH  2
#if defined(__x86_64__) /* SSE2 is part of it */
#define SIM_BLOCK_MUL32(a, b) ((word_generic)_mm_mul_epu32((__m128i)(a), (__m128i)(b)))
#else
#define SIM_BLOCK_MUL32(a, b) ((a) * (b))
#endif
#include "sim/block_vector.h"
#undef SIM_BLOCK
#undef SIM_BLOCK_TARGET
#undef SIM_BLOCK_WIDTH
#undef SIM_BLOCK_MUL32

static const sim_block_kernel generic = {"generic",     always,         open_generic,
                                         norms_generic, invert_generic, add_generic,
                                         peak_generic};

#if defined(__x86_64__)

#define SIM_BLOCK(name)       name##_avx2
#define SIM_BLOCK_TARGET      __attribute__((target("avx2")))
#define SIM_BLOCK_WIDTH       4
#define SIM_BLOCK_MUL32(a, b) ((word_avx2)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#include "sim/block_vector.h"
#undef SIM_BLOCK
#undef SIM_BLOCK_TARGET
#undef SIM_BLOCK_WIDTH
#undef SIM_BLOCK_MUL32

#define SIM_BLOCK(name)  name##_avx512
#define SIM_BLOCK_TARGET __attribute__((target("avx512f")))
#define SIM_BLOCK_WIDTH  8
#define SIM_BLOCK_MUL32(a, b)                                                          \
    ((word_avx512)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#include "sim/block_vector.h"
#undef SIM_BLOCK
#undef SIM_BLOCK_TARGET
#undef SIM_BLOCK_WIDTH
#undef SIM_BLOCK_MUL32

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") != 0;
}

static const sim_block_kernel avx2 = {"avx2",      has_avx2, open_avx2, norms_avx2,
                                      invert_avx2, add_avx2, peak_avx2};
static const sim_block_kernel avx512 = {"avx512",     has_avx512,    open_avx512,
                                        norms_avx512, invert_avx512, add_avx512,
                                        peak_avx512};
#endif

extern const sim_block_kernel sim_block_plain;

const sim_block_kernel *const *sim_block_kernels(size_t *count)
{
    static const sim_block_kernel *const all[] = {
        &sim_block_plain,
        &generic,
#if defined(__x86_64__)
        &avx2,
        &avx512,
#endif
    };
    *count = sizeof all / sizeof all[0];
    return all;
}

const sim_block_kernel *sim_block_best(void)
{
    size_t count = 0;
    const sim_block_kernel *const *all = sim_block_kernels(&count);
    while (count > 1 && !all[count - 1]->supported()) count--;
    return all[count - 1];
}
