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

/* floor(2^(63+b) / 5^k), b the number of bits of 5^k; k = 0 is not used. */
static const uint64_t reciprocal_of_5[REF_POWER_OF_5_MAX + 1] = {
    UINT64_C(0x0000000000000000), UINT64_C(0xcccccccccccccccc),
    UINT64_C(0xa3d70a3d70a3d70a), UINT64_C(0x83126e978d4fdf3b),
    UINT64_C(0xd1b71758e219652b), UINT64_C(0xa7c5ac471b478423),
    UINT64_C(0x8637bd05af6c69b5), UINT64_C(0xd6bf94d5e57a42bc),
    UINT64_C(0xabcc77118461cefc), UINT64_C(0x89705f4136b4a597),
    UINT64_C(0xdbe6fecebdedd5be), UINT64_C(0xafebff0bcb24aafe),
    UINT64_C(0x8cbccc096f5088cb), UINT64_C(0xe12e13424bb40e13),
    UINT64_C(0xb424dc35095cd80f), UINT64_C(0x901d7cf73ab0acd9),
    UINT64_C(0xe69594bec44de15b), UINT64_C(0xb877aa3236a4b449),
    UINT64_C(0x9392ee8e921d5d07), UINT64_C(0xec1e4a7db69561a5),
    UINT64_C(0xbce5086492111aea), UINT64_C(0x971da05074da7bee),
    UINT64_C(0xf1c90080baf72cb1), UINT64_C(0xc16d9a0095928a27),
    UINT64_C(0x9abe14cd44753b52), UINT64_C(0xf79687aed3eec551),
    UINT64_C(0xc612062576589dda), UINT64_C(0x9e74d1b791e07e48),
};

#define DIGITS 19 /* 10^19 < 2^64: one more might not fit */

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

/* Take the digits that s begins with; returns their end. */
static const char *scan_digits(decimal *d, const char *s, bool fraction)
{
    const char *const start = s;
    if (d->count == 0)
        while (*s == '0') s++;
    uint64_t digits = d->digits; /* local: the loop runs 17 times per number */
    int count = d->count;
    for (unsigned digit; count < DIGITS && (digit = (unsigned char)*s - '0') <= 9;
         s++) {
        digits = 10 * digits + digit;
        count++;
    }
    d->digits = digits;
    d->count = count;
    if (fraction) d->exponent -= (int)(s - start);
    for (; is_digit(*s); s++) {
        d->exact = d->exact && *s == '0';
        if (!fraction) d->exponent++;
    }
    return s;
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
    s = scan_digits(d, s, false);
    bool seen = s > start;
    if (*s == '.') {
        const char *const point = s + 1;
        s = scan_digits(d, point, true);
        seen = seen || s > point;
    }
    if (!seen) return false;
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

/* kept 2^exponent for 2^52 <= kept <= 2^53 and a normal result: the bits themselves; a
 * carry to 2^53 moves into the exponent on its own */
static double compose(uint64_t kept, int exponent)
{
    const uint64_t bits = ((uint64_t)(exponent + 1074) << 52) + kept;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
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
    return compose(kept, shift + drop);
}

/* digits / 10^k by one exact division, 1 <= k <= 27: digits 2^-k / 5^k. */
static double divide(uint64_t digits, int k)
{
    const uint64_t five = ref_power_of_5[k];
    const int up = 128 - ref_wide_bits(digits); /* the quotient keeps >= 64 bits */
    const ref_wide dividend = (ref_wide)digits << up;
    const ref_wide quotient = dividend / five;
    return round_to_double(quotient, -k - up, quotient * five != dividend);
}

/* The same without a division, where the first 64 bits decide. With digits shifted up to
 * 64 bits and r = reciprocal_of_5[k] below the true one by less than 1, the quotient's
 * first 64 bits are those of digits * r or up to 2 more; only 3 in 1024 of them lie so
 * near to a rounding boundary that it matters. */
static double multiply(uint64_t digits, int k)
{
    const int up = 64 - ref_bits(digits);
    const ref_wide product = (ref_wide)(digits << up) * reciprocal_of_5[k];
    const uint64_t top = (uint64_t)(product >> 64);
    const int drop = ref_bits(top) - 53; /* 10 or 11 */
    const uint64_t half = UINT64_C(1) << (drop - 1);
    const uint64_t rest = top & (2 * half - 1);
    if (rest + 2 > half && rest <= half) return divide(digits, k);
    return compose((top >> drop) + (rest > half),
                   drop + 1 - ref_bits(ref_power_of_5[k]) - up - k);
}

/* digits 10^exponent for |exponent| <= 27 */
static double exact_decimal(const decimal *d)
{
    if (d->digits == 0) return 0.0;
    if (d->exponent < 0) return multiply(d->digits, -d->exponent);
    return round_to_double((ref_wide)d->digits * ref_power_of_5[d->exponent],
                           d->exponent, false);
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
