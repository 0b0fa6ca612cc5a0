/* check_main.c -- gvm-test: runs the suites, writes the verdicts, counts honestly.
 *
 * CUnit calls a run of zero tests a success and keeps its failure count apart from its
 * error code, so the exit status is made here: 0 only if tests ran and none failed.
 */
#include "theory-tests/check_private.h"

#include <CUnit/Basic.h>
#include <CUnit/TestRun.h>
#include <getopt.h>
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: gvm-test [--list] [--verbose] [--verdicts FILE.tsv] [SUITE...]\n"
    "Runs the theorem and unit suites whose name or file contains one of the words\n"
    "SUITE (all without one). The last line is \"N passed, N failed\", counted in\n"
    "tests. Exit 0: tests ran and none failed; 1 otherwise; 2: bad usage.\n";

static bool wanted(const check_suite *s, char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (strstr(s->name, words[i]) != NULL || strstr(s->file, words[i]) != NULL)
            return true;
    return count == 0;
}

static bool add_suite(const check_suite *s)
{
    CU_pSuite suite = CU_add_suite(s->name, NULL, NULL);
    if (suite == NULL) return false;
    for (size_t i = 0; i < s->count; i++)
        if (CU_add_test(suite, s->tests[i].name, s->tests[i].run) == NULL) return false;
    if (s->active != NULL && !s->active()) CU_set_suite_active(suite, CU_FALSE);
    return true;
}

static int list(char *const *words, int count)
{
    for (const check_suite *s = check_suites(); s != NULL; s = s->next)
        if (wanted(s, words, count))
            for (size_t i = 0; i < s->count; i++)
                printf("%s\t%s\t%s\n", s->file, s->name, s->tests[i].name);
    return 0;
}

static int run(char *const *words, int count, bool verbose)
{
    if (CU_initialize_registry() != CUE_SUCCESS) return 1;
    CU_set_fail_on_inactive(CU_FALSE);
    for (const check_suite *s = check_suites(); s != NULL; s = s->next)
        if (wanted(s, words, count) && !add_suite(s)) {
            fprintf(stderr, "gvm-test: cannot register suite %s: %s\n", s->name,
                    CU_get_error_msg());
            CU_cleanup_registry();
            return 1;
        }
    CU_basic_set_mode(verbose ? CU_BRM_VERBOSE : CU_BRM_NORMAL);
    CU_basic_run_tests();
    const unsigned ran = CU_get_number_of_tests_run();
    const unsigned failed = CU_get_number_of_tests_failed();
    CU_cleanup_registry();
    printf("\n%u passed, %u failed\n", ran - failed, failed);
    return ran > 0 && failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"list", no_argument, NULL, 'l'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {"verdicts", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    bool listing = false;
    bool verbose = false;
    const char *path = NULL;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'l':
            listing = true;
            break;
        case 'v':
            verbose = true;
            break;
        case 'o':
            path = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    if (listing) return list(argv + optind, argc - optind);

    FILE *file = NULL;
    if (path != NULL && (file = fopen(path, "w")) == NULL) {
        perror(path);
        return 4;
    }
    (void)gsl_set_error_handler_off(); /* GSL's default handler aborts */
    check_verdicts_to(file);
    const int result = run(argv + optind, argc - optind, verbose);
    check_verdicts_to(NULL);
    if (file != NULL && fclose(file) != 0) {
        perror(path);
        return 4;
    }
    return result;
}
