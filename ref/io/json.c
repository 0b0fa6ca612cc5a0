/* json.c -- see json.h for the contracts. */
#include "ref/io/json.h"

#include "ref/io/decimal.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define EXACT_INTEGER (INT64_C(1) << 53)

/* The source with a count of what was read, so that the cap can stop the parser. */
typedef struct capped {
    ref_source *source;
    size_t total;
} capped;

static size_t read_capped(void *buffer, size_t n, void *data)
{
    capped *const c = data;
    const size_t got = ref_source_read(buffer, n, c->source);
    if (got == (size_t)-1) return got;
    c->total += got;
    return c->total > REF_JSON_CAP ? (size_t)-1 : got;
}

static ref_status parse_failure(const capped *c, const json_error_t *e, ref_why *why)
{
    const char *const name = c->source->name;
    if (c->source->error != 0)
        return ref_fail(why, REF_EIO, "%s: cannot read: %s", name,
                        strerror(c->source->error));
    if (c->total > REF_JSON_CAP)
        return ref_fail(why, REF_EFORMAT, "%s: longer than %zu bytes", name,
                        REF_JSON_CAP);
    if (json_error_code(e) == json_error_out_of_memory)
        return ref_fail(why, REF_ENOMEM, "%s: no memory for the document", name);
    return ref_fail(why, REF_EFORMAT, "%s:%d:%d: %s", name, e->line, e->column,
                    e->text);
}

ref_status ref_json_read(json_t **root, ref_source *source, ref_why *why)
{
    int first;
    REF_TRY(ref_source_peek(&first, source, why)); /* drops a byte order mark */
    capped c = {.source = source};
    json_error_t error;
    json_t *const read = json_load_callback(
        read_capped, &c, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (read == NULL) return parse_failure(&c, &error, why);
    *root = read;
    return REF_OK;
}

ref_status ref_json_load(json_t **root, const char *path, ref_why *why)
{
    ref_source source;
    REF_TRY(ref_source_open(&source, path, why));
    const ref_status s = ref_json_read(root, &source, why);
    ref_source_close(&source);
    return s;
}

ref_json ref_json_top(json_t *root, const char *file)
{
    return (ref_json){.value = root, .file = file};
}

/* Text of the place, outermost first; returns the length so far. */
static size_t place(char *out, size_t room, const ref_json *at)
{
    if (at->up == NULL) {
        out[0] = '\0';
        return 0;
    }
    const size_t n = place(out, room, at->up);
    const int more = at->key != NULL ? snprintf(out + n, room - n, "%s%.40s",
                                                n > 0 ? "." : "", at->key)
                                     : snprintf(out + n, room - n, "[%zu]", at->index);
    if (more < 0 || (size_t)more >= room - n) return room - 1; /* cut */
    return n + (size_t)more;
}

ref_status ref_json_fail(const ref_json *at, ref_status status, ref_why *why,
                         const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char where[160];
    const bool inside = place(where, sizeof where, at) > 0;
    return ref_fail(why, status, "%s: %s%s%s", at->file, where, inside ? ": " : "",
                    text);
}

static const char *kind(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

static ref_status wrong_kind(const ref_json *at, const char *wanted, ref_why *why)
{
    return ref_json_fail(at, REF_EFORMAT, why, "%s was expected, found %s", wanted,
                         kind(at->value));
}

ref_status ref_json_get(ref_json *child, const ref_json *at, const char *key,
                        ref_why *why)
{
    if (!json_is_object(at->value)) return wrong_kind(at, "an object", why);
    json_t *const value = json_object_get(at->value, key);
    if (value == NULL)
        return ref_json_fail(at, REF_EFORMAT, why, "\"%s\" is missing", key);
    *child = (ref_json){.value = value, .file = at->file, .up = at, .key = key};
    return REF_OK;
}

ref_json ref_json_item(const ref_json *at, size_t index)
{
    return (ref_json){.value = json_array_get(at->value, index),
                      .file = at->file,
                      .up = at,
                      .index = index};
}

bool ref_json_has(const ref_json *at, const char *key)
{
    return json_object_get(at->value, key) != NULL;
}

ref_status ref_json_only(const ref_json *at, const char *const *keys, ref_why *why)
{
    if (!json_is_object(at->value)) return wrong_kind(at, "an object", why);
    for (void *i = json_object_iter(at->value); i != NULL;
         i = json_object_iter_next(at->value, i)) {
        const char *const *k = keys;
        while (*k != NULL && strcmp(*k, json_object_iter_key(i)) != 0) k++;
        if (*k == NULL)
            return ref_json_fail(at, REF_EFORMAT, why, "unknown key \"%.40s\"",
                                 json_object_iter_key(i));
    }
    return REF_OK;
}

ref_status ref_json_length(size_t *n, const ref_json *at, size_t max, ref_why *why)
{
    if (!json_is_array(at->value)) return wrong_kind(at, "an array", why);
    const size_t length = json_array_size(at->value);
    if (length > max)
        return ref_json_fail(at, REF_EFORMAT, why, "%zu entries, at most %zu fit",
                             length, max);
    *n = length;
    return REF_OK;
}

ref_status ref_json_number(double *x, const ref_json *at, ref_why *why)
{
    if (!json_is_number(at->value)) return wrong_kind(at, "a number", why);
    if (json_is_integer(at->value)) {
        const json_int_t n = json_integer_value(at->value);
        if (n > EXACT_INTEGER || n < -EXACT_INTEGER)
            return ref_json_fail(at, REF_EFORMAT, why,
                                 "%" JSON_INTEGER_FORMAT " is beyond 2^53", n);
    }
    *x = json_number_value(at->value);
    return REF_OK;
}

ref_status ref_json_unsigned(uint64_t *n, const ref_json *at, uint64_t max,
                             ref_why *why)
{
    if (!json_is_integer(at->value)) return wrong_kind(at, "an integer", why);
    const json_int_t value = json_integer_value(at->value);
    if (value < 0 || (uint64_t)value > max)
        return ref_json_fail(at, REF_EFORMAT, why,
                             "%" JSON_INTEGER_FORMAT " is not from 0 to %llu", value,
                             (unsigned long long)max);
    *n = (uint64_t)value;
    return REF_OK;
}

ref_status ref_json_boolean(bool *b, const ref_json *at, ref_why *why)
{
    if (!json_is_boolean(at->value)) return wrong_kind(at, "true or false", why);
    *b = json_is_true(at->value);
    return REF_OK;
}

ref_status ref_json_string(const char **text, const ref_json *at, ref_why *why)
{
    if (!json_is_string(at->value)) return wrong_kind(at, "a string", why);
    *text = json_string_value(at->value);
    return REF_OK;
}

static ref_status expect_length(const ref_json *at, size_t n, ref_why *why)
{
    size_t length = 0;
    REF_TRY(ref_json_length(&length, at, SIZE_MAX, why));
    if (length == n) return REF_OK;
    return ref_json_fail(at, REF_EFORMAT, why, "%zu entries, %zu were expected", length,
                         n);
}

ref_status ref_json_numbers(double *x, const ref_json *at, size_t n, ref_why *why)
{
    REF_TRY(expect_length(at, n, why));
    for (size_t i = 0; i < n; i++) {
        const ref_json item = ref_json_item(at, i);
        REF_TRY(ref_json_number(&x[i], &item, why));
    }
    return REF_OK;
}

ref_status ref_json_integers(uint64_t *x, const ref_json *at, size_t n, uint64_t max,
                             ref_why *why)
{
    REF_TRY(expect_length(at, n, why));
    for (size_t i = 0; i < n; i++) {
        const ref_json item = ref_json_item(at, i);
        REF_TRY(ref_json_unsigned(&x[i], &item, max, why));
    }
    return REF_OK;
}

void ref_json_real(FILE *file, double x)
{
    char text[REF_FORMAT_ROOM] = "null";
    if (isfinite(x)) (void)ref_format_double(text, x);
    (void)fputs(text, file);
}

void ref_json_text(FILE *file, const char *text)
{
    (void)fputc('"', file);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            (void)fprintf(file, "\\%c", c);
        else if (c < 0x20)
            (void)fprintf(file, "\\u%04x", c);
        else
            (void)fputc(c, file);
    }
    (void)fputc('"', file);
}

void ref_json_write(FILE *file, const json_t *root)
{
    (void)json_dumpf(root, file,
                     JSON_INDENT(2) | JSON_REAL_PRECISION(17) | JSON_ENCODE_ANY);
    (void)fputc('\n', file);
}
