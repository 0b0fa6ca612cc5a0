/* fuzz_tsv.c -- the table reader and its number parsers on arbitrary bytes.
 *
 * Besides crashes it looks for broken promises: a number that was read comes back from
 * its own text, and what strtod reads is what was read.
 */
#include "ref/io/decimal.h"
#include "ref/io/tsv.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ref_tsv_column columns[] = {
    {"prompt", true}, {"p", true}, {"G", false}, {"n", false}};

#define COLUMNS (sizeof columns / sizeof *columns)

static void examine(const ref_tsv *t, size_t column)
{
    double x;
    uint64_t n;
    ref_why why;
    if (!ref_tsv_has(t, column)) return;
    if (ref_tsv_unsigned(&n, t, column, UINT64_MAX, &why) == REF_OK
        && strtoull(ref_tsv_text(t, column), NULL, 10) != n)
        abort();
    if (ref_tsv_real(&x, t, column, &why) != REF_OK) return;
    char text[REF_FORMAT_ROOM];
    (void)ref_format_double(text, x);
    if (strtod(text, NULL) != x || strtod(ref_tsv_text(t, column), NULL) != x) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ref_source source;
    ref_tsv t;
    ref_why why;
    if (ref_source_memory(&source, data, size, "fuzz.tsv", &why) != REF_OK) return 0;
    if (ref_tsv_open(&t, &source, columns, COLUMNS, &why) == REF_OK) {
        bool more = true;
        while (ref_tsv_next(&more, &t, &why) == REF_OK && more)
            for (size_t c = 0; c < COLUMNS; c++) examine(&t, c);
        ref_tsv_close(&t);
    }
    ref_source_close(&source);
    return 0;
}
