/* json.h -- JSON read within bounds, with messages that name the place.
 *
 * jansson parses; duplicate keys, trailing text, non-finite numbers, more than 2048
 * levels and NUL bytes are refused. A ref_json is a value that knows where it stands, so
 * that a wrong one deep inside is reported as "model.json: prompts[3].p: ...".
 */
#ifndef REF_IO_JSON_H
#define REF_IO_JSON_H

#include "ref/io/source.h"
#include "ref/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REF_JSON_CAP ((size_t)1 << 30) /* bytes of text that are read at most */

/* Parse all of source. *root is the caller's, for json_decref.
 *
 *   returns   REF_OK; REF_EFORMAT with file:line:column; REF_EIO; REF_ENOMEM
 */
REF_API REF_MUST ref_status ref_json_read(json_t **root, ref_source *source,
                                          ref_why *why);

/* The same for a path; NULL or "-" is standard input. */
REF_API REF_MUST ref_status ref_json_load(json_t **root, const char *path,
                                          ref_why *why);

/* A value and its place; everything is borrowed, up included. */
typedef struct ref_json {
    json_t *value;
    const char *file;          /* for messages */
    const struct ref_json *up; /* NULL at the top */
    const char *key;           /* NULL for an array's item */
    size_t index;
} ref_json;

/* The top of a document. */
REF_API ref_json ref_json_top(json_t *root, const char *file);

/* Member key of an object, respectively item of an array (index below its length).
 *   returns   REF_OK; REF_EFORMAT if at is no object or lacks the key */
REF_API REF_MUST ref_status ref_json_get(ref_json *child, const ref_json *at,
                                         const char *key, ref_why *why);
REF_API ref_json ref_json_item(const ref_json *at, size_t index);

/* Is at an object with that key? */
REF_API bool ref_json_has(const ref_json *at, const char *key);

/* at is an object without keys other than those of the NULL-ended list. */
REF_API REF_MUST ref_status ref_json_only(const ref_json *at, const char *const *keys,
                                          ref_why *why);

/* *n <- length of the array at, which is at most max. */
REF_API REF_MUST ref_status ref_json_length(size_t *n, const ref_json *at, size_t max,
                                            ref_why *why);

/* One value. Numbers are finite; an integer beyond 2^53 is no number here; text has no
 * NUL inside and is borrowed. On failure the output is untouched. */
REF_API REF_MUST ref_status ref_json_number(double *x, const ref_json *at,
                                            ref_why *why);
REF_API REF_MUST ref_status ref_json_unsigned(uint64_t *n, const ref_json *at,
                                              uint64_t max, ref_why *why);
REF_API REF_MUST ref_status ref_json_boolean(bool *b, const ref_json *at, ref_why *why);
REF_API REF_MUST ref_status ref_json_string(const char **text, const ref_json *at,
                                            ref_why *why);

/* x (n) <- an array of exactly n numbers, respectively integers <= max; x may be partly
 * written on failure. */
REF_API REF_MUST ref_status ref_json_numbers(double *x, const ref_json *at, size_t n,
                                             ref_why *why);
REF_API REF_MUST ref_status ref_json_integers(uint64_t *x, const ref_json *at, size_t n,
                                              uint64_t max, ref_why *why);

/* Fill why with "file: place: ..." and hand status back. */
REF_API ref_status ref_json_fail(const ref_json *at, ref_status status, ref_why *why,
                                 const char *format, ...) REF_PRINTF(4, 5);

/* Write a number with 17 digits, null where it is not finite. */
REF_API void ref_json_real(FILE *file, double x);

/* Write text as a JSON string, quotes included; text is UTF-8. */
REF_API void ref_json_text(FILE *file, const char *text);

/* Write a document: indented by 2, reals with 17 digits, keys in order of insertion, a
 * newline at the end. A failure stays in the stream's error flag. */
REF_API void ref_json_write(FILE *file, const json_t *root);

#endif
