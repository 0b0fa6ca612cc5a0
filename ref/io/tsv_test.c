/* tsv_test.c -- tables that are read, and tables that are refused with their place. */
#include "ref/io/tsv.h"

#include "theory-tests/check.h"

#include <stdlib.h>
#include <string.h>

enum { PROMPT, P, G, COLUMNS };
static const ref_tsv_column columns[COLUMNS] = {
    {"prompt", true}, {"p", true}, {"G", false}};

/* Sum of p over all rows; *rows counted; the first failure ends it. */
static ref_status sum_bytes(double *sum, size_t *rows, const void *bytes, size_t length,
                            ref_why *why)
{
    ref_source source;
    REF_TRY(ref_source_memory(&source, bytes, length, "t.tsv", why));
    ref_tsv t;
    ref_status s = ref_tsv_open(&t, &source, columns, COLUMNS, why);
    *sum = 0.0;
    *rows = 0;
    for (bool more = true; s == REF_OK && more;) {
        s = ref_tsv_next(&more, &t, why);
        double p = 0.0;
        if (s == REF_OK && more) s = ref_tsv_real(&p, &t, P, why);
        if (s == REF_OK && more) *rows += 1;
        *sum += p;
    }
    ref_tsv_close(&t);
    ref_source_close(&source);
    return s;
}

static void accepted(const char *text, double want, size_t want_rows)
{
    double sum;
    size_t rows;
    ref_why why = {""};
    CHECK_OK(sum_bytes(&sum, &rows, text, strlen(text), &why));
    CHECK_NEAR(sum, want, 1e-15);
    CHECK_EQUAL(rows, want_rows);
}

static void refused(const char *text, const char *place, const char *word)
{
    double sum;
    size_t rows;
    ref_why why = {""};
    CHECK_STATUS(sum_bytes(&sum, &rows, text, strlen(text), &why), REF_EFORMAT);
    CHECK(strncmp(why.text, place, strlen(place)) == 0);
    CHECK(strstr(why.text, word) != NULL);
    if (strstr(why.text, word) == NULL) fprintf(stderr, "%s\n", why.text);
}

static void usual_spellings_are_read(void)
{
    accepted("prompt\tp\tG\na\t0.5\t1\nb\t0.25\t2\n", 0.75, 2);
    accepted("prompt\tp\tG\r\na\t0.5\t1\r\nb\t0.25\t2\r\n", 0.75, 2);
    accepted("prompt\tp\tG\na\t0.5\t1", 0.5, 1);
    accepted("prompt\tp\tG\na\t0.5\t1\n\n\n", 0.5, 1);
    accepted("p\tprompt\n0.5\ta b c\n", 0.5, 1);
    accepted("#prompt\tp\na\t0.5\n", 0.5, 1);
    accepted("# prompt\tp\n#a\t0.5\n", 0.5, 1);
    accepted("# some words, seed=1\n#\nprompt\tp\na\t0.5\n", 0.5, 1);
    accepted("\xef\xbb\xbfprompt\tp\na\t0.5\n", 0.5, 1);
    accepted("prompt\tp\n", 0.0, 0);
    accepted("prompt\tp\n\t0.5\n", 0.5, 1);
}

static void bad_headers_are_refused(void)
{
    refused("", "t.tsv: ", "header");
    refused("# only words\n", "t.tsv: ", "header");
    refused("prompt\tp\tp\n", "t.tsv:1: ", "twice");
    refused("prompt\tG\n", "t.tsv:1: ", "\"p\" is missing");
    refused("prompt\tp\tweight\n", "t.tsv:1: ", "unknown column \"weight\"");
    refused("prompt p\n", "t.tsv:1: ", "unknown column");
    refused("# words\nprompt\tp\tP\n", "t.tsv:2: ", "unknown column \"P\"");
    refused("prompt\tp\t\n", "t.tsv:1: ", "unknown column \"\"");
}

static void bad_rows_are_refused_with_their_place(void)
{
    refused("prompt\tp\na\n", "t.tsv:2: ", "1 fields, the header has 2");
    refused("prompt\tp\na\t1\t2\n", "t.tsv:2: ", "3 fields");
    refused("prompt\tp\na\t1\n\nb\t1\n", "t.tsv:3: ", "empty line");
    refused("prompt\tp\na\t0.5\nb\tnan\n", "t.tsv:3:3: column p: ", "\"nan\"");
    refused("prompt\tp\nab\tinf\n", "t.tsv:2:4: column p: ", "\"inf\"");
    refused("prompt\tp\na\t1e999\n", "t.tsv:2:3: ", "1e999");
    refused("prompt\tp\na\t 1\n", "t.tsv:2:3: ", "\" 1\"");
    refused("prompt\tp\na\t1 \n", "t.tsv:2:3: ", "\"1 \"");
    refused("prompt\tp\na\t\n", "t.tsv:2:3: ", "\"\"");
    refused("prompt\tp\na\t1\r\r\n", "t.tsv:2:3: ", "finite number");
}

static void nul_bytes_are_refused(void)
{
    static const char text[] = "prompt\tp\na\0b\t0.5\n";
    double sum;
    size_t rows;
    ref_why why = {""};
    CHECK_STATUS(sum_bytes(&sum, &rows, text, sizeof text - 1, &why), REF_EFORMAT);
    CHECK(strcmp(why.text, "t.tsv:2:2: NUL byte in a text table") == 0);
}

/* A million columns in less than the line cap, and a line beyond it. */
static void long_lines_are_refused(void)
{
    const size_t n = 1000000;
    char *const text = malloc(2 * n);
    CHECK(text != NULL);
    if (text == NULL) return;
    double sum;
    size_t rows;
    ref_why why = {""};
    memset(text, '\t', n);
    CHECK_STATUS(sum_bytes(&sum, &rows, text, n, &why), REF_EFORMAT);
    CHECK(strstr(why.text, "1000001 columns, at most 4096") != NULL);
    memset(text, 'x', 2 * n);
    CHECK_STATUS(sum_bytes(&sum, &rows, text, 2 * n, &why), REF_EFORMAT);
    CHECK(strstr(why.text, "t.tsv:1: line is longer than 1048576 bytes") != NULL);
    free(text);
}

/* Lines that straddle the reader's blocks, from a real file. */
static void blocks_are_invisible(void)
{
    char path[] = "/tmp/gvm-tsv-test-XXXXXX";
    const int fd = mkstemp(path);
    FILE *const f = fd >= 0 ? fdopen(fd, "w") : NULL;
    CHECK(f != NULL);
    if (f == NULL) return;
    fputs("prompt\tp\n", f);
    const size_t rows = 20001;
    for (size_t i = 0; i < rows; i++) {
        fprintf(f, "prompt-%0*zu\t", (int)(i % 37 + 1), i);
        ref_tsv_put_real(f, 1.0 / (double)(i + 1), '\n');
    }
    fprintf(f, "%0100000d\t0\n", 0); /* longer than the first block */
    CHECK_EQUAL(fclose(f), 0);

    ref_source source;
    ref_tsv t;
    ref_why why = {""};
    CHECK_OK(ref_source_open(&source, path, &why));
    CHECK_OK(ref_tsv_open(&t, &source, columns, COLUMNS, &why));
    CHECK(!ref_tsv_has(&t, G));
    bool more = true;
    size_t wrong = 0;
    for (size_t i = 0; i < rows; i++) {
        double p = 0.0;
        char name[80];
        (void)snprintf(name, sizeof name, "prompt-%0*zu", (int)(i % 37 + 1), i);
        wrong += ref_tsv_next(&more, &t, &why) != REF_OK || !more
                 || ref_tsv_real(&p, &t, P, &why) != REF_OK
                 || p != 1.0 / (double)(i + 1)
                 || strcmp(ref_tsv_text(&t, PROMPT), name) != 0;
    }
    CHECK_EQUAL(wrong, 0u);
    CHECK_OK(ref_tsv_next(&more, &t, &why));
    CHECK_EQUAL(strlen(ref_tsv_text(&t, PROMPT)), 100000u);
    CHECK_OK(ref_tsv_next(&more, &t, &why));
    CHECK(!more);
    ref_tsv_close(&t);
    ref_tsv_close(&t);
    ref_source_close(&source);
    (void)remove(path);
}

static void unreadable_files_are_reported(void)
{
    ref_source source;
    ref_tsv t;
    ref_why why = {""};
    CHECK_STATUS(ref_source_open(&source, "/no/such/file", &why), REF_EIO);
    CHECK(strstr(why.text, "/no/such/file: cannot open: ") != NULL);
    CHECK_OK(ref_source_open(&source, "/tmp", &why));
    CHECK_STATUS(ref_tsv_open(&t, &source, columns, COLUMNS, &why), REF_EIO);
    CHECK(strstr(why.text, "/tmp: cannot read: ") != NULL);
    ref_source_close(&source);
    ref_source_close(&source);
}

static void integers_and_fields_are_checked(void)
{
    static const char text[] = "prompt\tp\na\t12\nb\t13\n";
    ref_source source;
    ref_tsv t;
    ref_why why = {""};
    bool more;
    uint64_t n = 0;
    CHECK_OK(ref_source_memory(&source, text, sizeof text - 1, "t.tsv", &why));
    CHECK_OK(ref_tsv_open(&t, &source, columns, COLUMNS, &why));
    CHECK_OK(ref_tsv_next(&more, &t, &why));
    CHECK_OK(ref_tsv_unsigned(&n, &t, P, 12, &why));
    CHECK_EQUAL(n, 12u);
    CHECK_OK(ref_tsv_next(&more, &t, &why));
    CHECK_STATUS(ref_tsv_unsigned(&n, &t, P, 12, &why), REF_EFORMAT);
    CHECK(strcmp(why.text, "t.tsv:3:3: column p: \"13\" is not an integer from 0 to 12")
          == 0);
    CHECK_STATUS(ref_tsv_fail(&t, P, REF_EDOM, &why, "%d is odd", 13), REF_EDOM);
    CHECK(strcmp(why.text, "t.tsv:3:3: column p: 13 is odd") == 0);
    ref_tsv_close(&t);
    ref_source_close(&source);
    CHECK(ref_tsv_is_field("a b"));
    CHECK(!ref_tsv_is_field("a\tb"));
    CHECK(!ref_tsv_is_field("a\n"));
}

SUITE("tab-separated tables", NULL,
      {"usual spellings are read", usual_spellings_are_read},
      {"bad headers are refused", bad_headers_are_refused},
      {"bad rows are refused with their place", bad_rows_are_refused_with_their_place},
      {"NUL bytes are refused", nul_bytes_are_refused},
      {"long lines are refused", long_lines_are_refused},
      {"the reader's blocks are invisible", blocks_are_invisible},
      {"unreadable files are reported", unreadable_files_are_reported},
      {"integers and fields are checked", integers_and_fields_are_checked});
