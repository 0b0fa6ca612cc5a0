/* output.h -- files that appear whole or not at all: written beside, synced, renamed. */
#ifndef REF_IO_OUTPUT_H
#define REF_IO_OUTPUT_H

#include "ref/status.h"

#include <stdio.h>

/* An output in progress. Write to file; then commit or discard. */
typedef struct ref_output {
    FILE *file;      /* where to write */
    char *path;      /* final name, owned; NULL for standard output */
    char *temporary; /* name while writing, owned; NULL for standard output */
} ref_output;

/* Open path for writing through a temporary neighbour; NULL or "-" is standard output.
 *
 *   returns   REF_OK; REF_EIO with the path and the system's reason; REF_ENOMEM
 */
REF_API REF_MUST ref_status ref_output_open(ref_output *o, const char *path,
                                            ref_why *why);

/* Flush, check every earlier write, sync, rename onto the final name. On failure nothing
 * is left behind and an existing file at path is untouched. o is zeroed either way. */
REF_API REF_MUST ref_status ref_output_commit(ref_output *o, ref_why *why);

/* Throw away what was written; valid on a zeroed or finished output. */
REF_API void ref_output_discard(ref_output *o);

#endif
