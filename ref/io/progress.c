/* progress.c -- see progress.h for the contracts. */
#include "ref/io/progress.h"

#include <math.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void ref_progress_start(ref_progress *p, FILE *file, bool quiet, const char *what,
                        const char *unit, double total, double done)
{
    const bool seen = !quiet && file != NULL && isatty(fileno(file));
    *p = (ref_progress){.file = seen ? file : NULL,
                        .what = what,
                        .unit = unit,
                        .total = total,
                        .start = now(),
                        .begun_with = done};
}

/* "45 s", "3 min 20 s", "2 h 05 min" */
static void duration(char *out, size_t room, double seconds)
{
    if (seconds < 60.0)
        (void)snprintf(out, room, "%.0f s", seconds);
    else if (seconds < 3600.0)
        (void)snprintf(out, room, "%d min %02d s", (int)seconds / 60,
                       (int)seconds % 60);
    else
        (void)snprintf(out, room, "%.0f h %02.0f min", floor(seconds / 3600.0),
                       floor(fmod(seconds, 3600.0) / 60.0));
}

void ref_progress_text(char *out, size_t room, const ref_progress *p, double done,
                       double elapsed)
{
    const double rate = elapsed > 0.0 ? (done - p->begun_with) / elapsed : 0.0;
    char count[64];
    if (p->total > 0.0)
        (void)snprintf(count, sizeof count, "%.0f/%.0f", done, p->total);
    else
        (void)snprintf(count, sizeof count, "%.0f", done);
    char left[48] = "";
    if (rate > 0.0 && p->total > done) {
        char time[32];
        duration(time, sizeof time, (p->total - done) / rate);
        (void)snprintf(left, sizeof left, ", %s left", time);
    }
    (void)snprintf(out, room, "%s: %s %s, %.3g %s/s%s", p->what, count, p->unit, rate,
                   p->unit, left);
}

void ref_progress_update(ref_progress *p, double done)
{
    if (p->file == NULL) return;
    const double t = now();
    if (p->shown > 0.0 && t - p->shown < REDRAW_SECONDS) return;
    p->shown = t;
    char line[160];
    ref_progress_text(line, sizeof line, p, done, t - p->start);
    (void)fprintf(p->file, "\r%.79s\033[K", line);
    (void)fflush(p->file);
}

void ref_progress_end(ref_progress *p)
{
    if (p->file != NULL && p->shown > 0.0) {
        (void)fputs("\r\033[K", p->file);
        (void)fflush(p->file);
    }
    *p = (ref_progress){0};
}
