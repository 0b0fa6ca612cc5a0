/* parse_test.c -- decimal conversion against the C library, byte for byte. */
#include "ref/io/parse.h"

#include "ref/io/decimal.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_bits(double a, double b)
{
    return a == b && signbit(a) == signbit(b);
}

/* A double with random bits, or with a random mantissa and an exponent near 1. */
static double any_double(uint64_t *state)
{
    for (;;) {
        uint64_t bits = ref_rng_splitmix64(state);
        if ((bits & 3) != 0) { /* 2^-40 .. 2^23 */
            bits &= ~(UINT64_C(0x7ff) << 52);
            bits |= (uint64_t)(983 + ref_rng_splitmix64(state) % 64) << 52;
        }
        double x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x)) return x;
    }
}

static void format_equals_printf(void)
{
    uint64_t state = 1;
    int wrong = 0;
    for (int i = 0; i < 200000; i++) {
        const double x = any_double(&state);
        char got[REF_FORMAT_ROOM];
        char want[64];
        const size_t n = ref_format_double(got, x);
        (void)snprintf(want, sizeof want, "%.17g", x);
        wrong += strcmp(got, want) != 0 || n != strlen(want);
    }
    CHECK_EQUAL(wrong, 0);
}

static void format_edges_equal_printf(void)
{
    const double edge[] = {
        0.0,      -0.0,      1.0,           10.0,          0.1,
        0.5,      1e-4,      9.9999999e-5,  1e-5,          1e-10,
        9e-11,    1e16,      1e17,          123456.0,      99999999999999999.0,
        DBL_MIN,  DBL_MAX,   0x1p-1074,     0x1p53,        -2.5,
        HUGE_VAL, -HUGE_VAL, 1.0 - 0x1p-53, 1.0 + 0x1p-52, 1e-9};
    for (size_t i = 0; i < sizeof edge / sizeof *edge; i++)
        for (int step = -1; step <= 1; step++) {
            const double x =
                step == 0 ? edge[i] : nextafter(edge[i], step < 0 ? -1e300 : 1e300);
            char got[REF_FORMAT_ROOM];
            char want[64];
            (void)ref_format_double(got, x);
            (void)snprintf(want, sizeof want, "%.17g", x);
            CHECK(strcmp(got, want) == 0);
        }
}

static void numbers_come_back_bit_for_bit(void)
{
    uint64_t state = 2;
    int wrong = 0;
    for (int i = 0; i < 200000; i++) {
        const double x = any_double(&state);
        char text[REF_FORMAT_ROOM];
        (void)ref_format_double(text, x);
        double y = 0.0;
        wrong += ref_parse_double(&y, text) != REF_OK || !same_bits(x, y);
    }
    CHECK_EQUAL(wrong, 0);
}

/* Texts of 1 to 22 digits, and doubles' midpoints cut to 16 to 22 digits, so that near
 * ties and sticky remainders occur, against strtod. */
static void parse_equals_strtod(void)
{
    uint64_t state = 3;
    int wrong = 0;
    for (int i = 0; i < 200000; i++) {
        const uint64_t r = ref_rng_splitmix64(&state);
        char text[64];
        if (r % 2 == 0) {
            const double x = (double)(ref_rng_splitmix64(&state) >> 11);
            (void)snprintf(text, sizeof text, "%.*Le", (int)(r >> 1) % 7 + 15,
                           ((long double)x + 0.5L)
                               / (long double)(1 + (r >> 8) % 99999));
        } else {
            char digits[32];
            (void)snprintf(digits, sizeof digits, "%019llu%03u",
                           (unsigned long long)(ref_rng_splitmix64(&state) >> 1),
                           (unsigned)(r >> 32) % 1000);
            digits[1 + r % 22] = '\0';
            (void)snprintf(text, sizeof text, "%s%c.%se%d", (r >> 20) % 2 ? "-" : "",
                           digits[0], digits + 1, (int)((r >> 24) % 61) - 30);
        }
        double got = 0.0;
        wrong += ref_parse_double(&got, text) != REF_OK
                 || !same_bits(got, strtod(text, NULL));
    }
    CHECK_EQUAL(wrong, 0);
}

/* Exactly halfway between doubles: 2^53+1, 2^53+3, and a hair above the first. */
static void parse_rounds_half_to_even(void)
{
    double x = 0.0;
    CHECK_OK(ref_parse_double(&x, "9007199254740993"));
    CHECK_EQUAL(x, 9007199254740992.0);
    CHECK_OK(ref_parse_double(&x, "9007199254740995"));
    CHECK_EQUAL(x, 9007199254740996.0);
    CHECK_OK(ref_parse_double(&x, "9007199254740993.000000000000001"));
    CHECK_EQUAL(x, 9007199254740994.0);
    CHECK_OK(ref_parse_double(&x, "1.00000000000000011102230246251565e0"));
    CHECK_EQUAL(x, 1.0);
    CHECK_OK(ref_parse_double(&x, "-0"));
    CHECK(same_bits(x, -0.0));
}

static void only_whole_finite_numbers_pass(void)
{
    static const char *const bad[] = {
        "",         " 1",    "1 ",     "nan",    "NaN",      "inf",   "-inf",
        "infinity", "1e999", "-1e999", "1e-999", "1e",       "1e+",   "e5",
        ".",        "-",     "+",      "--1",    "1.2.3",    "1,5",   "0x",
        "0x1g",     "1\n",   "1\t2",   "1d5",    "\xc2\xb5", "1_000", "0x1p99999",
        "nan(1)",   "0b1",   "1e5 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double x = 7.0;
        CHECK_STATUS(ref_parse_double(&x, bad[i]), REF_EFORMAT);
        CHECK_EQUAL(x, 7.0);
    }
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0x10", 16.0},        {"0x1.8p1", 3.0}, {".5", 0.5},
                {"5.", 5.0},           {"+2", 2.0},      {"1E3", 1000.0},
                {"-1e-3", -1e-3},      {"000001", 1.0},  {"1e308", 1e308},
                {"5e-324", 0x1p-1074}, {"0e999", 0.0}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double x = 7.0;
        CHECK_OK(ref_parse_double(&x, good[i].text));
        CHECK_EQUAL(x, good[i].value);
    }
}

static void unsigned_integers_are_strict(void)
{
    uint64_t n = 7;
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "256", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STATUS(ref_parse_unsigned(&n, bad[i], 255), REF_EFORMAT);
        CHECK_EQUAL(n, 7u);
    }
    CHECK_OK(ref_parse_unsigned(&n, "255", 255));
    CHECK_EQUAL(n, 255u);
    CHECK_OK(ref_parse_unsigned(&n, "007", 7));
    CHECK_EQUAL(n, 7u);
    CHECK_OK(ref_parse_unsigned(&n, "0", 0));
    CHECK_EQUAL(n, 0u);
    CHECK_STATUS(ref_parse_unsigned(&n, "5", 3), REF_EFORMAT);
    CHECK_OK(ref_parse_unsigned(&n, "18446744073709551615", UINT64_MAX));
    CHECK_EQUAL(n, UINT64_MAX);
    CHECK_STATUS(ref_parse_unsigned(&n, "18446744073709551616", UINT64_MAX),
                 REF_EFORMAT);
    char text[REF_FORMAT_ROOM];
    CHECK_EQUAL(ref_format_unsigned(text, UINT64_MAX), 20u);
    CHECK(strcmp(text, "18446744073709551615") == 0);
    CHECK_EQUAL(ref_format_unsigned(text, 0), 1u);
    CHECK(strcmp(text, "0") == 0);
}

SUITE("decimal conversion", NULL,
      {"200 000 numbers are written as printf writes them", format_equals_printf},
      {"edge cases are written as printf writes them", format_edges_equal_printf},
      {"numbers come back bit for bit", numbers_come_back_bit_for_bit},
      {"200 000 texts are read as strtod reads them", parse_equals_strtod},
      {"halves round to even", parse_rounds_half_to_even},
      {"only whole finite numbers pass", only_whole_finite_numbers_pass},
      {"unsigned integers are strict", unsigned_integers_are_strict});
