/* progress.h -- one line on a terminal that says how far, how fast and how long still. */
#ifndef REF_IO_PROGRESS_H
#define REF_IO_PROGRESS_H

#include "ref/status.h"

#include <stdbool.h>
#include <stdio.h>

/* Work in progress; a zeroed one is silent. Not for several threads at once. */
typedef struct ref_progress {
    FILE *file;        /* borrowed; NULL: quiet */
    const char *what;  /* borrowed, "variance-budget" */
    const char *unit;  /* borrowed, "cells" */
    double total;      /* units in all; 0: unknown */
    double start;      /* seconds, monotonic clock */
    double shown;      /* when the line was last drawn */
    double begun_with; /* units that were there at the start, from a resumed run */
} ref_progress;

/* Begin. The line is drawn on file (stderr) if that is a terminal and quiet is false;
 * otherwise nothing is ever written. done units are there already (resume). */
REF_API void ref_progress_start(ref_progress *p, FILE *file, bool quiet,
                                const char *what, const char *unit, double total,
                                double done);

/* done units are there; redraws at most ten times a second. */
REF_API void ref_progress_update(ref_progress *p, double done);

/* Wipe the line, so that results and messages stand alone. */
REF_API void ref_progress_end(ref_progress *p);

/* Text of the line: "what: 12/40 cells, 3.1 cells/s, 9 s left".
 *
 *   out       (room)
 *   elapsed   seconds since the start, > 0 where a rate is to be shown
 */
REF_API void ref_progress_text(char *out, size_t room, const ref_progress *p,
                               double done, double elapsed);

#endif
