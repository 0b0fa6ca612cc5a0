/* source.h -- bytes from a file, standard input or memory, with room to look ahead. */
#ifndef REF_IO_SOURCE_H
#define REF_IO_SOURCE_H

#include "ref/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* An input being read. The fields are private to source.c but for name. */
typedef struct ref_source {
    const char *name; /* for messages; borrowed: the path, or "standard input" */
    FILE *file;       /* NULL: everything is in data already */
    char *data;       /* owned */
    size_t at, end;   /* unread bytes are data[at..end) */
    size_t room;      /* size of data */
    int error;        /* errno of a failed read; 0: none */
    bool ended;       /* the file has no more */
} ref_source;

/* Open path for reading; NULL or "-" is standard input. path is borrowed.
 *
 *   returns   REF_OK; REF_EIO with the path and the system's reason; REF_ENOMEM
 */
REF_API REF_MUST ref_status ref_source_open(ref_source *s, const char *path,
                                            ref_why *why);

/* Read from a copy of bytes (length) under that name (borrowed). */
REF_API REF_MUST ref_status ref_source_memory(ref_source *s, const void *bytes,
                                              size_t length, const char *name,
                                              ref_why *why);

/* Release; valid after any outcome of open, any number of times. */
REF_API void ref_source_close(ref_source *s);

/* *first <- the first byte that is neither blank nor line end, EOF if there is none in
 * the first 64 KiB; nothing is consumed. A byte order mark in front is consumed. */
REF_API REF_MUST ref_status ref_source_peek(int *first, ref_source *s, ref_why *why);

/* The next line, without its end ("\n", "\r\n" or end of input). *text is NULL at the
 * end of input; it is writable, NUL-terminated and lasts until the next call.
 *
 *   returns   REF_OK; REF_EFORMAT for a line longer than cap; REF_EIO; REF_ENOMEM
 */
REF_API REF_MUST ref_status ref_source_line(char **text, size_t *length, ref_source *s,
                                            size_t cap, ref_why *why);

/* Up to n bytes into buffer, (size_t)-1 on failure: the form of jansson's callback. */
REF_API size_t ref_source_read(void *buffer, size_t n, void *source);

#endif
