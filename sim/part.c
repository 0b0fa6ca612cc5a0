/* part.c -- see part.h. */
#include "sim/part.h"

#include "ref/io/output.h"
#include "ref/io/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "# gvm-sim part 1";

char *sim_part_path(const char *out)
{
    const size_t n = strlen(out);
    char *path = malloc(n + sizeof ".part");
    if (path == NULL) return NULL;
    memcpy(path, out, n);
    memcpy(path + n, ".part", sizeof ".part");
    return path;
}

ref_status sim_part_save(const char *path, const sim_plan *p, const sim_rows *slot,
                         ref_why *why)
{
    ref_output o;
    REF_TRY(ref_output_open(&o, path, why));
    fprintf(o.file, "%s\n%s\n%s\n# cells %zu\n", magic, p->head, p->columns, p->cells);
    size_t count = 0;
    for (size_t c = 0; c < p->cells; c++) {
        if (slot[c].text == NULL) continue;
        fprintf(o.file, "@ %zu %zu\n", c, slot[c].length);
        (void)fwrite(slot[c].text, 1, slot[c].length,
                     o.file); /* commit checks errors */
        count++;
    }
    fprintf(o.file, "# end %zu\n", count);
    return ref_output_commit(&o, why);
}

/* A file being read: lines are counted for messages. */
typedef struct part_reader {
    FILE *file;
    const char *path;
    char *line;
    size_t room;
    size_t number;
} part_reader;

/* Next line without its end; NULL at the end of the file. */
static const char *next_line(part_reader *r)
{
    const ssize_t n = getline(&r->line, &r->room, r->file);
    r->number++;
    if (n <= 0 || r->line[n - 1] != '\n') return NULL;
    r->line[n - 1] = '\0';
    return strlen(r->line) + 1 == (size_t)n ? r->line : NULL;
}

static ref_status malformed(const part_reader *r, ref_why *why)
{
    return ref_fail(why, REF_EFORMAT, "%s:%zu: damaged: not a saved run of gvm-sim",
                    r->path, r->number);
}

static ref_status expect(part_reader *r, const char *want, ref_why *why)
{
    const char *line = next_line(r);
    if (line == NULL) return malformed(r, why);
    if (strcmp(line, want) != 0)
        return ref_fail(
            why, REF_EUSAGE,
            "%s:%zu: belongs to another run: found '%.160s', expected '%.160s'",
            r->path, r->number, line, want);
    return REF_OK;
}

/* Two unsigned numbers parted by one blank. */
static bool two_numbers(const char *text, uint64_t max0, uint64_t max1, uint64_t *n)
{
    char first[24];
    const char *blank = strchr(text, ' ');
    if (blank == NULL || (size_t)(blank - text) >= sizeof first) return false;
    memcpy(first, text, (size_t)(blank - text));
    first[blank - text] = '\0';
    return ref_parse_unsigned(&n[0], first, max0) == REF_OK
           && ref_parse_unsigned(&n[1], blank + 1, max1) == REF_OK;
}

/* Reads the rows of one cell behind its "@ INDEX LENGTH" line. */
static ref_status load_cell(part_reader *r, sim_rows *slot, size_t cells,
                            const char *line, ref_why *why)
{
    uint64_t n[2];
    if (cells == 0 || !two_numbers(line + 2, cells - 1, UINT64_C(1) << 40, n))
        return malformed(r, why);
    sim_rows *s = &slot[n[0]];
    if (s->text != NULL) return malformed(r, why);
    s->text = malloc((size_t)n[1] + 1);
    if (s->text == NULL)
        return ref_fail(why, REF_ENOMEM, "%s:%zu: no room for %zu bytes of rows",
                        r->path, r->number, (size_t)n[1]);
    s->length = (size_t)n[1];
    s->room = s->length + 1;
    s->text[s->length] = '\0';
    if (fread(s->text, 1, s->length, r->file) != s->length) return malformed(r, why);
    if (strlen(s->text) != s->length) return malformed(r, why);
    if (s->length > 0 && s->text[s->length - 1] != '\n') return malformed(r, why);
    for (size_t i = 0; i < s->length; i++) r->number += s->text[i] == '\n';
    return REF_OK;
}

static ref_status load(part_reader *r, sim_rows *slot, const sim_plan *p, ref_why *why)
{
    char text[64];
    const char *line = next_line(r);
    if (line == NULL || strcmp(line, magic) != 0) return malformed(r, why);
    REF_TRY(expect(r, p->head, why));
    REF_TRY(expect(r, p->columns, why));
    (void)snprintf(text, sizeof text, "# cells %zu", p->cells);
    REF_TRY(expect(r, text, why));
    size_t count = 0;
    for (;;) {
        line = next_line(r);
        if (line == NULL) return malformed(r, why);
        if (strncmp(line, "@ ", 2) != 0) break;
        REF_TRY(load_cell(r, slot, p->cells, line, why));
        count++;
    }
    (void)snprintf(text, sizeof text, "# end %zu", count);
    if (strcmp(line, text) != 0 || getc(r->file) != EOF) return malformed(r, why);
    return REF_OK;
}

ref_status sim_part_load(sim_rows *slot, const char *path, const sim_plan *p,
                         ref_why *why)
{
    part_reader r = {.file = fopen(path, "rb"), .path = path};
    if (r.file == NULL)
        return ref_fail(why, REF_EIO, "%s: %s: there is nothing to resume", path,
                        strerror(errno));
    const ref_status s = load(&r, slot, p, why);
    for (size_t c = 0; s != REF_OK && c < p->cells; c++) sim_rows_free(&slot[c]);
    free(r.line);
    (void)fclose(r.file);
    return s;
}
