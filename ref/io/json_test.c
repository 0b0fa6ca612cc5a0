/* json_test.c -- documents that are read, and documents refused with their place. */
#include "ref/io/json.h"

#include "theory-tests/check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static ref_status read_bytes(json_t **root, const void *bytes, size_t n, ref_why *why)
{
    ref_source source;
    REF_TRY(ref_source_memory(&source, bytes, n, "t.json", why));
    const ref_status s = ref_json_read(root, &source, why);
    ref_source_close(&source);
    return s;
}

static json_t *parsed(const char *text)
{
    json_t *root = NULL;
    CHECK_OK(read_bytes(&root, text, strlen(text), NULL));
    return root;
}

static void refused_bytes(const void *bytes, size_t n, const char *place)
{
    json_t *root = NULL;
    ref_why why = {""};
    CHECK_STATUS(read_bytes(&root, bytes, n, &why), REF_EFORMAT);
    CHECK(root == NULL);
    CHECK(strncmp(why.text, place, strlen(place)) == 0);
    if (strncmp(why.text, place, strlen(place)) != 0) fprintf(stderr, "%s\n", why.text);
}

static void refused(const char *text, const char *place)
{
    refused_bytes(text, strlen(text), place);
}

static void malformed_text_is_refused_with_its_place(void)
{
    refused("", "t.json:1:0: ");
    refused("{\"p\": [1, 2", "t.json:1:11: ");
    refused("{\n  \"p\": 1,\n", "t.json:3:0: ");
    refused("[1, 2]]", "t.json:1:7: ");
    refused("{\"p\": 1, \"p\": 2}", "t.json:1:12: duplicate");
    refused("[NaN]", "t.json:1:4: ");
    refused("[Infinity]", "t.json:1:9: ");
    refused("[1e999]", "t.json:1:6: ");
    refused("[99999999999999999999]", "t.json:1:");
    refused("[0x10]", "t.json:1:");
    refused("[\"\\u0000\"]", "t.json:1:");
    refused("[\"\xff\"]", "t.json:1:");
    refused_bytes("[1,\0 2]", 7, "t.json:1:");
}

static void deep_nesting_is_refused(void)
{
    const size_t n = 100000;
    char *const text = malloc(n);
    CHECK(text != NULL);
    if (text == NULL) return;
    memset(text, '[', n);
    refused_bytes(text, n, "t.json:1:2049: maximum parsing depth reached");
    free(text);
}

static void values_are_fetched(void)
{
    json_t *const root = parsed("{\"p\": [0.5, 1, -2e-3], \"n\": 3, \"on\": true, "
                                "\"name\": \"x\", \"k\": [1, 2]}");
    const ref_json top = ref_json_top(root, "t.json");
    ref_json at;
    double x[3];
    uint64_t k[2] = {0};
    uint64_t n = 0;
    size_t length = 0;
    bool on = false;
    const char *name = "";
    CHECK_OK(ref_json_get(&at, &top, "p", NULL));
    CHECK_OK(ref_json_length(&length, &at, 3, NULL));
    CHECK_EQUAL(length, 3u);
    CHECK_OK(ref_json_numbers(x, &at, 3, NULL));
    CHECK_EQUAL(x[0], 0.5);
    CHECK_EQUAL(x[1], 1.0);
    CHECK_EQUAL(x[2], -2e-3);
    CHECK_OK(ref_json_get(&at, &top, "n", NULL));
    CHECK_OK(ref_json_unsigned(&n, &at, 3, NULL));
    CHECK_EQUAL(n, 3u);
    CHECK_OK(ref_json_get(&at, &top, "on", NULL));
    CHECK_OK(ref_json_boolean(&on, &at, NULL));
    CHECK(on);
    CHECK_OK(ref_json_get(&at, &top, "name", NULL));
    CHECK_OK(ref_json_string(&name, &at, NULL));
    CHECK(strcmp(name, "x") == 0);
    CHECK_OK(ref_json_get(&at, &top, "k", NULL));
    CHECK_OK(ref_json_integers(k, &at, 2, 2, NULL));
    CHECK_EQUAL(k[1], 2u);
    CHECK(ref_json_has(&top, "k"));
    CHECK(!ref_json_has(&top, "q"));
    json_decref(root);
}

static void says(ref_status got, const ref_why *why, const char *want)
{
    CHECK_STATUS(got, REF_EFORMAT);
    CHECK(strcmp(why->text, want) == 0);
    if (strcmp(why->text, want) != 0) fprintf(stderr, "%s\n", why->text);
}

static void wrong_values_are_reported_with_their_path(void)
{
    json_t *const root =
        parsed("{\"a\": [{\"p\": [1, \"x\"]}, 5], \"big\": 9007199254740993}");
    const ref_json top = ref_json_top(root, "t.json");
    ref_json a;
    ref_json p;
    ref_json big;
    ref_why why = {""};
    double x[3] = {7.0, 7.0, 7.0};
    uint64_t n = 7;
    bool b = false;
    const char *text = NULL;
    CHECK_OK(ref_json_get(&a, &top, "a", &why));
    const ref_json first = ref_json_item(&a, 0);
    const ref_json second = ref_json_item(&a, 1);
    CHECK_OK(ref_json_get(&p, &first, "p", &why));
    CHECK_OK(ref_json_get(&big, &top, "big", &why));
    says(ref_json_numbers(x, &p, 2, &why), &why,
         "t.json: a[0].p[1]: a number was expected, found a string");
    says(ref_json_numbers(x, &p, 3, &why), &why,
         "t.json: a[0].p: 2 entries, 3 were expected");
    says(ref_json_get(&p, &second, "p", &why), &why,
         "t.json: a[1]: an object was expected, found an integer");
    says(ref_json_get(&p, &first, "G", &why), &why, "t.json: a[0]: \"G\" is missing");
    says(ref_json_number(x, &big, &why), &why,
         "t.json: big: 9007199254740993 is beyond 2^53");
    says(ref_json_unsigned(&n, &second, 4, &why), &why,
         "t.json: a[1]: 5 is not from 0 to 4");
    says(ref_json_boolean(&b, &second, &why), &why,
         "t.json: a[1]: true or false was expected, found an integer");
    says(ref_json_string(&text, &top, &why), &why,
         "t.json: a string was expected, found an object");
    size_t length = 7;
    says(ref_json_length(&length, &a, 1, &why), &why,
         "t.json: a: 2 entries, at most 1 fit");
    static const char *const keys[] = {"a", NULL};
    says(ref_json_only(&top, keys, &why), &why, "t.json: unknown key \"big\"");
    CHECK_EQUAL(length, 7u);
    CHECK_EQUAL(n, 7u);
    json_decref(root);
}

static void written_text(char *out, size_t room, json_t *root, double x,
                         const char *text)
{
    FILE *const f = tmpfile();
    CHECK(f != NULL);
    if (f == NULL) return;
    if (root != NULL)
        ref_json_write(f, root);
    else if (text != NULL)
        ref_json_text(f, text);
    else
        ref_json_real(f, x);
    rewind(f);
    const size_t n = fread(out, 1, room - 1, f);
    out[n] = '\0';
    (void)fclose(f);
}

static void numbers_keep_17_digits(void)
{
    char text[256];
    written_text(text, sizeof text, NULL, 0.1, NULL);
    CHECK(strcmp(text, "0.10000000000000001") == 0);
    written_text(text, sizeof text, NULL, nan(""), NULL);
    CHECK(strcmp(text, "null") == 0);
    written_text(text, sizeof text, NULL, 0.0, "a\"\\\n\x01z");
    CHECK(strcmp(text, "\"a\\\"\\\\\\u000a\\u0001z\"") == 0);
    json_t *const root = json_pack("{s:f, s:i}", "x", 1.0 + DBL_EPSILON, "n", 3);
    written_text(text, sizeof text, root, 0.0, NULL);
    CHECK(strcmp(text, "{\n  \"x\": 1.0000000000000002,\n  \"n\": 3\n}\n") == 0);
    json_decref(root);
}

static void files_are_loaded_or_reported(void)
{
    json_t *root = NULL;
    ref_why why = {""};
    CHECK_STATUS(ref_json_load(&root, "/no/such.json", &why), REF_EIO);
    CHECK_STATUS(ref_json_load(&root, "/tmp", &why), REF_EIO);
    CHECK(strstr(why.text, "/tmp: cannot read: ") != NULL);
    CHECK(root == NULL);
}

SUITE("JSON documents", NULL,
      {"malformed text is refused with its place",
       malformed_text_is_refused_with_its_place},
      {"deep nesting is refused", deep_nesting_is_refused},
      {"values are fetched", values_are_fetched},
      {"wrong values are reported with their path",
       wrong_values_are_reported_with_their_path},
      {"numbers keep 17 digits", numbers_keep_17_digits},
      {"files are loaded or reported", files_are_loaded_or_reported});
