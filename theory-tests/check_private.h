/* check_private.h -- what the test program needs from check.c and no suite does. */
#ifndef THEORY_TESTS_CHECK_PRIVATE_H
#define THEORY_TESTS_CHECK_PRIVATE_H

#include "theory-tests/check.h"

#include <stdio.h>

check_suite *check_suites(void);    /* all of them, sorted by file */
void check_verdicts_to(FILE *file); /* NULL: no table */

#endif
