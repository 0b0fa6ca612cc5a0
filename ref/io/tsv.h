/* tsv.h -- tables of tab-separated text, read line by line within bounds.
 *
 * The first line names the columns, with or without a "#" in front; lines before it that
 * begin with "#" and hold none of the expected names are comments. Every further line
 * has exactly as many fields. "\r\n" ends a line as "\n" does, the last line needs no
 * end, empty lines may close the file. A message names file, line and column.
 */
#ifndef REF_IO_TSV_H
#define REF_IO_TSV_H

#include "ref/io/source.h"
#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REF_TSV_LINE_CAP  ((size_t)1 << 20) /* bytes */
#define REF_TSV_FIELD_CAP ((size_t)4096)    /* columns */

/* A column the caller knows. */
typedef struct ref_tsv_column {
    const char *name;
    bool required;
} ref_tsv_column;

/* A table being read. */
typedef struct ref_tsv {
    ref_source *source;            /* borrowed */
    const ref_tsv_column *columns; /* (count) borrowed */
    size_t count;
    size_t *where;   /* (count) field of a column, SIZE_MAX: absent; owned */
    char **field;    /* (fields) the current row's, into the source; owned */
    size_t fields;   /* fields per row, from the header */
    uint64_t line;   /* number of the current line, from 1 */
    const char *row; /* start of the current line */
} ref_tsv;

/* Read the header from source, which must outlive t.
 *
 *   columns   (count) all names that may occur; an unknown one is refused
 *   returns   REF_OK; REF_EFORMAT for a duplicate, missing or unknown column; REF_EIO;
 *             REF_ENOMEM
 */
REF_API REF_MUST ref_status ref_tsv_open(ref_tsv *t, ref_source *source,
                                         const ref_tsv_column *columns, size_t count,
                                         ref_why *why);

/* Release; valid after any outcome of open, any number of times. */
REF_API void ref_tsv_close(ref_tsv *t);

/* Go to the next row; *more <- false at the end of the table.
 *
 *   returns   REF_OK; REF_EFORMAT for a wrong number of fields, a NUL byte, a line that
 *             is too long, an empty line inside; REF_EIO; REF_ENOMEM
 */
REF_API REF_MUST ref_status ref_tsv_next(bool *more, ref_tsv *t, ref_why *why);

/* Is the column (index into columns) in this table? */
REF_API bool ref_tsv_has(const ref_tsv *t, size_t column);

/* Text of a column that is there, until the next row. */
REF_API const char *ref_tsv_text(const ref_tsv *t, size_t column);

/* Finite number, respectively integer <= max, of a column that is there.
 *   returns   REF_OK, or REF_EFORMAT with the output untouched */
REF_API REF_MUST ref_status ref_tsv_real(double *x, const ref_tsv *t, size_t column,
                                         ref_why *why);
REF_API REF_MUST ref_status ref_tsv_unsigned(uint64_t *n, const ref_tsv *t,
                                             size_t column, uint64_t max, ref_why *why);

/* Fill why with "file:line:position: column NAME: ..." and hand status back. */
REF_API ref_status ref_tsv_fail(const ref_tsv *t, size_t column, ref_status status,
                                ref_why *why, const char *format, ...) REF_PRINTF(5, 6);

/* Can text be a field: no tab, no line end? */
REF_API bool ref_tsv_is_field(const char *text);

/* Write x as %.17g, text as it is, and the byte that follows ('\t' or '\n'). A failure
 * stays in the stream's error flag, for ref_output_commit to report. */
REF_API void ref_tsv_put_real(FILE *file, double x, char after);
REF_API void ref_tsv_put_unsigned(FILE *file, uint64_t n, char after);
REF_API void ref_tsv_put_text(FILE *file, const char *text, char after);

#endif
