/* check.h -- assertions that a NaN fails, suites that register themselves, and the
 * table of verdicts.
 *
 * Five kinds of tolerance, each named in the assertion:
 *   exact       CHECK, CHECK_EQUAL        integers, bytes, replays
 *   rounding    CHECK_ROUND(k, scale)     k eps x the size of the summands
 *   absolute    CHECK_NEAR                a stated or derived absolute tolerance
 *   relative    CHECK_RELATIVE            a stated tolerance relative to the expected value
 *   sampling    CHECK_Z                   |z| below CHECK_Z_LIMIT, fixed seed, no retries
 */
#ifndef THEORY_TESTS_CHECK_H
#define THEORY_TESTS_CHECK_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Two-sided normal limit with a false-alarm rate of 9.6e-7 per look. */
#define CHECK_Z_LIMIT       4.9
#define CHECK_Z_FALSE_ALARM 9.6e-7

/* A wrong alternative whose expected z is beyond this is rejected with power > 0.999:
 * 4.9 + 3.1, Phi(3.1) = 0.99903. */
#define CHECK_Z_POWER 8.0

/* What the same draws must show of that alternative: an observed z of 8 + 4.9 proves an
 * expected one of at least 8, at the same false-alarm rate. */
#define CHECK_Z_SEEN 12.9

/* ---- suites -------------------------------------------------------------------- */

typedef struct check_test {
    const char *name; /* the claim, as a sentence */
    void (*run)(void);
} check_test;

typedef struct check_suite {
    const char *name; /* "[label] subject"; several labels may stand in front */
    const char *file;
    bool (*active)(void); /* NULL, or a predicate: is the device there? */
    const check_test *tests;
    size_t count;
    struct check_suite *next; /* list owned by check.c */
} check_suite;

void check_register(check_suite *suite);

/* SUITE("[gvm:thm1] descent of the loss", NULL, {"claim", function}, ...); */
#define SUITE(title, predicate, ...)                                                   \
    static const check_test suite_tests[] = {__VA_ARGS__};                             \
    static check_suite suite_self = {title,                                            \
                                     __FILE__,                                         \
                                     predicate,                                        \
                                     suite_tests,                                      \
                                     sizeof suite_tests / sizeof suite_tests[0],       \
                                     NULL};                                            \
    __attribute__((constructor)) static void suite_register(void)                      \
    {                                                                                  \
        check_register(&suite_self);                                                   \
    }                                                                                  \
    extern int check_semicolon_

/* ---- assertions: the test goes on after a failure ------------------------------- */

void check_report(bool ok, const char *what, const char *file, unsigned line);
bool check_near(double got, double want, double tolerance, const char *what,
                const char *file, unsigned line);
bool check_at_most(double got, double limit, const char *what, const char *file,
                   unsigned line);

/* Here, so that an analyser sees that what was checked is true afterwards. */
static inline bool check_true(bool ok, const char *what, const char *file,
                              unsigned line)
{
    check_report(ok, what, file, line);
    return ok;
}

#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)

#define CHECK_EQUAL(got, want)                                                         \
    check_true((got) == (want), #got " == " #want, __FILE__, __LINE__)

/* |got - want| <= tolerance; equal infinities pass, NaN fails. */
#define CHECK_NEAR(got, want, tolerance)                                               \
    check_near((got), (want), (tolerance), #got " ~ " #want, __FILE__, __LINE__)

/* |got - want| <= tolerance |want| */
#define CHECK_RELATIVE(got, want, tolerance)                                           \
    check_near((got), (want), check_scale((tolerance), (want)), #got " ~ " #want,      \
               __FILE__, __LINE__)

/* |got - want| <= k eps scale */
#define CHECK_ROUND(got, want, k, scale)                                               \
    check_near((got), (want), check_ulps((k), (scale)), #got " ~ " #want, __FILE__,    \
               __LINE__)

/* got <= limit; NaN fails. */
#define CHECK_AT_MOST(got, limit)                                                      \
    check_at_most((got), (limit), #got " <= " #limit, __FILE__, __LINE__)

/* |z| <= CHECK_Z_LIMIT */
#define CHECK_Z(z)                                                                     \
    check_near((z), 0.0, CHECK_Z_LIMIT, "|" #z "| <= 4.9", __FILE__, __LINE__)

/* The larger, respectively the smaller, of the extreme so far and a new value. A NaN in
 * either wins for good (fmax and fmin drop it), so that it reaches the assertion. */
double check_worse(double so_far, double value);
double check_least(double so_far, double value);

double check_scale(double tolerance, double want); /* tolerance |want| */
double check_ulps(double k, double scale);         /* k DBL_EPSILON |scale| */

/* The status of a call that must succeed, respectively fail in a stated way. */
#define CHECK_OK(expr)           CHECK_STATUS((expr), REF_OK)
#define CHECK_STATUS(expr, want) check_status((expr), (want), #expr, __FILE__, __LINE__)
void check_report_status(ref_status got, ref_status want, const char *what,
                         const char *file, unsigned line);
static inline bool check_status(ref_status got, ref_status want, const char *what,
                                const char *file, unsigned line)
{
    check_report_status(got, want, what, file, line);
    return got == want;
}

/* ---- verdicts: one line each in the table that the report shows ------------------ */

/* A true statement, exact up to rounding: passes iff the statistic is finite and at most
 * the threshold (minus infinity is what remains when nothing was compared).
 * label "gvm:thm1" without brackets; statement one plain sentence; statistic is the
 * worst violation or error met, threshold its stated tolerance. */
#define CLAIM_HOLDS(label, statement, statistic, threshold)                            \
    check_claim_holds(label, statement, (statistic), (threshold), __FILE__, __LINE__)
bool check_claim_holds(const char *label, const char *statement, double statistic,
                       double threshold, const char *file, unsigned line);

/* A statement lhs <= rhs that is false as printed: passes iff lhs > rhs, that is, iff
 * the counterexample reproduces. */
#define CLAIM_REFUTED(label, statement, lhs, rhs)                                      \
    check_claim_refuted(label, statement, (lhs), (rhs), __FILE__, __LINE__)
bool check_claim_refuted(const char *label, const char *statement, double lhs,
                         double rhs, const char *file, unsigned line);

/* A statistical statement: passes iff |z| <= limit (false alarm stated) and the stated
 * wrong alternative, whose z is z_wrong on the same draws, is rejected with room for
 * power > 0.999 (CHECK_Z_SEEN <= |z_wrong| < infinity). */
#define CLAIM_SAMPLED(label, statement, z, alternative, z_wrong)                       \
    check_claim_sampled(label, statement, (z), alternative, (z_wrong), __FILE__,       \
                        __LINE__)
bool check_claim_sampled(const char *label, const char *statement, double z,
                         const char *alternative, double z_wrong, const char *file,
                         unsigned line);

#endif
