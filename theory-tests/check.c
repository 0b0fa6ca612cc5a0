/* check.c -- the assertions' bodies and the verdict table. */
#include "theory-tests/check.h"

#include "theory-tests/check_private.h"

#include <CUnit/CUnit.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static check_suite *suites;
static FILE *verdicts;

void check_register(check_suite *suite)
{
    /* sorted by file and name, so that the order of linking is invisible */
    check_suite **at = &suites;
    while (*at != NULL && strcmp((*at)->file, suite->file) < 0) at = &(*at)->next;
    suite->next = *at;
    *at = suite;
}

check_suite *check_suites(void)
{
    return suites;
}

void check_verdicts_to(FILE *file)
{
    verdicts = file;
    if (file == NULL) return;
    fputs("label\tstatement\tverdict\tkind\tstatistic\tthreshold\tmargin\tfalse_alarm\t"
          "alternative\tz_alternative\tpassed\tfile\n",
          file);
}

void check_report(bool ok, const char *what, const char *file, unsigned line)
{
    CU_assertImplementation(ok ? CU_TRUE : CU_FALSE, line, what, file, "", CU_FALSE);
}

bool check_near(double got, double want, double tolerance, const char *what,
                const char *file, unsigned line)
{
    const bool ok = (isinf(want) && got == want) || fabs(got - want) <= tolerance;
    if (ok) return check_true(true, what, file, line);
    char text[512];
    (void)snprintf(text, sizeof text, "%s: got %.17g, want %.17g, off by %.3g > %.3g",
                   what, got, want, fabs(got - want), tolerance);
    return check_true(false, text, file, line);
}

bool check_at_most(double got, double limit, const char *what, const char *file,
                   unsigned line)
{
    if (got <= limit) return check_true(true, what, file, line);
    char text[512];
    (void)snprintf(text, sizeof text, "%s: got %.17g > %.17g", what, got, limit);
    return check_true(false, text, file, line);
}

void check_report_status(ref_status got, ref_status want, const char *what,
                         const char *file, unsigned line)
{
    char text[512];
    (void)snprintf(text, sizeof text, "%s: got \"%s\", want \"%s\"", what,
                   ref_status_text(got), ref_status_text(want));
    check_report(got == want, text, file, line);
}

double check_worse(double so_far, double value)
{
    return isnan(so_far) || so_far >= value ? so_far : value;
}

double check_least(double so_far, double value)
{
    return isnan(so_far) || so_far <= value ? so_far : value;
}

double check_scale(double tolerance, double want)
{
    return tolerance * fabs(want);
}

double check_ulps(double k, double scale)
{
    return k * DBL_EPSILON * fabs(scale);
}

/* One row of the table; margin > 1 is room to spare, < 1 a failure. */
typedef struct verdict {
    const char *label, *statement, *word, *kind, *alternative, *file;
    double statistic, threshold, margin, false_alarm, z_alternative;
    bool passed;
} verdict;

static void write_verdict(const verdict *v)
{
    if (verdicts == NULL) return;
    fprintf(verdicts, "%s\t%s\t%s\t%s\t%.17g\t%.17g\t%.6g\t%.3g\t%s\t%.6g\t%d\t%s\n",
            v->label, v->statement, v->word, v->kind, v->statistic, v->threshold,
            v->margin, v->false_alarm, v->alternative, v->z_alternative, v->passed,
            v->file);
}

bool check_claim_holds(const char *label, const char *statement, double statistic,
                       double threshold, const char *file, unsigned line)
{
    const bool ok = isfinite(statistic) && statistic <= threshold;
    write_verdict(
        &(verdict){.label = label,
                   .statement = statement,
                   .word = ok ? "holds" : "FAILS",
                   .kind = "exact",
                   .statistic = statistic,
                   .threshold = threshold,
                   .margin = statistic > 0.0 ? threshold / statistic : HUGE_VAL,
                   .alternative = "-",
                   .file = file,
                   .passed = ok});
    if (isinf(statistic)) return check_true(false, statement, file, line);
    return check_at_most(statistic, threshold, statement, file, line);
}

bool check_claim_refuted(const char *label, const char *statement, double lhs,
                         double rhs, const char *file, unsigned line)
{
    const bool ok = lhs > rhs;
    /* labels with "spec:" stand for what no paper prints */
    const char *const word =
        strncmp(label, "spec:", 5) == 0 ? "false" : "false as printed";
    write_verdict(&(verdict){.label = label,
                             .statement = statement,
                             .word = ok ? word : "NOT REPRODUCED",
                             .kind = "counterexample",
                             .statistic = lhs,
                             .threshold = rhs,
                             .margin = lhs - rhs,
                             .alternative = "-",
                             .file = file,
                             .passed = ok});
    return check_true(ok, statement, file, line);
}

bool check_claim_sampled(const char *label, const char *statement, double z,
                         const char *alternative, double z_wrong, const char *file,
                         unsigned line)
{
    const bool holds = fabs(z) <= CHECK_Z_LIMIT;
    const bool powerful = isfinite(z_wrong) && fabs(z_wrong) >= CHECK_Z_SEEN;
    write_verdict(&(verdict){.label = label,
                             .statement = statement,
                             .word = !holds     ? "FAILS"
                                     : powerful ? "holds"
                                                : "UNDERPOWERED",
                             .kind = "statistical",
                             .statistic = fabs(z),
                             .threshold = CHECK_Z_LIMIT,
                             .margin = CHECK_Z_LIMIT / fabs(z),
                             .false_alarm = CHECK_Z_FALSE_ALARM,
                             .alternative = alternative,
                             .z_alternative = fabs(z_wrong),
                             .file = file,
                             .passed = holds && powerful});
    const bool a = check_near(z, 0.0, CHECK_Z_LIMIT, statement, file, line);
    const bool b = check_true(powerful, alternative, file, line);
    return a && b;
}
