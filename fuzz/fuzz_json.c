/* fuzz_json.c -- the JSON reader, its fetchers and its writers on arbitrary bytes. */
#include "ref/io/json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every fetcher on every value; each must refuse or fill, and name the place. */
static void walk(const ref_json *at, FILE *sink)
{
    ref_why why;
    double x[4];
    uint64_t n[4];
    size_t length;
    bool b;
    const char *text;
    static const char *const keys[] = {"p", "G", NULL};
    if (ref_json_number(x, at, &why) == REF_OK) ref_json_real(sink, x[0]);
    if (ref_json_string(&text, at, &why) == REF_OK) ref_json_text(sink, text);
    (void)ref_json_unsigned(n, at, 1000, &why);
    (void)ref_json_boolean(&b, at, &why);
    (void)ref_json_numbers(x, at, 4, &why);
    (void)ref_json_integers(n, at, 4, 7, &why);
    (void)ref_json_only(at, keys, &why);
    if (ref_json_length(&length, at, 1000, &why) == REF_OK)
        for (size_t i = 0; i < length; i++) {
            const ref_json item = ref_json_item(at, i);
            walk(&item, sink);
        }
    for (const char *const *k = keys; *k != NULL; k++) {
        ref_json child;
        if (ref_json_has(at, *k) && ref_json_get(&child, at, *k, &why) == REF_OK)
            walk(&child, sink);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *sink;
    if (sink == NULL) sink = fopen("/dev/null", "w");
    ref_source source;
    ref_why why;
    json_t *root = NULL;
    if (ref_source_memory(&source, data, size, "fuzz.json", &why) != REF_OK) return 0;
    if (ref_json_read(&root, &source, &why) == REF_OK) {
        const ref_json top = ref_json_top(root, "fuzz.json");
        walk(&top, sink);
        ref_json_write(sink, root);
        json_decref(root);
    }
    ref_source_close(&source);
    return 0;
}
