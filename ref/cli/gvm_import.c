/* gvm_import.c -- `gvm import-official`: the released GVM code's files as one table.
 *
 * That code writes, per iteration and shard K, the JSON lists accept_rates_K.json and
 * grads_K.json, and once sample_sizes_NAME.json for all shards in order (older versions:
 * sample_sizes_K.json). Prompts have no names there, only an order.
 */
#include "ref/cli/cli.h"
#include "ref/io/json.h"
#include "ref/io/output.h"
#include "ref/io/tsv.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_ROOM 4096
#define EXTENSION ".json"

enum { OUT, SIZES, QUIET, OPTIONS };

static const cli_option options[OPTIONS] = {
    [OUT] = {"out", "FILE", "write here instead of standard output"},
    [SIZES] = {"sizes", "NAME",
               "take n from this file of DIR; needed where DIR holds several\n"
               "sample_sizes_*" EXTENSION " (of several settings)"},
    [QUIET] = {"quiet", NULL, "no summary on standard error"},
};

typedef struct import {
    const char *directory, *out, *sizes;
    bool quiet;
} import;

static ref_status set(void *target, size_t option, const char *argument, ref_why *why)
{
    import *const o = target;
    (void)why; /* every text is a possible name */
    switch (option) {
    case OUT:
        o->out = argument;
        break;
    case SIZES:
        o->sizes = argument;
        break;
    case QUIET:
        o->quiet = true;
        break;
    default:
        o->directory = argument;
    }
    return REF_OK;
}

/* ---- names of shards ------------------------------------------------------------- */

/* Names between "PREFIX" and ".json", sorted. */
typedef struct names {
    char **name; /* owned, each of them too */
    size_t count;
} names;

static void names_free(names *n)
{
    for (size_t i = 0; i < n->count; i++) free(n->name[i]);
    free(n->name);
    *n = (names){0};
}

static bool is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Natural order: runs of digits by value, so 2 < 10. */
static int compare_names(const void *a, const void *b)
{
    const char *x = *(char *const *)a;
    const char *y = *(char *const *)b;
    while (*x != '\0' && *y != '\0') {
        const size_t nx = strspn(x, "0123456789");
        const size_t ny = strspn(y, "0123456789");
        if (nx > 0 && ny > 0) {
            const unsigned long long vx = strtoull(x, NULL, 10);
            const unsigned long long vy = strtoull(y, NULL, 10);
            if (vx != vy) return vx < vy ? -1 : 1;
            x += nx;
            y += ny;
        } else {
            if (*x != *y) break;
            x++;
            y++;
        }
    }
    return (int)(unsigned char)*x - (int)(unsigned char)*y;
}

/* The part of file between prefix and ".json"; NULL if it is not of that form. */
static char *middle(const char *file, const char *prefix)
{
    const size_t n = strlen(file);
    const size_t start = strlen(prefix);
    const size_t end = strlen(EXTENSION);
    if (n <= start + end || strncmp(file, prefix, start) != 0
        || strcmp(file + n - end, EXTENSION) != 0)
        return NULL;
    return strndup(file + start, n - start - end);
}

static ref_status add_name(names *n, const char *file, const char *prefix, ref_why *why)
{
    char *const name = middle(file, prefix);
    if (name == NULL) return REF_OK;
    char **const grown = realloc(n->name, (n->count + 1) * sizeof *grown);
    if (grown == NULL) {
        free(name);
        return ref_fail(why, REF_ENOMEM, "no memory for the list of files");
    }
    n->name = grown;
    n->name[n->count++] = name;
    return REF_OK;
}

/* All files of that prefix in directory. */
static ref_status list_names(names *n, const char *directory, const char *prefix,
                             ref_why *why)
{
    *n = (names){0};
    DIR *const d = opendir(directory);
    if (d == NULL)
        return ref_fail(why, REF_EIO, "%s: cannot open: %s", directory,
                        strerror(errno));
    ref_status s = REF_OK;
    for (const struct dirent *e; s == REF_OK && (e = readdir(d)) != NULL;)
        s = add_name(n, e->d_name, prefix, why);
    (void)closedir(d);
    if (s != REF_OK) names_free(n);
    if (n->count > 1) qsort(n->name, n->count, sizeof *n->name, compare_names);
    return s;
}

/* Numbered shards must be 0, 1, 2, ...: a missing file would shift every later prompt. */
static ref_status check_numbers(const names *n, const char *directory, ref_why *why)
{
    for (size_t i = 0; i < n->count && n->count > 1; i++)
        if (is_number(n->name[i]) && strtoull(n->name[i], NULL, 10) != i)
            return ref_fail(
                why, REF_EFORMAT,
                "%s: accept_rates_%zu.json is missing, accept_rates_%s.json "
                "is there",
                directory, i, n->name[i]);
    return REF_OK;
}

/* ---- columns ---------------------------------------------------------------------- */

typedef struct table {
    double *p, *G;
    uint64_t *n; /* NULL: no sizes */
    size_t m, room;
} table;

static void table_free(table *t)
{
    free(t->p);
    free(t->G);
    free(t->n);
    *t = (table){0};
}

/* One more block of rows in p, G and n. */
static ref_status table_grow(table *t, size_t rows, ref_why *why)
{
    t->room = t->m + rows;
    double *const p = realloc(t->p, (t->room + 1) * sizeof *p);
    if (p != NULL) t->p = p;
    double *const G = realloc(t->G, (t->room + 1) * sizeof *G);
    if (G != NULL) t->G = G;
    if (p != NULL && G != NULL) return REF_OK;
    return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", t->room);
}

/* DIR/PREFIXNAME.json */
static ref_status file_path(char path[PATH_ROOM], const char *directory,
                            const char *prefix, const char *name, ref_why *why)
{
    const int n =
        snprintf(path, PATH_ROOM, "%s/%s%s" EXTENSION, directory, prefix, name);
    if (n > 0 && n < PATH_ROOM) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "%.100s...: the path is too long", directory);
}

/* x (n) <- the list, every entry in [low, high]. */
static ref_status read_reals(double *x, const ref_json *list, size_t n, double low,
                             double high, ref_why *why)
{
    for (size_t i = 0; i < n; i++) {
        const ref_json item = ref_json_item(list, i);
        double value = 0.0;
        REF_TRY(ref_json_number(&value, &item, why));
        if (!(value >= low && value <= high))
            return ref_json_fail(&item, REF_EDOM, why, "%.17g is outside [%g, %g]",
                                 value, low, high);
        x[i] = value;
    }
    return REF_OK;
}

/* Read one shard, p and G side by side, behind the rows that are there. */
static ref_status read_pair(table *t, const char *p_path, const char *G_path,
                            json_t **p_root, json_t **G_root, ref_why *why)
{
    REF_TRY(ref_json_load(p_root, p_path, why));
    REF_TRY(ref_json_load(G_root, G_path, why));
    const ref_json p = ref_json_top(*p_root, p_path);
    const ref_json G = ref_json_top(*G_root, G_path);
    size_t rows = 0;
    size_t G_rows = 0;
    REF_TRY(ref_json_length(&rows, &p, SIZE_MAX, why));
    REF_TRY(ref_json_length(&G_rows, &G, SIZE_MAX, why));
    if (rows != G_rows)
        return ref_fail(why, REF_ESHAPE, "%s has %zu entries, %s has %zu", p_path, rows,
                        G_path, G_rows);
    REF_TRY(table_grow(t, rows, why));
    REF_TRY(read_reals(t->p + t->m, &p, rows, 0.0, 1.0, why));
    REF_TRY(read_reals(t->G + t->m, &G, rows, 0.0, 1.7976931348623157e308, why));
    t->m += rows;
    return REF_OK;
}

static ref_status read_shard(table *t, const import *o, const char *name, ref_why *why)
{
    char p_path[PATH_ROOM];
    char G_path[PATH_ROOM];
    REF_TRY(file_path(p_path, o->directory, "accept_rates_", name, why));
    REF_TRY(file_path(G_path, o->directory, "grads_", name, why));
    json_t *p = NULL;
    json_t *G = NULL;
    const ref_status s = read_pair(t, p_path, G_path, &p, &G, why);
    json_decref(p);
    json_decref(G);
    return s;
}

/* A list of gradients without its rates would be lost without a word. */
static ref_status check_partners(const import *o, const names *rates, ref_why *why)
{
    names grads;
    REF_TRY(list_names(&grads, o->directory, "grads_", why));
    ref_status s = REF_OK;
    for (size_t i = 0; i < grads.count && s == REF_OK; i++)
        if (bsearch(&grads.name[i], rates->name, rates->count, sizeof *rates->name,
                    compare_names)
            == NULL)
            s = ref_fail(why, REF_EFORMAT,
                         "%s: grads_%s.json has no accept_rates_%s.json", o->directory,
                         grads.name[i], grads.name[i]);
    names_free(&grads);
    return s;
}

static ref_status read_shards(table *t, const import *o, const names *rates,
                              ref_why *why)
{
    if (rates->count == 0)
        return ref_fail(why, REF_EFORMAT, "%s: no accept_rates_*.json here",
                        o->directory);
    REF_TRY(check_numbers(rates, o->directory, why));
    REF_TRY(check_partners(o, rates, why));
    for (size_t i = 0; i < rates->count; i++)
        REF_TRY(read_shard(t, o, rates->name[i], why));
    if (t->m == 0)
        return ref_fail(why, REF_ESHAPE, "%s: the lists are empty", o->directory);
    return REF_OK;
}

/* ---- sample sizes ------------------------------------------------------------------ */

/* n[from ...] <- the list at path; *rows its length, which must fit. */
static ref_status read_sizes(table *t, size_t from, size_t *rows, const char *path,
                             ref_why *why)
{
    json_t *root = NULL;
    REF_TRY(ref_json_load(&root, path, why));
    const ref_json list = ref_json_top(root, path);
    ref_status s = ref_json_length(rows, &list, t->m - from, why);
    if (s == REF_OK)
        s = ref_json_integers(t->n + from, &list, *rows, UINT64_C(1) << 53, why);
    json_decref(root);
    return s;
}

static ref_status read_sizes_whole(table *t, const char *path, ref_why *why)
{
    size_t rows = 0;
    REF_TRY(read_sizes(t, 0, &rows, path, why));
    if (rows == t->m) return REF_OK;
    return ref_fail(why, REF_ESHAPE, "%s has %zu entries, the rates have %zu", path,
                    rows, t->m);
}

/* sample_sizes_K.json for every shard K. */
static ref_status read_sizes_sharded(table *t, const import *o, const names *sizes,
                                     ref_why *why)
{
    size_t from = 0;
    char path[PATH_ROOM];
    for (size_t i = 0; i < sizes->count; i++) {
        size_t rows = 0;
        REF_TRY(file_path(path, o->directory, "sample_sizes_", sizes->name[i], why));
        REF_TRY(read_sizes(t, from, &rows, path, why));
        from += rows;
    }
    if (from == t->m) return REF_OK;
    return ref_fail(why, REF_ESHAPE,
                    "%s: sample_sizes_*.json have %zu entries, the rates have %zu",
                    o->directory, from, t->m);
}

/* Drop "ratio_...": those are shares before rounding. */
static void drop_ratios(names *n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n->count; i++) {
        if (strncmp(n->name[i], "ratio_", 6) == 0)
            free(n->name[i]);
        else
            n->name[kept++] = n->name[i];
    }
    n->count = kept;
}

static bool same_names(const names *a, const names *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->name[i], b->name[i]) != 0) return false;
    return true;
}

static ref_status choose_sizes(table *t, const import *o, const names *sizes,
                               const names *rates, ref_why *why)
{
    char path[PATH_ROOM];
    if (o->sizes == NULL && sizes->count == 0) return REF_OK; /* before that stage */
    t->n = calloc(t->m + 1, sizeof *t->n);
    if (t->n == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the sizes");
    if (o->sizes != NULL) {
        const int n = snprintf(path, sizeof path, "%s/%s", o->directory, o->sizes);
        if (n < 0 || n >= PATH_ROOM)
            return ref_fail(why, REF_EUSAGE, "--sizes: the path is too long");
        return read_sizes_whole(t, path, why);
    }
    if (same_names(sizes, rates)) return read_sizes_sharded(t, o, sizes, why);
    if (sizes->count > 1)
        return ref_fail(why, REF_EUSAGE,
                        "%s: sample_sizes_%.60s.json or sample_sizes_%.60s.json? Say "
                        "which with --sizes NAME",
                        o->directory, sizes->name[0], sizes->name[1]);
    REF_TRY(file_path(path, o->directory, "sample_sizes_", sizes->name[0], why));
    return read_sizes_whole(t, path, why);
}

/* ---- the command ------------------------------------------------------------------- */

static ref_status read_directory(table *t, names *rates, const import *o, ref_why *why)
{
    REF_TRY(list_names(rates, o->directory, "accept_rates_", why));
    REF_TRY(read_shards(t, o, rates, why));
    names sizes;
    REF_TRY(list_names(&sizes, o->directory, "sample_sizes_", why));
    drop_ratios(&sizes);
    const ref_status s = choose_sizes(t, o, &sizes, rates, why);
    names_free(&sizes);
    return s;
}

static ref_status write_table(const table *t, const char *path, ref_why *why)
{
    ref_output o;
    REF_TRY(ref_output_open(&o, path, why));
    ref_tsv_put_text(o.file, t->n != NULL ? "prompt\tp\tG\tn" : "prompt\tp\tG", '\n');
    for (size_t i = 0; i < t->m && !ferror(o.file); i++) {
        ref_tsv_put_unsigned(o.file, i, '\t');
        ref_tsv_put_real(o.file, t->p[i], '\t');
        ref_tsv_put_real(o.file, t->G[i], t->n != NULL ? '\t' : '\n');
        if (t->n != NULL) ref_tsv_put_unsigned(o.file, t->n[i], '\n');
    }
    return ref_output_commit(&o, why);
}

static int run(const cli_command *self, int argc, char **argv)
{
import o = {0 };
    const cli_next next = cli_parse(self, &o, argc, argv);
    if (next != CLI_RUN) return next == CLI_STOP ? 0 : ref_status_exit(REF_EUSAGE);
    ref_why why = {""};
    if (o.directory == NULL)
        return cli_fail(self, ref_fail(&why, REF_EUSAGE, "DIR is missing"), &why);
    table t = {0};
    names rates = {0};
    ref_status s = read_directory(&t, &rates, &o, &why);
    if (s == REF_OK) s = write_table(&t, o.out, &why);
    if (s == REF_OK && !o.quiet)
        (void)fprintf(stderr, "gvm %s: %zu prompts from %zu shard%s%s\n", self->name,
                      t.m, rates.count, rates.count == 1 ? "" : "s",
                      t.n != NULL ? ", with sample sizes" : ", no sample sizes there");
    names_free(&rates);
    table_free(&t);
    return s == REF_OK ? 0 : cli_fail(self, s, &why);
}

const cli_command cli_import = {
    .name = "import-official",
    .operands = "DIR",
    .what = "the released GVM code's JSON lists as one table for \"gvm allocate\"",
    .more =
        "DIR is one iteration's folder (data/MODEL/SUFFIX/data_K) with "
        "accept_rates_K.json "
        "and\ngrads_K.json for every shard K, and perhaps sample_sizes_*.json. Entries "
        "are joined\nby order; a missing shard, lists of unequal length and numbers "
        "out "
        "of range are\nrefused. Columns: prompt (its place in the order), p, G, and n "
        "where sizes are there.\n"
        "\nExample:\n"
        "  gvm import-official data/Qwen7B/run/data_1 | gvm allocate --explain\n",
    .options = options,
    .count = OPTIONS,
    .operand_count = 1,
    .set = set,
    .run = run};
