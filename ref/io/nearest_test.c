/* nearest_test.c -- which mistyped words find their way home. */
#include "ref/io/nearest.h"

#include "theory-tests/check.h"

#include <string.h>

static const char *nearest(const char *word)
{
    static const char *const known[] = {"budget",           "beta", "max",
                                        "filter-threshold", "seed", "seeds"};
    ref_nearest near;
    ref_nearest_start(&near, word);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ref_nearest_offer(&near, known[i]);
    return near.best != NULL ? near.best : "";
}

static void one_slip_is_forgiven(void)
{
    CHECK(strcmp(nearest("budegt"), "budget") == 0); /* swap */
    CHECK(strcmp(nearest("bugdet"), "budget") == 0); /* two substitutions, or so */
    CHECK(strcmp(nearest("budgt"), "budget") == 0);
    CHECK(strcmp(nearest("budgett"), "budget") == 0);
    CHECK(strcmp(nearest("mex"), "max") == 0);
    CHECK(strcmp(nearest("mxa"), "max") == 0); /* a swap counts 1 */
    CHECK(strcmp(nearest("filter-treshold"), "filter-threshold") == 0);
    CHECK(strcmp(nearest("sed"), "seed") == 0);
    CHECK(strcmp(nearest("seeds"), "seeds") == 0);
    CHECK(strcmp(nearest("bet"), "beta") == 0);
}

static void a_word_far_from_all_finds_none(void)
{
    CHECK(strcmp(nearest("prior"), "") == 0);
    CHECK(strcmp(nearest("xyz"), "") == 0);
    CHECK(strcmp(nearest("bxtx"), "") == 0); /* two slips in four letters */
    CHECK(strcmp(nearest(""), "") == 0);
    char longer[100] = {0};
    memset(longer, 'b', sizeof longer - 1);
    CHECK(strcmp(nearest(longer), "") == 0);
    ref_nearest near;
    ref_nearest_start(&near, "bbbbbbbb");
    ref_nearest_offer(&near, longer);
    CHECK(near.best == NULL);
}

static void the_hint_is_a_question(void)
{
    char hint[REF_NEAREST_ROOM];
    ref_nearest near;
    ref_nearest_start(&near, "mx");
    CHECK(strcmp(ref_nearest_hint(hint, &near, "--"), "") == 0);
    ref_nearest_offer(&near, "max");
    CHECK(strcmp(ref_nearest_hint(hint, &near, "--"), "; did you mean \"--max\"?")
          == 0);
    CHECK_EQUAL(near.distance, 1);
}

SUITE("did you mean", NULL, {"one slip is forgiven", one_slip_is_forgiven},
      {"a word far from all finds none", a_word_far_from_all_finds_none},
      {"the hint is a question", the_hint_is_a_question});
