/* decimal.h -- 128-bit integers and powers of five, for exact decimal conversion.
 *
 * Every x = m 2^e with 17 digits is m 5^k 2^(e+k) for some k; for k <= 27 the product
 * m 5^k stays below 2^128, so rounding is exact integer arithmetic.
 */
#ifndef REF_IO_DECIMAL_H
#define REF_IO_DECIMAL_H

#include "ref/status.h"

#include <stdint.h>

__extension__ typedef unsigned __int128 ref_wide; /* gcc and clang, 64-bit machines */

#define REF_POWER_OF_5_MAX 27 /* 5^27 < 2^63 */

/* 5^k for 0 <= k <= REF_POWER_OF_5_MAX. */
uint64_t ref_power_of_5(int k);

/* Position of the highest set bit, counted from 1; 0 for 0. */
int ref_wide_bits(ref_wide x);

/* Room for any double that ref_format_double writes, with its NUL. */
#define REF_FORMAT_ROOM 32

/* Write x as printf's %.17g does, byte for byte, which reads back as the same double;
 * ten times faster where 1e-10 <= |x| < 1e17.
 *
 *   out       (REF_FORMAT_ROOM)
 *   returns   length without the NUL
 */
REF_API size_t ref_format_double(char *out, double x);

/* Write n in decimal; returns the length without the NUL. */
REF_API size_t ref_format_unsigned(char *out, uint64_t n);

#endif
