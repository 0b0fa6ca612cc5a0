/* parse.c -- see parse.h for the contracts.
 *
 * A million numbers are read in one go, so the common decimal (up to 19 digits, power of
 * ten within 27) is rounded here in exact 128-bit integers; strtod does the rest.
 */
#include "ref/io/parse.h"

#include "ref/io/decimal_private.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A decimal as written: (-1)^negative digits 10^exponent. */
typedef struct decimal {
    uint64_t digits;
    int exponent;
    int count; /* significant digits read into digits */
    bool negative;
    bool exact; /* every digit fitted */
} decimal;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void push_digit(decimal *d, char c, bool fraction)
{
    if (d->count == 19) { /* 10^19 < 2^64: one more might not fit */
        d->exact = d->exact && c == '0';
        if (!fraction) d->exponent++;
        return;
    }
    d->digits = 10 * d->digits + (uint64_t)(c - '0');
    if (d->digits != 0) d->count++;
    if (fraction) d->exponent--;
}

/* The exponent part, after the 'e'; NULL if it is malformed. Huge ones saturate. */
static const char *scan_exponent(decimal *d, const char *s)
{
    const bool down = *s == '-';
    if (*s == '-' || *s == '+') s++;
    if (!is_digit(*s)) return NULL;
    int e = 0;
    for (; is_digit(*s); s++)
        if (e < 100000) e = 10 * e + (*s - '0');
    d->exponent += down ? -e : e;
    return s;
}

/* Recognise [sign] digits [. digits] [e exponent], the whole text. */
static bool scan_decimal(decimal *d, const char *s)
{
    *d = (decimal){.exact = true, .negative = *s == '-'};
    if (*s == '-' || *s == '+') s++;
    const char *const start = s;
    for (; is_digit(*s); s++) push_digit(d, *s, false);
    size_t seen = (size_t)(s - start);
    if (*s == '.') {
        const char *const point = ++s;
        for (; is_digit(*s); s++) push_digit(d, *s, true);
        seen += (size_t)(s - point);
    }
    if (seen == 0) return false;
    if (*s == 'e' || *s == 'E') s = scan_exponent(d, s + 1);
    return s != NULL && *s == '\0';
}

/* Is it [sign] 0x with hexadecimal digits? strtod judges the rest. */
static bool is_hexadecimal(const char *s)
{
    if (*s == '-' || *s == '+') s++;
    return s[0] == '0' && (s[1] == 'x' || s[1] == 'X')
           && (isxdigit((unsigned char)s[2]) || s[2] == '.');
}

/* Round top 2^shift (plus something below when sticky) to a double, half to even. */
static double round_to_double(ref_wide top, int shift, bool sticky)
{
    const int drop = ref_wide_bits(top) - 53;
    if (drop <= 0) return ldexp((double)(uint64_t)top, shift); /* sticky needs >= 54 */
    const ref_wide half = (ref_wide)1 << (drop - 1);
    const ref_wide rest = top & (half | (half - 1));
    uint64_t kept = (uint64_t)(top >> drop);
    if (rest > half || (rest == half && (sticky || (kept & 1) != 0))) kept++;
    return ldexp((double)kept, shift + drop);
}

/* digits 10^exponent for |exponent| <= 27: digits 5^e 2^e, or digits 2^-e / 5^e. */
static double exact_decimal(const decimal *d)
{
    if (d->digits == 0) return 0.0;
    if (d->exponent >= 0)
        return round_to_double((ref_wide)d->digits * ref_power_of_5(d->exponent),
                               d->exponent, false);
    const uint64_t five = ref_power_of_5(-d->exponent);
    const int up = 128 - ref_wide_bits(d->digits); /* quotient keeps >= 64 bits */
    const ref_wide dividend = (ref_wide)d->digits << up;
    const ref_wide quotient = dividend / five;
    return round_to_double(quotient, d->exponent - up, quotient * five != dividend);
}

ref_status ref_parse_double(double *x, const char *text)
{
    decimal d;
    const bool plain = scan_decimal(&d, text);
    if (!plain && !is_hexadecimal(text)) return REF_EFORMAT;
    double value;
    if (plain && d.exact && d.exponent >= -REF_POWER_OF_5_MAX
        && d.exponent <= REF_POWER_OF_5_MAX) {
        value = d.negative ? -exact_decimal(&d) : exact_decimal(&d);
    } else {
        char *end;
        value = strtod(text, &end);
        if (*end != '\0' || !isfinite(value)) return REF_EFORMAT;
        /* a number that is not 0 must not become 0 */
        if (value == 0.0 && plain && d.digits != 0) return REF_EFORMAT;
    }
    *x = value;
    return REF_OK;
}

ref_status ref_parse_unsigned(uint64_t *n, const char *text, uint64_t max)
{
    if (*text == '\0') return REF_EFORMAT;
    uint64_t value = 0;
    for (; *text != '\0'; text++) {
        if (!is_digit(*text)) return REF_EFORMAT;
        const uint64_t digit = (uint64_t)(*text - '0');
        if (digit > max || value > (max - digit) / 10) return REF_EFORMAT;
        value = 10 * value + digit;
    }
    *n = value;
    return REF_OK;
}
