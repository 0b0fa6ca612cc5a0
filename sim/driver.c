/* driver.c -- see driver.h. */
#include "sim/driver.h"

#include "ref/io/output.h"
#include "sim/parallel.h"
#include "sim/part.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How a run ended on one rank, and the first cell in order that failed. */
typedef struct outcome {
    ref_status status;
    size_t cell;
    ref_why why;
} outcome;

static bool to_file(const sim_run *run)
{
    return run->out != NULL && strcmp(run->out, "-") != 0;
}

/* What one rank computes: rows of all cells, and their times where they are wanted. */
typedef struct work {
    sim_rows *slot;  /* (cells) */
    sim_rows *times; /* (cells), or NULL */
} work;

/* One cell into its slot. */
static ref_status run_cell(const sim_plan *p, size_t cell, const work *w, ref_why *why)
{
    const size_t point = sim_plan_point(p, cell);
    const sim_config c = sim_plan_config(p, point);
    const double start = omp_get_wtime();
    sim_rows rows = {.times = w->times != NULL ? &w->times[cell] : NULL};
    sim_rows_text(&rows, ""); /* a cell without rows is done all the same */
    ref_status s = p->experiment->run(&c, cell - p->first[point], &rows, why);
    if (rows.length > 0 && rows.text[rows.length - 1] != '\n') sim_rows_end(&rows);
    if (s == REF_OK && rows.failed)
        s = ref_fail(why, REF_ENOMEM, "no room for the rows");
    sim_rows_time(&rows, p->experiment->name, "cell", omp_get_wtime() - start);
    rows.times = NULL;
    if (s == REF_OK)
        w->slot[cell] = rows;
    else
        sim_rows_free(&rows);
    return s;
}

static void note_failure(outcome *o, ref_status s, size_t cell, const ref_why *why)
{
    if (o->status != REF_OK && o->cell <= cell) return;
    *o = (outcome){.status = s, .cell = cell, .why = *why};
}

/* This rank's share of the cells that are not done yet. */
static outcome run_share(const sim_plan *p, const sim_run *run, const work *w)
{
    const size_t rank = sim_parallel_rank();
    const size_t ranks = sim_parallel_ranks();
    const size_t share = p->cells / ranks + (p->cells % ranks > rank);
    /* read by the pragma: NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores) */
    const int threads = run->threads > 0 ? (int)run->threads : omp_get_max_threads();
    outcome o = {.status = REF_OK};
    size_t done = 0;
    bool failed = false;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (size_t k = 0; k < share; k++) {
        const size_t cell = rank + k * ranks;
        bool skip = false;
#pragma omp atomic read
        skip = failed;
        skip = skip || (run->stop != NULL && *run->stop != 0);
        ref_why why = {{0}};
        ref_status s = REF_OK;
        if (!skip && w->slot[cell].text == NULL) s = run_cell(p, cell, w, &why);
#pragma omp critical(sim_driver)
        {
            if (s != REF_OK) {
                note_failure(&o, s, cell, &why);
#pragma omp atomic write
                failed = true;
            }
            done += !skip;
            if (run->progress != NULL && rank == 0 && !skip)
                run->progress(run->user, done, share);
        }
    }
    return o;
}

/* One rank's finished cells as a message: pairs (cell, length) and the bytes. */
static ref_status pack(char **bytes, size_t *n, const sim_plan *p, const sim_rows *slot)
{
    *n = 0;
    for (size_t c = 0; c < p->cells; c++)
        if (slot[c].text != NULL) *n += 2 * sizeof(uint64_t) + slot[c].length;
    *bytes = malloc(*n + 1);
    if (*bytes == NULL) return REF_ENOMEM;
    char *at = *bytes;
    for (size_t c = 0; c < p->cells; c++) {
        if (slot[c].text == NULL) continue;
        const uint64_t head[2] = {c, slot[c].length};
        memcpy(at, head, sizeof head);
        memcpy(at + sizeof head, slot[c].text, slot[c].length);
        at += sizeof head + slot[c].length;
    }
    return REF_OK;
}

/* Puts a gathered message into the slots that are still empty. */
static ref_status unpack(sim_rows *slot, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint64_t head[2];
        memcpy(head, bytes + at, sizeof head);
        at += sizeof head;
        sim_rows *s = &slot[head[0]];
        if (s->text == NULL) {
            s->text = malloc((size_t)head[1] + 1);
            if (s->text == NULL) return REF_ENOMEM;
            s->length = (size_t)head[1];
            memcpy(s->text, bytes + at, s->length);
            s->text[s->length] = '\0';
        }
        at += (size_t)head[1];
    }
    return REF_OK;
}

/* Brings every rank's cells to rank 0. Collective also where a rank ran out of memory. */
static ref_status gather_cells(const sim_plan *p, sim_rows *slot, ref_why *why)
{
    if (sim_parallel_ranks() == 1) return REF_OK;
    char *mine = NULL;
    char *all = NULL;
    size_t n = 0;
    size_t total = 0;
    const ref_status packed = pack(&mine, &n, p, slot);
    ref_status s =
        sim_parallel_gather(&all, &total, mine, packed == REF_OK ? n : 0, why);
    if (s == REF_OK && sim_parallel_rank() == 0) s = unpack(slot, all, total);
    free(mine);
    free(all);
    return packed != REF_OK ? packed : s;
}

/* The first failure in cell order over all ranks, known to all ranks afterwards. */
static ref_status agree(outcome *o, ref_why *why)
{
    char *all = NULL;
    size_t total = 0;
    REF_TRY(sim_parallel_gather(&all, &total, (const char *)o, sizeof *o, why));
    for (size_t at = 0; at < total; at += sizeof *o) {
        outcome other;
        memcpy(&other, all + at, sizeof other);
        if (other.status != REF_OK)
            note_failure(o, other.status, other.cell, &other.why);
    }
    free(all);
    return sim_parallel_broadcast(o, sizeof *o, why);
}

/* Rows of one cell, each behind its point's grid values. */
static void write_cell(FILE *f, const sim_plan *p, size_t cell, const sim_rows *rows)
{
    const char *const *value = sim_plan_config(p, sim_plan_point(p, cell)).value;
    const char *end = NULL;
    for (const char *line = rows->text; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        for (size_t a = 0; a < p->axes; a++)
            fprintf(f, "%s\t", value[p->axis[a].parameter]);
        (void)fwrite(line, 1, (size_t)(end - line) + 1, f); /* commit checks errors */
    }
}

static ref_status write_file(const sim_plan *p, ref_output *o, const sim_rows *slot,
                             ref_why *why)
{
    fprintf(o->file, "%s\n%s\n", p->head, p->columns);
    for (size_t c = 0; c < p->cells; c++) write_cell(o->file, p, c, &slot[c]);
    return ref_output_commit(o, why);
}

/* Every rank's times on rank 0, into the file. */
static ref_status write_times(const sim_plan *p, const sim_run *run, const work *w,
                              ref_output *o, ref_why *why)
{
    char *mine = NULL;
    char *all = NULL;
    size_t n = 0;
    size_t total = 0;
    FILE *f = open_memstream(&mine, &n);
    if (f == NULL) return ref_fail(why, REF_ENOMEM, "no room for the times");
    for (size_t c = 0; c < p->cells; c++)
        for (const char *line = w->times[c].text; line != NULL && *line != '\0';
             line = strchr(line, '\n') + 1) /* every line has an end */
            fprintf(f, "%zu\t%.*s\n", c, (int)strcspn(line, "\n"), line);
    (void)fclose(f);
    const bool root = sim_parallel_rank() == 0;
    ref_status s = sim_parallel_gather(&all, &total, mine, n, why);
    if (s == REF_OK && root && o->file == NULL)
        s = ref_output_open(o, run->timing, why);
    if (s == REF_OK && root) {
        fprintf(o->file, "cell\tname\twhat\tseconds\n");
        (void)fwrite(all, 1, total, o->file); /* commit checks errors */
        s = ref_output_commit(o, why);
    }
    free(mine);
    free(all);
    return s;
}

static size_t count_done(const sim_plan *p, const sim_rows *slot)
{
    size_t done = 0;
    for (size_t c = 0; c < p->cells; c++) done += slot[c].text != NULL;
    return done;
}

/* Rank 0, before any work: what is there to resume, may the part file be replaced? */
static ref_status prepare(const sim_plan *p, const sim_run *run, const char *part,
                          sim_rows *slot, ref_why *why)
{
    if (part == NULL)
        return run->resume ? ref_fail(why, REF_EUSAGE, "--resume needs --out FILE")
                           : REF_OK;
    if (run->resume) return sim_part_load(slot, part, p, why);
    if (!run->force && access(part, F_OK) == 0)
        return ref_fail(why, REF_EUSAGE,
                        "%s: an interrupted run is there; --resume goes on with it, "
                        "--force throws it away",
                        part);
    return REF_OK;
}

/* Rank 0, before any work: can the output be written? A file is opened again at the end,
 * so that a run that is killed leaves nothing; a device or a pipe stays open. */
static ref_status try_output(ref_output *o, const char *path, ref_why *why)
{
    REF_TRY(ref_output_open(o, path, why));
    if (o->temporary != NULL) ref_output_discard(o);
    return REF_OK;
}

/* Rank 0, after the work: the file, or what is done so far. */
static ref_status conclude(const sim_plan *p, const sim_run *run, const char *part,
                           ref_output *o, const sim_rows *slot, ref_why *why)
{
    const size_t done = count_done(p, slot);
    if (done == p->cells) {
        if (o->file == NULL) REF_TRY(ref_output_open(o, run->out, why));
        REF_TRY(write_file(p, o, slot, why));
        if (part != NULL) (void)unlink(part); /* often there is none */
        return REF_OK;
    }
    if (part == NULL)
        return ref_fail(
            why, REF_EINTERRUPTED,
            "stopped after %zu of %zu cells; nothing saved without --out FILE", done,
            p->cells);
    REF_TRY(sim_part_save(part, p, slot, why));
    return ref_fail(why, REF_EINTERRUPTED,
                    "stopped after %zu of %zu cells, saved in %s; --resume goes on",
                    done, p->cells, part);
}

/* Sends the cells that rank 0 took from the part file to the others: they skip them. */
static ref_status share_done(const sim_plan *p, sim_rows *slot, bool *done,
                             ref_why *why)
{
    for (size_t c = 0; c < p->cells; c++) done[c] = slot[c].text != NULL;
    REF_TRY(sim_parallel_broadcast(done, p->cells * sizeof *done, why));
    for (size_t c = 0; c < p->cells; c++)
        if (done[c] && slot[c].text == NULL) sim_rows_text(&slot[c], "");
    return REF_OK;
}

/* Rank 0, before any work: both files can be written, and there is nothing in the way. */
static ref_status open_files(const sim_plan *p, const sim_run *run, const char *part,
                             const work *w, ref_output *rows, ref_output *times,
                             ref_why *why)
{
    REF_TRY(prepare(p, run, part, w->slot, why));
    REF_TRY(try_output(rows, run->out, why));
    return run->timing != NULL ? try_output(times, run->timing, why) : REF_OK;
}

static ref_status run_all(const sim_plan *p, const sim_run *run, const char *part,
                          const work *w, bool *done, ref_why *why)
{
    const bool root = sim_parallel_rank() == 0;
    ref_output rows = {0};
    ref_output times = {0};
    outcome all = {.status = REF_OK};
    if (root) all.status = open_files(p, run, part, w, &rows, &times, &all.why);
    REF_TRY(agree(&all, why));
    if (all.status == REF_OK) {
        REF_TRY(share_done(p, w->slot, done, why));
        all = run_share(p, run, w);
        REF_TRY(agree(&all, why));
    }
    if (all.status == REF_OK) {
        all.status = gather_cells(p, w->slot, &all.why);
        if (all.status == REF_OK && root)
            all.status = conclude(p, run, part, &rows, w->slot, &all.why);
        all.cell = 0;
        REF_TRY(agree(&all, why));
    }
    if (all.status == REF_OK && run->timing != NULL)
        all.status = write_times(p, run, w, &times, &all.why);
    ref_output_discard(&rows);
    ref_output_discard(&times);
    return all.status == REF_OK ? REF_OK
                                : ref_fail(why, all.status, "%s", all.why.text);
}

static void free_rows(sim_rows *r, size_t count)
{
    for (size_t c = 0; r != NULL && c < count; c++) sim_rows_free(&r[c]);
    free(r);
}

ref_status sim_run_plan(const sim_plan *p, const sim_run *run, ref_why *why)
{
    work w = {.slot = calloc(p->cells + 1, sizeof *w.slot)};
    bool *done = calloc(p->cells + 1, sizeof *done);
    char *part = to_file(run) ? sim_part_path(run->out) : NULL;
    ref_status s = REF_ENOMEM;
    if (run->timing != NULL) w.times = calloc(p->cells + 1, sizeof *w.times);
    if (w.slot == NULL || done == NULL || (to_file(run) && part == NULL)
        || (run->timing != NULL && w.times == NULL))
        (void)ref_fail(why, s, "no room for %zu cells", p->cells);
    else
        s = run_all(p, run, part, &w, done, why);
    free_rows(w.slot, p->cells);
    free_rows(w.times, p->cells);
    free(done);
    free(part);
    return s;
}
