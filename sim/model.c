/* model.c -- reader of the JSON model file; sizes first, then numbers. */
#include "sim/model.h"

#include "ref/io/json.h"
#include "sim/family_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What the file has said so far. */
typedef struct draft {
    bool tabular;
    sim_loglinear table; /* phi holds the logits (m,Y) of a tabular model, with d = 1 */
    double lambda;
    double *start; /* (d) or NULL */
} draft;

static void draft_free(draft *m)
{
    sim_loglinear_free(&m->table);
    free(m->start);
}

/* Length of the array `key` of at, at least 1. */
static ref_status length_of(size_t *n, ref_json *array, const ref_json *at,
                            const char *key, ref_why *why)
{
    size_t length = 0;
    REF_TRY(ref_json_get(array, at, key, why));
    REF_TRY(ref_json_length(&length, array, SIM_MODEL_CAP, why));
    if (length == 0) return ref_json_fail(array, REF_EFORMAT, why, "must not be empty");
    *n = length;
    return REF_OK;
}

static ref_status read_kind(draft *m, const ref_json *top, ref_why *why)
{
    ref_json at;
    const char *kind;
    REF_TRY(ref_json_get(&at, top, "kind", why));
    REF_TRY(ref_json_string(&kind, &at, why));
    m->tabular = strcmp(kind, "tabular") == 0;
    if (!m->tabular && strcmp(kind, "log-linear") != 0)
        return ref_json_fail(&at, REF_EFORMAT, why,
                             "'%.40s' is neither \"log-linear\" nor \"tabular\"", kind);
    return REF_OK;
}

/* Latents and features, from the first prompt; the others are held to them. */
static ref_status read_sizes(size_t *Y, size_t *d, const draft *m,
                             const ref_json *prompts, ref_why *why)
{
    const ref_json first = ref_json_item(prompts, 0);
    ref_json rows;
    *d = 1;
    if (m->tabular) return length_of(Y, &rows, &first, "logits", why);
    REF_TRY(length_of(Y, &rows, &first, "features", why));
    const ref_json row = ref_json_item(&rows, 0);
    size_t features = 0;
    REF_TRY(ref_json_length(&features, &row, SIM_MODEL_CAP, why));
    if (features == 0)
        return ref_json_fail(&row, REF_EFORMAT, why, "must not be empty");
    *d = features;
    return REF_OK;
}

static ref_status read_features(double *phi, const ref_json *prompt, size_t Y, size_t d,
                                ref_why *why)
{
    ref_json rows;
    size_t count = 0;
    REF_TRY(ref_json_get(&rows, prompt, "features", why));
    REF_TRY(ref_json_length(&count, &rows, SIM_MODEL_CAP, why));
    if (count != Y)
        return ref_json_fail(&rows, REF_EFORMAT, why,
                             "%zu latents, the first prompt has %zu", count, Y);
    for (size_t y = 0; y < Y; y++) {
        const ref_json row = ref_json_item(&rows, y);
        REF_TRY(ref_json_numbers(phi + y * d, &row, d, why));
    }
    return REF_OK;
}

static ref_status read_accept(double *accept, const ref_json *prompt, size_t Y,
                              ref_why *why)
{
    ref_json at;
    double most = 0.0;
    REF_TRY(ref_json_get(&at, prompt, "accept", why));
    REF_TRY(ref_json_numbers(accept, &at, Y, why));
    for (size_t y = 0; y < Y; y++) {
        const ref_json item = ref_json_item(&at, y);
        if (!(accept[y] >= 0.0 && accept[y] <= 1.0))
            return ref_json_fail(&item, REF_EFORMAT, why,
                                 "%g is not a probability in [0,1]", accept[y]);
        if (accept[y] > most) most = accept[y];
    }
    if (!(most > 0.0))
        return ref_json_fail(&at, REF_EFORMAT, why,
                             "no latent is ever accepted: log p would be -inf");
    return REF_OK;
}

static ref_status read_prompt(draft *m, const ref_json *prompts, size_t i, ref_why *why)
{
    static const char *const dense[] = {"features", "offset", "accept", NULL};
    static const char *const table[] = {"logits", "accept", NULL};
    const sim_loglinear *t = &m->table;
    const ref_json prompt = ref_json_item(prompts, i);
    ref_json at;
    REF_TRY(ref_json_only(&prompt, m->tabular ? table : dense, why));
    REF_TRY(read_accept(t->accept + i * t->Y, &prompt, t->Y, why));
    if (m->tabular) {
        REF_TRY(ref_json_get(&at, &prompt, "logits", why));
        return ref_json_numbers(t->phi + i * t->Y, &at, t->Y, why);
    }
    if (ref_json_has(&prompt, "offset")) {
        REF_TRY(ref_json_get(&at, &prompt, "offset", why));
        REF_TRY(ref_json_numbers(t->offset + i * t->Y, &at, t->Y, why));
    }
    return read_features(t->phi + i * t->Y * t->d, &prompt, t->Y, t->d, why);
}

static ref_status read_lambda(draft *m, const ref_json *top, ref_why *why)
{
    ref_json at;
    if (!ref_json_has(top, "lambda")) return REF_OK;
    REF_TRY(ref_json_get(&at, top, "lambda", why));
    REF_TRY(ref_json_number(&m->lambda, &at, why));
    if (m->lambda < 0.0)
        return ref_json_fail(&at, REF_EFORMAT, why, "%g is below 0", m->lambda);
    return REF_OK;
}

static ref_status read_start(draft *m, const ref_json *top, ref_why *why)
{
    ref_json at;
    if (!ref_json_has(top, "theta")) return REF_OK;
    REF_TRY(ref_json_get(&at, top, "theta", why));
    m->start = calloc(m->table.d, sizeof *m->start);
    if (m->start == NULL) return ref_fail(why, REF_ENOMEM, "no memory for theta");
    return ref_json_numbers(m->start, &at, m->table.d, why);
}

static ref_status read_top(draft *m, const ref_json *top, ref_why *why)
{
    static const char *const dense[] = {"kind",    "comment", "lambda",
                                        "prompts", "theta",   NULL};
    static const char *const table[] = {"kind", "comment", "lambda", "prompts", NULL};
    REF_TRY(read_kind(m, top, why));
    REF_TRY(ref_json_only(top, m->tabular ? table : dense, why));
    REF_TRY(read_lambda(m, top, why));

    ref_json prompts;
    size_t count = 0, Y = 0, d = 0;
    REF_TRY(length_of(&count, &prompts, top, "prompts", why));
    REF_TRY(read_sizes(&Y, &d, m, &prompts, why));
    assert(count > 0 && Y > 0);
    if (Y > SIM_MODEL_CAP / count || d > SIM_MODEL_CAP / (count * Y))
        return ref_json_fail(&prompts, REF_ESHAPE, why,
                             "%zu x %zu x %zu numbers are more than the %zu allowed",
                             count, Y, d, SIM_MODEL_CAP);
    REF_TRY(sim_loglinear_alloc(&m->table, count, Y, d, true, why));
    for (size_t i = 0; i < count; i++) REF_TRY(read_prompt(m, &prompts, i, why));
    return m->tabular ? REF_OK : read_start(m, top, why);
}

static ref_status build(sim_problem *p, const draft *m, ref_why *why)
{
    const sim_loglinear *t = &m->table;
    return m->tabular
               ? sim_tabular_from(p, t->m, t->Y, t->phi, t->accept, m->lambda, why)
               : sim_loglinear_from(p, t, m->start, m->lambda, why);
}

ref_status sim_model_read(sim_problem *p, ref_source *source, ref_why *why)
{
    *p = (sim_problem){0};
    json_t *root = NULL;
    REF_TRY(ref_json_read(&root, source, why));
    const ref_json top = ref_json_top(root, source->name);
    draft m = {0};
    ref_status s = read_top(&m, &top, why);
    json_decref(root);
    if (s == REF_OK) s = build(p, &m, why);
    draft_free(&m);
    return s;
}

ref_status sim_model_load(sim_problem *p, const char *path, ref_why *why)
{
    *p = (sim_problem){0};
    ref_source source;
    REF_TRY(ref_source_open(&source, path, why));
    const ref_status s = sim_model_read(p, &source, why);
    ref_source_close(&source);
    return s;
}
