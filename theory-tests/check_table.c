/* check_table.c -- see check_table.h. */
#include "theory-tests/check_table.h"

#include "ref/io/parse.h"
#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

enum { SETTINGS = 16, TEXT = 64 };

/* The value that the settings give a parameter, or its default; counts those given. */
static const char *setting(const sim_parameter *p, const char *const *settings,
                           size_t *known)
{
    const size_t n = strlen(p->name);
    for (; settings != NULL && *settings != NULL; settings++)
        if (strncmp(*settings, p->name, n) == 0 && (*settings)[n] == '=') {
            ++*known;
            return *settings + n + 1;
        }
    return p->value;
}

void check_table_run(check_table *t, const char *name, size_t seeds,
                     const char *const *settings)
{
    const char *value[SETTINGS] = {0};
    size_t given = 0;
    size_t known = 0;
    *t = (check_table){.e = sim_experiment_find(name)};
    CHECK(t->e != NULL);
    if (t->e == NULL) return;
    for (size_t i = 0; t->e->parameter != NULL && t->e->parameter[i].name != NULL; i++)
        if (CHECK(i < SETTINGS))
            value[i] = setting(&t->e->parameter[i], settings, &known);
    while (settings != NULL && settings[given] != NULL) given++;
    CHECK_EQUAL(known, given); /* a misspelt one would go unnoticed */

    const sim_config c = {
        .experiment = t->e, .seed = 1, .seeds = seeds, .value = value};
    if (t->e->check != NULL) CHECK_OK(t->e->check(&c, NULL));
    const size_t cells = t->e->cells(&c);
    for (size_t cell = 0; cell < cells; cell++)
        CHECK_OK(t->e->run(&c, cell, &t->rows, NULL));
    CHECK(!t->rows.failed && t->rows.length > 0);
}

void check_table_free(check_table *t)
{
    sim_rows_free(&t->rows);
    *t = (check_table){0};
}

size_t check_table_fields(const char *line)
{
    size_t n = 1;
    for (; *line != '\0' && *line != '\n'; line++) n += *line == '\t';
    return n;
}

/* text <- field k of a row; false when the row is shorter */
static bool field(char text[TEXT], const char *row, size_t k)
{
    for (; k > 0; k--) {
        row += strcspn(row, "\t\n");
        if (*row != '\t') return false;
        row++;
    }
    const size_t n = strcspn(row, "\t\n");
    if (n >= TEXT) return false;
    memcpy(text, row, n);
    text[n] = '\0';
    return true;
}

static size_t column_of(const char *columns, const char *name, size_t length)
{
    char text[TEXT];
    for (size_t k = 0; field(text, columns, k); k++)
        if (strlen(text) == length && strncmp(text, name, length) == 0) return k;
    CHECK(name == NULL); /* the column does not exist */
    return 0;
}

static bool same(const char *text, const char *want, size_t length)
{
    char copy[TEXT] = {0};
    double x = 0.0;
    double y = 0.0;
    if (length >= TEXT) return false;
    memcpy(copy, want, length);
    if (strcmp(text, copy) == 0) return true;
    return ref_parse_double(&x, text) == REF_OK && ref_parse_double(&y, copy) == REF_OK
           && x == y;
}

static bool matches(const char *columns, const char *row, const char *where)
{
    while (*where != '\0') {
        char text[TEXT];
        const size_t name = strcspn(where, "=");
        const char *value = where + name + (where[name] == '=');
        const size_t length = strcspn(value, "&");
        if (!field(text, row, column_of(columns, where, name))) return false;
        if (!same(text, value, length)) return false;
        where = value + length + (value[length] == '&');
    }
    return true;
}

double check_table_get(const check_table *t, const char *column, const char *where)
{
    char text[TEXT];
    double x = nan("");
    if (t->e == NULL || t->rows.text == NULL) return x;
    const size_t k = column_of(t->e->columns, column, strlen(column));
    for (const char *row = t->rows.text; *row != '\0'; row = strchr(row, '\n') + 1) {
        if (!matches(t->e->columns, row, where)) continue;
        return field(text, row, k) && ref_parse_double(&x, text) == REF_OK ? x
                                                                           : nan("");
    }
    return x;
}
