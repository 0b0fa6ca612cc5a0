/* tsv.c -- see tsv.h for the contracts. */
#include "ref/io/tsv.h"

#include "ref/io/decimal.h"
#include "ref/io/parse.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE SIZE_MAX

/* "file:line: ..." for errors of a line as a whole */
static ref_status line_failure(const ref_tsv *t, ref_why *why, const char *format, ...)
    REF_PRINTF(3, 4);

static ref_status line_failure(const ref_tsv *t, ref_why *why, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return ref_fail(why, REF_EFORMAT, "%s:%llu: %s", t->source->name,
                    (unsigned long long)t->line, text);
}

/* The next line as text without NUL bytes; *line is NULL at the end. */
static ref_status next_line(char **line, size_t *length, ref_tsv *t, ref_why *why)
{
    ref_why
        inner; /* not cleared, 256 bytes for every line: read after a failure only */
    const ref_status s =
        ref_source_line(line, length, t->source, REF_TSV_LINE_CAP, &inner);
    t->line++;
    if (s == REF_EFORMAT) return line_failure(t, why, "%s", inner.text);
    if (s != REF_OK) return ref_fail(why, s, "%s", inner.text);
    if (*line == NULL) return REF_OK;
    t->row = *line;
    const char *const nul = memchr(*line, '\0', *length);
    if (nul != NULL)
        return ref_fail(why, REF_EFORMAT, "%s:%llu:%zu: NUL byte in a text table",
                        t->source->name, (unsigned long long)t->line,
                        (size_t)(nul - *line) + 1);
    return REF_OK;
}

/* Cut line (length) at its tabs into t->field; returns the number of fields, of which
 * only the first t->fields are kept. */
static size_t split(ref_tsv *t, char *line, size_t length)
{
    char *const end = line + length;
    size_t n = 0;
    for (char *tab; line != NULL; line = tab != NULL ? tab + 1 : NULL) {
        tab = memchr(line, '\t', (size_t)(end - line));
        if (n < t->fields) {
            t->field[n] = line;
            if (tab != NULL) *tab = '\0';
        }
        n++;
    }
    return n;
}

static size_t find_column(const ref_tsv *t, const char *name)
{
    for (size_t c = 0; c < t->count; c++)
        if (strcmp(t->columns[c].name, name) == 0) return c;
    return NOWHERE;
}

/* Does one of the line's fields name a known column? */
static bool names_a_column(const ref_tsv *t, const char *line)
{
    for (;;) {
        const size_t n = strcspn(line, "\t");
        for (size_t c = 0; c < t->count; c++)
            if (strlen(t->columns[c].name) == n
                && memcmp(t->columns[c].name, line, n) == 0)
                return true;
        if (line[n] == '\0') return false;
        line += n + 1;
    }
}

/* Find the header: *line <- its names, behind "#" and blanks. */
static ref_status find_header(char **line, ref_tsv *t, ref_why *why)
{
    for (;;) {
        size_t length = 0;
        REF_TRY(next_line(line, &length, t, why));
        if (*line == NULL)
            return ref_fail(why, REF_EFORMAT, "%s: empty: a header line was expected",
                            t->source->name);
        if (**line != '#') return REF_OK;
        *line += 1 + strspn(*line + 1, " ");
        if (names_a_column(t, *line)) return REF_OK;
    }
}

static ref_status known_columns(const ref_tsv *t, size_t f, ref_why *why)
{
    char names[160] = "";
    size_t at = 0;
    for (size_t c = 0; c < t->count && at < sizeof names; c++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", c > 0 ? " " : "",
                               t->columns[c].name);
    return line_failure(t, why, "unknown column \"%.40s\" (field %zu); known: %s",
                        t->field[f], f + 1, names);
}

/* Assign fields to columns. */
static ref_status place_columns(ref_tsv *t, ref_why *why)
{
    for (size_t c = 0; c < t->count; c++) t->where[c] = NOWHERE;
    for (size_t f = 0; f < t->fields; f++) {
        const size_t c = find_column(t, t->field[f]);
        if (c == NOWHERE) return known_columns(t, f, why);
        if (t->where[c] != NOWHERE)
            return line_failure(t, why, "column \"%s\" stands twice (fields %zu, %zu)",
                                t->field[f], t->where[c] + 1, f + 1);
        t->where[c] = f;
    }
    for (size_t c = 0; c < t->count; c++)
        if (t->columns[c].required && t->where[c] == NOWHERE)
            return line_failure(t, why, "column \"%s\" is missing", t->columns[c].name);
    return REF_OK;
}

static ref_status read_header(ref_tsv *t, ref_why *why)
{
    int first;
    REF_TRY(ref_source_peek(&first, t->source, why)); /* drops a byte order mark */
    char *line = NULL;
    REF_TRY(find_header(&line, t, why));
    const size_t length = strlen(line);
    t->fields = split(t, line, length);
    if (t->fields > REF_TSV_FIELD_CAP)
        return line_failure(t, why, "%zu columns, at most %zu are read", t->fields,
                            REF_TSV_FIELD_CAP);
    t->field = calloc(t->fields, sizeof *t->field);
    t->where = calloc(t->count + 1, sizeof *t->where);
    if (t->field == NULL || t->where == NULL)
        return ref_fail(why, REF_ENOMEM, "%s: no memory", t->source->name);
    (void)split(t, line, length);
    return place_columns(t, why);
}

ref_status ref_tsv_open(ref_tsv *t, ref_source *source, const ref_tsv_column *columns,
                        size_t count, ref_why *why)
{
    *t = (ref_tsv){.source = source, .columns = columns, .count = count};
    const ref_status s = read_header(t, why);
    if (s != REF_OK) ref_tsv_close(t);
    return s;
}

void ref_tsv_close(ref_tsv *t)
{
    free(t->where);
    free(t->field);
    *t = (ref_tsv){0};
}

/* *line <- the next line that is not empty; only the end may follow an empty one. */
static ref_status next_row(char **line, size_t *length, ref_tsv *t, ref_why *why)
{
    REF_TRY(next_line(line, length, t, why));
    const uint64_t empty = t->line;
    if (*line == NULL || *length > 0 || t->fields == 1) return REF_OK;
    while (*line != NULL && *length == 0) REF_TRY(next_line(line, length, t, why));
    if (*line == NULL) return REF_OK;
    t->line = empty;
    return line_failure(t, why, "empty line inside the table");
}

ref_status ref_tsv_next(bool *more, ref_tsv *t, ref_why *why)
{
    char *line = NULL;
    size_t length = 0;
    REF_TRY(next_row(&line, &length, t, why));
    *more = line != NULL;
    if (line == NULL) return REF_OK;
    const size_t fields = split(t, line, length);
    if (fields != t->fields)
        return line_failure(t, why, "%zu fields, the header has %zu", fields,
                            t->fields);
    return REF_OK;
}

bool ref_tsv_has(const ref_tsv *t, size_t column)
{
    return t->where[column] != NOWHERE;
}

const char *ref_tsv_text(const ref_tsv *t, size_t column)
{
    return t->field[t->where[column]];
}

ref_status ref_tsv_real(double *x, const ref_tsv *t, size_t column, ref_why *why)
{
    const char *const text = ref_tsv_text(t, column);
    if (ref_parse_double(x, text) == REF_OK) return REF_OK;
    return ref_tsv_fail(t, column, REF_EFORMAT, why,
                        "\"%.40s\" is not a finite number in range", text);
}

ref_status ref_tsv_unsigned(uint64_t *n, const ref_tsv *t, size_t column, uint64_t max,
                            ref_why *why)
{
    const char *const text = ref_tsv_text(t, column);
    if (ref_parse_unsigned(n, text, max) == REF_OK) return REF_OK;
    return ref_tsv_fail(t, column, REF_EFORMAT, why,
                        "\"%.40s\" is not an integer from 0 to %llu", text,
                        (unsigned long long)max);
}

ref_status ref_tsv_fail(const ref_tsv *t, size_t column, ref_status status,
                        ref_why *why, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const size_t position = (size_t)(ref_tsv_text(t, column) - t->row) + 1;
    return ref_fail(why, status, "%s:%llu:%zu: column %s: %s", t->source->name,
                    (unsigned long long)t->line, position, t->columns[column].name,
                    text);
}

bool ref_tsv_is_field(const char *text)
{
    return text[strcspn(text, "\t\r\n")] == '\0';
}

void ref_tsv_put_real(FILE *file, double x, char after)
{
    char text[REF_FORMAT_ROOM + 1];
    const size_t n = ref_format_double(text, x);
    text[n] = after;
    (void)fwrite(text, 1, n + 1, file);
}

void ref_tsv_put_unsigned(FILE *file, uint64_t n, char after)
{
    char text[REF_FORMAT_ROOM + 1];
    const size_t length = ref_format_unsigned(text, n);
    text[length] = after;
    (void)fwrite(text, 1, length + 1, file);
}

void ref_tsv_put_text(FILE *file, const char *text, char after)
{
    (void)fputs(text, file);
    (void)fputc(after, file);
}
