/* gvm_doctor.c -- `gvm doctor`: what is installed, and does arithmetic do what it must? */
#include "ref/cli/cli.h"
#include "ref/io/decimal.h"
#include "ref/io/json.h"
#include "ref/io/output.h"
#include "ref/io/parse.h"
#include "ref/numeric.h"
#include "ref/rng.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { JSON, OUT, OPTIONS };

static const cli_option options[OPTIONS] = {
    [JSON] = {"json", NULL, "as JSON"},
    [OUT] = {"out", "FILE", "write here instead of standard output"},
};

typedef struct doctor {
    bool json;
    const char *out;
} doctor;

static ref_status set(void *target, size_t option, const char *argument, ref_why *why)
{
    doctor *const o = target;
    (void)why; /* nothing to refuse */
    if (option == JSON) o->json = true;
    if (option == OUT) o->out = argument;
    return REF_OK;
}

/* ---- arithmetic -------------------------------------------------------------------- */

static bool same_words(const uint32_t a[4], const uint32_t b[4])
{
    for (int w = 0; w < 4; w++)
        if (a[w] != b[w]) return false;
    return true;
}

/* Known answers of Random123. */
static bool philox_known_answers(void)
{
    static const uint32_t zero[4] = {0};
    static const uint32_t want[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    static const uint32_t digits[4] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
    static const uint32_t key[2] = {0xa4093822, 0x299f31d0};
    static const uint32_t pi[4] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    uint32_t got[4];
    ref_rng_philox(got, zero, zero);
    const bool first = same_words(got, want);
    ref_rng_philox(got, digits, key);
    return first && same_words(got, pi);
}

/* a*b rounds to 1, so a*b - 1 is 0 unless the product was fused into the difference. */
static bool products_are_not_fused(void)
{
    const volatile double a = 1.0 + 0x1p-30;
    const volatile double b = 1.0 - 0x1p-30;
    const double x = a;
    const double y = b;
    return x * y - 1.0 == 0.0;
}

static bool double_is_binary64(void)
{
    const volatile double one = 1.0;
    const volatile double tiny = DBL_MIN;
    const volatile double half = 0x1p-53;
    return DBL_MANT_DIG == 53 && FLT_EVAL_METHOD == 0 && fegetround() == FE_TONEAREST
           && one + half == 1.0 && tiny / 2.0 > 0.0;
}

static bool nan_is_not_a_number(void)
{
    const volatile double zero = 0.0;
    const double x = zero / zero;
    const double one = zero + 1.0;
    const bool below = x <= one;
    const bool above = x >= one;
    return !below && !above && isnan(x) && isnan(ref_logsumexp(&x, 1));
}

static bool logarithms_keep_their_digits(void)
{
    const double x[2] = {1000.0, 1000.0};
    const double a = ref_logsumexp(x, 2) - 1000.693147180559945;
    const double b = ref_log1mexp(-1e-20) / -46.051701859880914 - 1.0;
    const double c = ref_softplus(-40.0) / 4.248354255291589e-18 - 1.0;
    return fabs(a) <= 2e-13 && fabs(b) <= 1e-15 && fabs(c) <= 1e-15;
}

static bool sums_are_compensated(void)
{
    const double x[4] = {1.0, 1e100, 1.0, -1e100};
    return ref_total(x, 4) == 2.0;
}

static bool text_and_numbers_agree(void)
{
    uint64_t state = 1;
    for (int i = 0; i < 1000; i++) {
        const double x =
            ldexp((double)ref_rng_splitmix64(&state), (int)(i % 100) - 114);
        char text[REF_FORMAT_ROOM];
        (void)ref_format_double(text, x);
        double back = 0.0;
        if (ref_parse_double(&back, text) != REF_OK || back != x
            || strtod(text, NULL) != x)
            return false;
    }
    return true;
}

static const struct {
    const char *name;
    bool (*holds)(void);
} checks[] = {
    {"Philox4x32-10 known answers", philox_known_answers},
    {"products are not fused into sums", products_are_not_fused},
    {"double is IEEE binary64, round to nearest", double_is_binary64},
    {"NaN compares as a NaN", nan_is_not_a_number},
    {"logarithms keep their digits", logarithms_keep_their_digits},
    {"sums are compensated", sums_are_compensated},
    {"text and numbers agree", text_and_numbers_agree},
};

#define CHECKS (sizeof checks / sizeof *checks)

/* ---- optional parts ----------------------------------------------------------------- */

static const struct {
    const char *program, *without; /* what is lost */
} parts[] = {
    {"mpicc", "gvm-sim runs on one rank"},
    {"mpirun", "gvm-sim runs on one rank"},
    {"gnuplot", "no figures"},
    {"nvcc", "no CUDA"},
    {"mandoc", "man pages are not checked"},
};

#define PARTS (sizeof parts / sizeof *parts)

/* path <- where the program is found on PATH; false if nowhere. */
static bool find_program(char *path, size_t room, const char *name)
{
    const char *p = getenv("PATH"); // NOLINT(concurrency-mt-unsafe)
    while (p != NULL && *p != '\0') {
        const size_t n = strcspn(p, ":");
        (void)snprintf(path, room, "%.*s/%s", (int)n, n > 0 ? p : ".", name);
        if (access(path, X_OK) == 0) return true;
        p += n + (p[n] == ':');
    }
    return false;
}

/* ---- the report ---------------------------------------------------------------------- */

static const char compiler[] =
#if defined(__clang__)
    "clang " __clang_version__;
#else
    "gcc " __VERSION__;
#endif

typedef struct facts {
    struct utsname system;
    char omp[32];
    int threads;
    bool passed[CHECKS];
    bool all;
} facts;

static facts examine(void)
{
    facts f = {.threads = omp_get_max_threads(), .all = true};
    (void)uname(&f.system);
    (void)snprintf(f.omp, sizeof f.omp, "%d", _OPENMP);
    for (size_t i = 0; i < CHECKS; i++) {
        f.passed[i] = checks[i].holds();
        f.all = f.all && f.passed[i];
    }
    return f;
}

static void write_words(FILE *file, const facts *f)
{
    (void)fprintf(file, "gvm       %s\n", GVM_VERSION);
    (void)fprintf(file, "compiler  %s\n", compiler);
    (void)fprintf(file, "jansson   %s\n", JANSSON_VERSION);
    (void)fprintf(file, "system    %s %s %s\n", f->system.sysname, f->system.release,
                  f->system.machine);
    (void)fprintf(file, "OpenMP    %s, %d thread%s\n\n", f->omp, f->threads,
                  f->threads == 1 ? "" : "s");
    for (size_t i = 0; i < CHECKS; i++)
        (void)fprintf(file, "%s  %s\n", f->passed[i] ? "ok  " : "FAIL", checks[i].name);
    (void)fputc('\n', file);
    char path[4096];
    for (size_t i = 0; i < PARTS; i++) {
        if (find_program(path, sizeof path, parts[i].program))
            (void)fprintf(file, "%-8s  %s\n", parts[i].program, path);
        else
            (void)fprintf(file, "%-8s  not found: %s\n", parts[i].program,
                          parts[i].without);
    }
}

static void write_json(FILE *file, const facts *f)
{
    (void)fprintf(file, "{\n  \"gvm\": \"%s\",\n  \"compiler\": ", GVM_VERSION);
    ref_json_text(file, compiler);
    (void)fprintf(file, ",\n  \"jansson\": \"%s\",\n  \"system\": \"%s %s %s\",\n",
                  JANSSON_VERSION, f->system.sysname, f->system.release,
                  f->system.machine);
    (void)fprintf(file, "  \"openmp\": %s,\n  \"threads\": %d,\n  \"checks\": {",
                  f->omp, f->threads);
    for (size_t i = 0; i < CHECKS; i++)
        (void)fprintf(file, "%s\n    \"%s\": %s", i > 0 ? "," : "", checks[i].name,
                      f->passed[i] ? "true" : "false");
    (void)fputs("\n  },\n  \"programs\": {", file);
    char path[4096];
    for (size_t i = 0; i < PARTS; i++) {
        const bool found = find_program(path, sizeof path, parts[i].program);
        (void)fprintf(file, "%s\n    \"%s\": ", i > 0 ? "," : "", parts[i].program);
        if (found)
            ref_json_text(file, path);
        else
            (void)fputs("null", file);
    }
    (void)fprintf(file, "\n  },\n  \"ok\": %s\n}\n", f->all ? "true" : "false");
}

static int run(const cli_command *self, int argc, char **argv)
{
    doctor o = {0};
    const cli_next next = cli_parse(self, &o, argc, argv);
    if (next != CLI_RUN) return next == CLI_STOP ? 0 : ref_status_exit(REF_EUSAGE);
    ref_why why = {""};
    ref_output out;
    ref_status s = ref_output_open(&out, o.out, &why);
    if (s != REF_OK) return cli_fail(self, s, &why);
    const facts f = examine();
    if (o.json)
        write_json(out.file, &f);
    else
        write_words(out.file, &f);
    s = ref_output_commit(&out, &why);
    if (s == REF_OK && !f.all)
        s = ref_fail(&why, REF_ECHECK, "arithmetic is not what the results rest on");
    return s == REF_OK ? 0 : cli_fail(self, s, &why);
}

const cli_command cli_doctor = {
    .name = "doctor",
    .operands = "",
    .what = "versions, optional parts, and whether arithmetic does what it must",
    .more = "Exit code 1 when a check fails.\n",
    .options = options,
    .count = OPTIONS,
    .set = set,
    .run = run};
