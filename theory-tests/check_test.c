/* check_test.c -- the assertions themselves: what must fail does fail, and the test
 * program says so.
 *
 * An assertion that fails would fail the suite that provokes it. So a test runs this very
 * program again with a variable set; the constructor below then adds two suites that are
 * otherwise absent: in the one every test must fail, in the other every test must pass.
 */
#include "theory-tests/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRILL   "GVM_TEST_DRILL"
#define FAILING "drill: every test fails"
#define PASSING "drill: every test passes"

enum { ROOM = 16384, BEYOND = 17 }; /* BEYOND: tests of the failing drill */

/* ---- one assertion each that must fail --------------------------------------------- */

static const double just_beyond = CHECK_Z_LIMIT * (1.0 + 1e-15);

static void nan_is_not_near(void)
{
    CHECK_NEAR(nan(""), 1.0, 1e300);
}
static void nothing_is_near_nan(void)
{
    CHECK_NEAR(nan(""), nan(""), 1e300);
}
static void no_tolerance_is_nan(void)
{
    CHECK_NEAR(1.0, 1.0, nan(""));
}
static void nan_is_not_relatively_near(void)
{
    CHECK_RELATIVE(nan(""), 1.0, 1e300);
}
static void rounding_has_an_end(void)
{
    CHECK_ROUND(1.0 + 0x1p-50, 1.0, 3.99, 1.0);
}
static void infinities_differ_by_sign(void)
{
    CHECK_NEAR(HUGE_VAL, -HUGE_VAL, 1e300);
}
static void nan_is_not_at_most(void)
{
    CHECK_AT_MOST(nan(""), HUGE_VAL);
}
static void nan_is_no_z(void)
{
    CHECK_Z(nan(""));
}
static void a_large_z_fails(void)
{
    CHECK_Z(-just_beyond);
}
static void statuses_differ(void)
{
    CHECK_STATUS(REF_OK, REF_EDOM);
}
static void nan_does_not_hold(void)
{
    CLAIM_HOLDS("drill", "NaN is below 1", nan(""), 1.0);
}
static void nothing_examined_does_not_hold(void)
{
    CLAIM_HOLDS("drill", "nothing was compared", -HUGE_VAL, 1.0);
}
static void nan_refutes_nothing(void)
{
    CLAIM_REFUTED("drill", "NaN is above 1", nan(""), 1.0);
}
static void equality_refutes_nothing(void)
{
    CLAIM_REFUTED("drill", "1 is above 1", 1.0, 1.0);
}
static void nan_is_no_sample(void)
{
    CLAIM_SAMPLED("drill", "z is NaN", nan(""), "none", 100.0);
}
static void weak_alternatives_fail(void)
{
    CLAIM_SAMPLED("drill", "the alternative is seen too weakly", 0.0, "weak",
                  CHECK_Z_SEEN * (1.0 - 1e-15));
}
static void no_alternative_is_infinitely_wrong(void)
{
    CLAIM_SAMPLED("drill", "the standard error is zero", 0.0, "none", HUGE_VAL);
}

static const check_test failing_tests[] = {
    {"NaN is not near", nan_is_not_near},
    {"nothing is near NaN", nothing_is_near_nan},
    {"no tolerance is NaN", no_tolerance_is_nan},
    {"NaN is not relatively near", nan_is_not_relatively_near},
    {"rounding has an end", rounding_has_an_end},
    {"infinities differ by sign", infinities_differ_by_sign},
    {"NaN is not at most", nan_is_not_at_most},
    {"NaN is no z", nan_is_no_z},
    {"a large z fails", a_large_z_fails},
    {"statuses differ", statuses_differ},
    {"NaN does not hold", nan_does_not_hold},
    {"nothing examined does not hold", nothing_examined_does_not_hold},
    {"NaN refutes nothing", nan_refutes_nothing},
    {"equality refutes nothing", equality_refutes_nothing},
    {"NaN is no sample", nan_is_no_sample},
    {"weak alternatives fail", weak_alternatives_fail},
    {"no alternative is infinitely wrong", no_alternative_is_infinitely_wrong},
};

/* ---- the same at the other side of each limit ---------------------------------------- */

static void limits_belong_to_what_passes(void)
{
    CHECK_NEAR(1.5, 1.0, 0.5);
    CHECK_RELATIVE(1.5, 1.0, 0.5);
    CHECK_ROUND(1.0 + 0x1p-50, 1.0, 4.0, 1.0);
    CHECK_NEAR(-HUGE_VAL, -HUGE_VAL, 0.0);
    CHECK_AT_MOST(1.0, 1.0);
    CHECK_Z(-CHECK_Z_LIMIT);
    CLAIM_HOLDS("drill", "1 is at most 1", 1.0, 1.0);
    CLAIM_REFUTED("drill", "1 is below 1 - 2^-53", 1.0, 1.0 - 0x1p-53);
    CLAIM_SAMPLED("drill", "z is at the limit", CHECK_Z_LIMIT, "strong", -CHECK_Z_SEEN);
}

static const check_test passing_tests[] = {
    {"limits belong to what passes", limits_belong_to_what_passes},
};

__attribute__((constructor)) static void register_drills(void)
{
    static check_suite failing = {.name = FAILING,
                                  .file = __FILE__,
                                  .tests = failing_tests,
                                  .count =
                                      sizeof failing_tests / sizeof failing_tests[0]};
    static check_suite passing = {
        .name = PASSING, .file = __FILE__, .tests = passing_tests, .count = 1};
    if (getenv(DRILL) == NULL) return;
    check_register(&failing);
    check_register(&passing);
}

/* ---- the test program, seen from outside ------------------------------------------- */

/* Run the suites that contain the word; the output and the verdicts, cut at ROOM - 1
 * bytes, and the exit status, -1 when a signal ended it. */
static int run(char out[ROOM], char verdicts[ROOM], const char *word)
{
    char table[] = "/tmp/gvm-check-test-XXXXXX";
    const int fd = mkstemp(table);
    FILE *const said = tmpfile();
    CHECK(fd >= 0 && said != NULL);
    if (fd < 0 || said == NULL) return -1;
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        (void)setenv(DRILL, "1", 1);
        (void)dup2(fileno(said), STDOUT_FILENO);
        (void)execl("/proc/self/exe", "gvm-test", "--verdicts", table, word,
                    (char *)NULL);
        _exit(98);
    }
    int status = 0;
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    rewind(said);
    out[fread(out, 1, ROOM - 1, said)] = '\0';
    const ssize_t n = read(fd, verdicts, ROOM - 1);
    verdicts[n > 0 ? n : 0] = '\0';
    (void)fclose(said);
    (void)close(fd);
    (void)unlink(table);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) n++;
    return n;
}

/* Each of the failing tests fails, on its own assertion, and the program exits 1. */
static void what_must_fail_fails(void)
{
    char out[ROOM], verdicts[ROOM];
    CHECK_EQUAL(run(out, verdicts, FAILING), 1);
    CHECK_EQUAL(sizeof failing_tests / sizeof failing_tests[0], BEYOND);
    CHECK(strstr(out, "\n0 passed, 17 failed\n") != NULL);
    CHECK_EQUAL(count(verdicts, "\tFAILS\t"), 3);
    CHECK_EQUAL(count(verdicts, "\tNOT REPRODUCED\t"), 2);
    CHECK_EQUAL(count(verdicts, "\tUNDERPOWERED\t"), 2);
    CHECK_EQUAL(count(verdicts, "\t0\ttheory-tests/check_test.c\n"), 7);
    CHECK_EQUAL(count(verdicts, "\t1\ttheory-tests/check_test.c\n"), 0);
}

static void what_must_pass_passes(void)
{
    char out[ROOM], verdicts[ROOM];
    CHECK_EQUAL(run(out, verdicts, PASSING), 0);
    CHECK(strstr(out, "\n1 passed, 0 failed\n") != NULL);
    CHECK_EQUAL(count(verdicts, "\t1\ttheory-tests/check_test.c\n"), 3);
    CHECK_EQUAL(count(verdicts, "\tfalse as printed\t"), 1);
}

/* One failure among suites that pass is enough; nothing run is a failure too. */
static void the_exit_status_is_honest(void)
{
    char out[ROOM], verdicts[ROOM];
    CHECK_EQUAL(run(out, verdicts, "drill:"), 1);
    CHECK(strstr(out, "\n1 passed, 17 failed\n") != NULL);
    CHECK_EQUAL(run(out, verdicts, "no suite has this name"), 1);
    CHECK(strstr(out, "\n0 passed, 0 failed\n") != NULL);
}

/* 4.9 raises a false alarm in less than one look in a million; an expected z of 8 is
 * missed in less than one of a thousand; and an observed z of 12.9 shows, at the first
 * rate, that the expected one is 8 or more. */
static void the_limits_have_the_stated_rates(void)
{
    const double alarm = erfc(CHECK_Z_LIMIT / sqrt(2.0));
    const double power = 0.5 * erfc((CHECK_Z_LIMIT - CHECK_Z_POWER) / sqrt(2.0));
    CHECK_AT_MOST(alarm, 1e-6);
    CHECK_NEAR(alarm, CHECK_Z_FALSE_ALARM, 5e-9);
    CHECK_AT_MOST(0.999, power);
    CHECK_NEAR(CHECK_Z_SEEN, CHECK_Z_POWER + CHECK_Z_LIMIT, 1e-15);
    CLAIM_HOLDS(
        "spec:gvm 6.5",
        "The limit |z| <= 4.9 of every statistical verdict raises a false alarm "
        "with probability below 1e-6 (statistic: erfc(4.9/sqrt 2))",
        alarm, 1e-6);
    CLAIM_HOLDS("spec:gvm 6.5",
                "The limit |z| <= 4.9 misses a wrong alternative whose expected z is 8 "
                "with probability below 0.001",
                1.0 - power, 1e-3);
}

/* A NaN among the errors is the worst of them, wherever it stands. */
static void extremes_keep_a_nan(void)
{
    for (int at = 0; at < 3; at++) {
        double worst = -HUGE_VAL, least = HUGE_VAL;
        for (int i = 0; i < 3; i++) {
            worst = check_worse(worst, i == at ? nan("") : (double)i);
            least = check_least(least, i == at ? nan("") : (double)i);
        }
        CHECK(isnan(worst) && isnan(least));
    }
    CHECK_EQUAL(check_worse(1.0, 2.0), 2.0);
    CHECK_EQUAL(check_worse(2.0, 1.0), 2.0);
    CHECK_EQUAL(check_least(1.0, 2.0), 1.0);
    CHECK_EQUAL(check_least(2.0, 1.0), 1.0);
}

SUITE("[spec:gvm 6.5] the assertions can fail", NULL,
      {"what must fail fails", what_must_fail_fails},
      {"what must pass passes", what_must_pass_passes},
      {"the exit status is honest", the_exit_status_is_honest},
      {"the limits have the stated rates", the_limits_have_the_stated_rates},
      {"extremes keep a NaN", extremes_keep_a_nan});
