/* status_test.c -- every status has a text and an exit code. */
#include "ref/status.h"

#include "theory-tests/check.h"

#include <string.h>

static void every_status_has_a_text(void)
{
    for (int s = 0; s < REF_STATUS_COUNT; s++)
        CHECK(strlen(ref_status_text((ref_status)s)) > 0);
    CHECK(strcmp(ref_status_text((ref_status)-1), "unknown status") == 0);
    CHECK_EQUAL(ref_status_exit(REF_OK), 0);
    CHECK_EQUAL(ref_status_exit(REF_EUSAGE), 2);
    CHECK_EQUAL(ref_status_exit(REF_EIO), 4);
}

static void details_are_cut_not_overrun(void)
{
    ref_why why = {""};
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CHECK_STATUS(ref_fail(&why, REF_EDOM, "%s", text), REF_EDOM);
    CHECK_EQUAL(strlen(why.text), sizeof why.text - 1);
    CHECK_STATUS(ref_fail(NULL, REF_EIO, "nobody listens"), REF_EIO);
}

static void details_cannot_command_a_terminal(void)
{
    ref_why why;
    (void)ref_fail(&why, REF_EFORMAT,
                   "a\033[31mb\nc\x7f"
                   "d\xc2\x9b"
                   "e\xc3\xa9\tf\xc2");
    CHECK(strcmp(why.text, "a?[31mb?c?d??e\xc3\xa9?f\xc2") == 0);
}

SUITE("status", NULL, {"every status has a text", every_status_has_a_text},
      {"details are cut, not overrun", details_are_cut_not_overrun},
      {"details cannot command a terminal", details_cannot_command_a_terminal});
