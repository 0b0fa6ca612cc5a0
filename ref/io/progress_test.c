/* progress_test.c -- what the progress line says, and when it is silent. */
#include "ref/io/progress.h"

#include "theory-tests/check.h"

#include <string.h>

static void says(double total, double begun_with, double done, double elapsed,
                 const char *want)
{
    const ref_progress p = {
        .what = "run", .unit = "cells", .total = total, .begun_with = begun_with};
    char text[160];
    ref_progress_text(text, sizeof text, &p, done, elapsed);
    CHECK(strcmp(text, want) == 0);
    if (strcmp(text, want) != 0) fprintf(stderr, "%s\n", text);
}

static void rate_and_time_left_follow_from_the_count(void)
{
    says(40, 0, 10, 5, "run: 10/40 cells, 2 cells/s, 15 s left");
    says(40, 5, 10, 5, "run: 10/40 cells, 1 cells/s, 30 s left");
    says(40, 0, 40, 5, "run: 40/40 cells, 8 cells/s");
    says(0, 0, 10, 5, "run: 10 cells, 2 cells/s");
    says(40, 0, 0, 0, "run: 0/40 cells, 0 cells/s");
    says(1000, 0, 1, 1, "run: 1/1000 cells, 1 cells/s, 16 min 39 s left");
    says(10001, 0, 1, 1, "run: 1/10001 cells, 1 cells/s, 2 h 46 min left");
    says(10801, 0, 1, 1, "run: 1/10801 cells, 1 cells/s, 3 h 00 min left");
    says(7201, 0, 1, 1, "run: 1/7201 cells, 1 cells/s, 2 h 00 min left");
}

static void nothing_is_written_where_no_terminal_is(void)
{
    FILE *const f = tmpfile();
    CHECK(f != NULL);
    if (f == NULL) return;
    ref_progress p;
    ref_progress_start(&p, f, false, "run", "cells", 10, 0);
    ref_progress_update(&p, 1);
    ref_progress_update(&p, 10);
    ref_progress_end(&p);
    CHECK_EQUAL(ftell(f), 0L);
    (void)fclose(f);
    ref_progress silent = {0};
    ref_progress_update(&silent, 1);
    ref_progress_end(&silent);
}

SUITE("progress line", NULL,
      {"rate and time left follow from the count",
       rate_and_time_left_follow_from_the_count},
      {"nothing is written where no terminal is",
       nothing_is_written_where_no_terminal_is});
