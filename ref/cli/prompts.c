/* prompts.c -- see prompts.h for the contracts. */
#include "ref/cli/prompts.h"

#include "ref/io/json.h"
#include "ref/io/tsv.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The table's columns in the file: the prompt's name, then CLI_COLUMN_LIST. */
enum { NAME, FIRST, FIELDS = FIRST + CLI_COLUMN_COUNT };

static const ref_tsv_column fields[FIELDS] = {[NAME] = {"prompt", true},
#define FIELD_OF(id, name, low, high, what) [FIRST + (id)] = {name, (id) <= CLI_G},
                                              CLI_COLUMN_LIST(FIELD_OF)
#undef FIELD_OF
};

static const struct {
    double low, high;
} domain[CLI_COLUMN_COUNT] = {
#define DOMAIN_OF(id, name, low, high, what) {low, high},
    CLI_COLUMN_LIST(DOMAIN_OF)
#undef DOMAIN_OF
};

/* ---- memory ------------------------------------------------------------------------ */

void cli_prompts_free(cli_prompts *t)
{
    for (int c = 0; c < CLI_COLUMN_COUNT; c++) free(t->column[c]);
    free(t->name);
    free(t->text);
    *t = (cli_prompts){0};
}

/* Room for rows prompts in every column that the table has. */
static ref_status reserve(cli_prompts *t, const bool has[CLI_COLUMN_COUNT], size_t rows,
                          ref_why *why)
{
    bool ok = rows <= SIZE_MAX / sizeof(double);
    size_t *const name = ok ? realloc(t->name, rows * sizeof *name) : NULL;
    ok = name != NULL;
    if (ok) t->name = name;
    for (int c = 0; c < CLI_COLUMN_COUNT && ok; c++) {
        if (!has[c]) continue;
        double *const column = realloc(t->column[c], rows * sizeof *column);
        ok = column != NULL;
        if (ok) t->column[c] = column;
    }
    if (!ok) return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", rows);
    t->room = rows;
    return REF_OK;
}

/* The name of prompt i = m, the one being read. */
static ref_status append_name(cli_prompts *t, const char *name, ref_why *why)
{
    const size_t n = strlen(name) + 1;
    if (n > t->text_room - t->text_end) {
        const size_t room = 2 * (t->text_room + n) + 4096;
        char *const grown = realloc(t->text, room);
        if (grown == NULL)
            return ref_fail(why, REF_ENOMEM, "no memory for the prompts' names");
        t->text = grown;
        t->text_room = room;
    }
    memcpy(t->text + t->text_end, name, n);
    t->name[t->m] = t->text_end;
    t->text_end += n;
    return REF_OK;
}

static bool in_domain(int c, double x)
{
    return x >= domain[c].low && x <= domain[c].high;
}

/* "[0, 1]", "at least 0", "above 0" */
static const char *domain_text(int c)
{
    if (c == CLI_P) return "in [0, 1]";
    if (domain[c].high < DBL_MAX) return "in [0, 2^53]";
    return domain[c].low > 0.0 ? "above 0" : "at least 0";
}

/* ---- TSV --------------------------------------------------------------------------- */

static ref_status read_row(cli_prompts *t, const ref_tsv *tsv,
                           const bool has[CLI_COLUMN_COUNT], ref_why *why)
{
    if (t->m == t->room) REF_TRY(reserve(t, has, 2 * t->room + 1024, why));
    REF_TRY(append_name(t, ref_tsv_text(tsv, NAME), why));
    for (int c = 0; c < CLI_COLUMN_COUNT; c++) {
        if (!has[c]) continue;
        const size_t field = (size_t)c + FIRST;
        REF_TRY(ref_tsv_real(&t->column[c][t->m], tsv, field, why));
        if (!in_domain(c, t->column[c][t->m]))
            return ref_tsv_fail(tsv, field, REF_EDOM, why, "\"%.40s\" is not %s",
                                ref_tsv_text(tsv, field), domain_text(c));
    }
    t->m++;
    return REF_OK;
}

static ref_status read_tsv(cli_prompts *t, ref_source *source, ref_why *why)
{
    ref_tsv tsv;
    REF_TRY(ref_tsv_open(&tsv, source, fields, FIELDS, why));
    bool has[CLI_COLUMN_COUNT];
    for (size_t c = 0; c < CLI_COLUMN_COUNT; c++) has[c] = ref_tsv_has(&tsv, c + FIRST);
    bool more = true;
    ref_status s = REF_OK;
    while (s == REF_OK && more) {
        s = ref_tsv_next(&more, &tsv, why);
        if (s == REF_OK && more) s = read_row(t, &tsv, has, why);
    }
    ref_tsv_close(&tsv);
    return s;
}

/* ---- JSON -------------------------------------------------------------------------- */

static const char *const *known_keys(const char *keys[FIELDS + 1])
{
    for (size_t f = 0; f < FIELDS; f++) keys[f] = fields[f].name;
    keys[FIELDS] = NULL;
    return keys;
}

/* A prompt's name: text without tabs and line ends, or an integer. */
static ref_status read_name(cli_prompts *t, const ref_json *at, ref_why *why)
{
    char number[32];
    const char *name = number;
    if (json_is_integer(at->value))
        (void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT,
                       json_integer_value(at->value));
    else
        REF_TRY(ref_json_string(&name, at, why));
    if (!ref_tsv_is_field(name))
        return ref_json_fail(at, REF_EFORMAT, why, "a tab or line end in a name");
    return append_name(t, name, why);
}

static ref_status read_value(cli_prompts *t, int c, const ref_json *at, ref_why *why)
{
    REF_TRY(ref_json_number(&t->column[c][t->m], at, why));
    if (in_domain(c, t->column[c][t->m])) return REF_OK;
    return ref_json_fail(at, REF_EDOM, why, "%.17g is not %s", t->column[c][t->m],
                         domain_text(c));
}

/* Which columns does an object name? Unknown keys are refused. */
static ref_status find_keys(bool has[CLI_COLUMN_COUNT], const ref_json *object,
                            ref_why *why)
{
    const char *keys[FIELDS + 1];
    REF_TRY(ref_json_only(object, known_keys(keys), why));
    for (int c = 0; c < CLI_COLUMN_COUNT; c++)
        has[c] = c <= CLI_G || ref_json_has(object, fields[FIRST + c].name);
    return REF_OK;
}

/* {"prompt": "a", "p": 0.5, "G": 1}: every object has the keys of the first. */
static ref_status read_object(cli_prompts *t, const ref_json *object,
                              const bool has[CLI_COLUMN_COUNT], ref_why *why)
{
    bool own[CLI_COLUMN_COUNT];
    REF_TRY(find_keys(own, object, why));
    ref_json at;
    REF_TRY(ref_json_get(&at, object, fields[NAME].name, why));
    REF_TRY(read_name(t, &at, why));
    for (int c = 0; c < CLI_COLUMN_COUNT; c++) {
        if (own[c] && !has[c])
            return ref_json_fail(object, REF_EFORMAT, why,
                                 "\"%s\" is here but not in the first object",
                                 fields[FIRST + c].name);
        if (!has[c]) continue;
        REF_TRY(ref_json_get(&at, object, fields[FIRST + c].name, why));
        REF_TRY(read_value(t, c, &at, why));
    }
    t->m++;
    return REF_OK;
}

static ref_status read_objects(cli_prompts *t, const ref_json *top, ref_why *why)
{
    size_t m = 0;
    REF_TRY(ref_json_length(&m, top, SIZE_MAX, why));
    if (m == 0) return REF_OK;
    bool has[CLI_COLUMN_COUNT];
    const ref_json first = ref_json_item(top, 0);
    REF_TRY(find_keys(has, &first, why));
    REF_TRY(reserve(t, has, m, why));
    for (size_t i = 0; i < m; i++) {
        const ref_json object = ref_json_item(top, i);
        REF_TRY(read_object(t, &object, has, why));
    }
    return REF_OK;
}

/* {"prompt": ["a", ...], "p": [0.5, ...], "G": [1, ...]} */
static ref_status read_arrays(cli_prompts *t, const ref_json *top, ref_why *why)
{
    bool has[CLI_COLUMN_COUNT];
    REF_TRY(find_keys(has, top, why));
    ref_json array[FIELDS];
    size_t m = 0;
    for (size_t f = 0; f < FIELDS; f++) {
        if (f >= FIRST && !has[f - FIRST]) continue;
        size_t length = 0;
        REF_TRY(ref_json_get(&array[f], top, fields[f].name, why));
        REF_TRY(ref_json_length(&length, &array[f], SIZE_MAX, why));
        if (f == NAME) m = length;
        if (length != m)
            return ref_json_fail(&array[f], REF_ESHAPE, why,
                                 "%zu entries, \"prompt\" has %zu", length, m);
    }
    if (m == 0) return REF_OK;
    REF_TRY(reserve(t, has, m, why));
    for (; t->m < m; t->m++) {
        ref_json at = ref_json_item(&array[NAME], t->m);
        REF_TRY(read_name(t, &at, why));
        for (int c = 0; c < CLI_COLUMN_COUNT; c++) {
            if (!has[c]) continue;
            at = ref_json_item(&array[FIRST + c], t->m);
            REF_TRY(read_value(t, c, &at, why));
        }
    }
    return REF_OK;
}

static ref_status read_json(cli_prompts *t, ref_source *source, ref_why *why)
{
    json_t *root = NULL;
    REF_TRY(ref_json_read(&root, source, why));
    const ref_json top = ref_json_top(root, source->name);
    const ref_status s =
        json_is_array(root) ? read_objects(t, &top, why) : read_arrays(t, &top, why);
    json_decref(root);
    return s;
}

ref_status cli_prompts_read(cli_prompts *t, ref_source *source, cli_format format,
                            ref_why *why)
{
    *t = (cli_prompts){0};
    int first = EOF;
    REF_TRY(ref_source_peek(&first, source, why));
    const bool json = format == CLI_FORMAT_JSON
                      || (format == CLI_FORMAT_AUTO && (first == '[' || first == '{'));
    ref_status s = json ? read_json(t, source, why) : read_tsv(t, source, why);
    if (s == REF_OK && t->m == 0)
        s = ref_fail(why, REF_ESHAPE, "%s: no prompts in it", source->name);
    if (s != REF_OK) cli_prompts_free(t);
    return s;
}
