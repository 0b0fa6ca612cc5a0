/* parse.h -- strict numbers: the whole text, in range, or an error. */
#ifndef REF_IO_PARSE_H
#define REF_IO_PARSE_H

#include "ref/status.h"

#include <stdint.h>

/* A decimal or hexadecimal floating number, "inf" and "nan" refused; no blanks, no tail.
 *   returns   REF_OK, or REF_EFORMAT with *x untouched */
REF_API REF_MUST ref_status ref_parse_double(double *x, const char *text);

/* An unsigned decimal integer <= max; no sign, no blanks, no tail.
 *   returns   REF_OK, or REF_EFORMAT with *n untouched */
REF_API REF_MUST ref_status ref_parse_unsigned(uint64_t *n, const char *text,
                                               uint64_t max);

#endif
