/* exact.c -- `gvm-sim exact`: the table of families, and one way to print them all. */
#include "sim/exact.h"

#include "ref/io/json.h"
#include "ref/io/nearest.h"
#include "ref/io/output.h"
#include "sim/exact_bvpo.h"
#include "sim/exact_problem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const sim_exact_family families[] = {
    {"tabular", "one logit per prompt and latent", sim_exact_tabular},
    {"realisable", "shared log-linear policy, a teacher separates",
     sim_exact_realisable},
    {"frustrated", "shared log-linear policy, finite optimum", sim_exact_frustrated},
    {"head", "learned answer head, soft acceptance", sim_exact_head},
    {"chain", "sequential reasoning, a Markov chain", sim_exact_chain},
    {"model", "a problem from a JSON file", sim_exact_model},
    {"bvpo", "finite preference model with traces", sim_exact_bvpo},
    {"quadratic", "quadratic loss under a mixture gradient", sim_exact_quadratic},
};

const sim_exact_family *sim_exact_families(size_t *count)
{
    if (count != NULL) *count = sizeof families / sizeof families[0];
    return families;
}

/* ---- plain text ------------------------------------------------------------------ */

static bool is_scalar(const json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

static void write_scalar(FILE *file, const json_t *value)
{
    if (json_is_real(value))
        fprintf(file, "%.17g", json_real_value(value));
    else if (json_is_integer(value))
        fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_string(value))
        fputs(json_string_value(value), file);
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "true" : "false", file);
    else
        fputs("nan", file); /* null: not finite */
}

/* name TAB value; numbers of an array follow each other. Objects get a dotted name. */
static void write_lines(FILE *file, const char *prefix, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (is_scalar(value)) {
            fprintf(file, "%s%s\t", prefix, key);
            write_scalar(file, value);
            fputc('\n', file);
        } else if (json_is_object(value)) {
            char deeper[128];
            (void)snprintf(deeper, sizeof deeper, "%s%s.", prefix, key);
            write_lines(file, deeper, value);
        } else if (!json_is_object(json_array_get(value, 0))) {
            fprintf(file, "%s%s", prefix, key);
            for (size_t k = 0; k < json_array_size(value); k++) {
                fputc('\t', file);
                write_scalar(file, json_array_get(value, k));
            }
            fputc('\n', file);
        }
    }
}

/* One table; columns that are no scalars (mean vectors) are left to --json. */
static void write_table(FILE *file, const char *name, const json_t *rows)
{
    fprintf(file, "\n# %s\n", name);
    for (size_t i = 0; i <= json_array_size(rows); i++) {
        const char *key, *gap = "";
        json_t *value;
        json_object_foreach(json_array_get(rows, i > 0 ? i - 1 : 0), key, value)
        {
            if (!is_scalar(value)) continue;
            fputs(gap, file);
            if (i == 0)
                fputs(key, file);
            else
                write_scalar(file, value);
            gap = "\t";
        }
        fputc('\n', file);
    }
}

static void write_text(FILE *file, json_t *top)
{
    const char *key;
    json_t *value;
    write_lines(file, "", top);
    json_object_foreach(top, key, value)
    {
        if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
            write_table(file, key, value);
    }
}

static ref_status write_result(const char *path, json_t *top, bool json, ref_why *why)
{
    ref_output out;
    REF_TRY(ref_output_open(&out, path, why));
    if (json)
        ref_json_write(out.file, top);
    else
        write_text(out.file, top);
    return ref_output_commit(&out, why);
}

/* ---- dispatch -------------------------------------------------------------------- */

/* Options of every family, taken out of argv; rest keeps the others in order. */
typedef struct request {
    bool json;
    const char *out;
    int count;
    char **rest;
} request;

static ref_status take_common(request *q, int argc, char **argv, ref_why *why)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            q->json = true;
        else if (strncmp(argv[i], "--out=", 6) == 0)
            q->out = argv[i] + 6;
        else if (strcmp(argv[i], "--out") != 0)
            q->rest[q->count++] = argv[i];
        else if (i + 1 < argc)
            q->out = argv[++i];
        else
            return ref_fail(why, REF_EUSAGE, "option '--out' needs a value");
    }
    return REF_OK;
}

static ref_status no_family(const char *name, ref_why *why)
{
    char hint[REF_NEAREST_ROOM];
    ref_nearest near;
    ref_nearest_start(&near, name);
    for (size_t k = 0; k < sizeof families / sizeof families[0]; k++)
        ref_nearest_offer(&near, families[k].name);
    return ref_fail(why, REF_EUSAGE,
                    "exact: no family '%.60s'; `gvm-sim help exact` lists them%s", name,
                    ref_nearest_hint(hint, &near, ""));
}

static const sim_exact_family *find_family(const char *name)
{
    for (size_t k = 0; k < sizeof families / sizeof families[0]; k++)
        if (strcmp(families[k].name, name) == 0) return &families[k];
    return NULL;
}

ref_status sim_exact_run(int argc, char **argv, ref_why *why)
{
    const bool named = argc > 1 && strncmp(argv[1], "--", 2) != 0;
    const char *name = named ? argv[1] : "model";
    const sim_exact_family *family = find_family(name);
    if (argc < 2) return ref_fail(why, REF_EUSAGE, "exact needs a family or --model");
    if (family == NULL) return no_family(name, why);

    const int first = named ? 2 : 1;
    request q = {.rest = calloc((size_t)argc, sizeof *q.rest)};
    if (q.rest == NULL) return ref_fail(why, REF_ENOMEM, "no memory for options");
    json_t *top = NULL;
    ref_status s = take_common(&q, argc - first, argv + first, why);
    if (s == REF_OK) s = family->run(q.count, q.rest, &top, why);
    if (s == REF_OK) s = write_result(q.out, top, q.json, why);
    json_decref(top);
    free(q.rest);
    return s;
}
