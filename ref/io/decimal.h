/* decimal.h -- numbers as text, with enough digits to come back as they were. */
#ifndef REF_IO_DECIMAL_H
#define REF_IO_DECIMAL_H

#include "ref/status.h"

#include <stdint.h>

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
