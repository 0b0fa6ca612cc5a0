/* decimal_private.h -- 128-bit integers and powers of five, for exact conversion.
 *
 * x = m 2^e scaled by 10^k is m 5^k 2^(e+k); for k <= 27 the product m 5^k stays below
 * 2^128, so that rounding is exact integer arithmetic.
 */
#ifndef REF_IO_DECIMAL_PRIVATE_H
#define REF_IO_DECIMAL_PRIVATE_H

#include <stdint.h>

__extension__ typedef unsigned __int128 ref_wide; /* gcc and clang, 64-bit machines */

#define REF_POWER_OF_5_MAX 27 /* 5^27 < 2^63 */

/* [k] is 5^k. */
extern const uint64_t ref_power_of_5[REF_POWER_OF_5_MAX + 1];

/* Position of the highest set bit, counted from 1; x > 0. */
static inline int ref_bits(uint64_t x)
{
    return 64 - __builtin_clzll(x);
}

static inline int ref_wide_bits(ref_wide x)
{
    const uint64_t high = (uint64_t)(x >> 64);
    return high != 0 ? 64 + ref_bits(high) : ref_bits((uint64_t)x);
}

#endif
