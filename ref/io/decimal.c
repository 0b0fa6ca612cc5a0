/* decimal.c -- see decimal.h for the method. */
#include "ref/io/decimal.h"

#include "ref/io/decimal_private.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const uint64_t ref_power_of_5[REF_POWER_OF_5_MAX + 1] = {
    UINT64_C(1),
    UINT64_C(5),
    UINT64_C(25),
    UINT64_C(125),
    UINT64_C(625),
    UINT64_C(3125),
    UINT64_C(15625),
    UINT64_C(78125),
    UINT64_C(390625),
    UINT64_C(1953125),
    UINT64_C(9765625),
    UINT64_C(48828125),
    UINT64_C(244140625),
    UINT64_C(1220703125),
    UINT64_C(6103515625),
    UINT64_C(30517578125),
    UINT64_C(152587890625),
    UINT64_C(762939453125),
    UINT64_C(3814697265625),
    UINT64_C(19073486328125),
    UINT64_C(95367431640625),
    UINT64_C(476837158203125),
    UINT64_C(2384185791015625),
    UINT64_C(11920928955078125),
    UINT64_C(59604644775390625),
    UINT64_C(298023223876953125),
    UINT64_C(1490116119384765625),
    UINT64_C(7450580596923828125),
};

/* m 2^e 10^k rounded to an integer, half to even, for 0 <= k <= 27 and a result that
 * fits 64 bits. */
static uint64_t scaled(uint64_t m, int e, int k)
{
    const ref_wide product = (ref_wide)m * ref_power_of_5[k];
    const int shift = e + k;
    if (shift >= 0) return (uint64_t)(product << shift);
    const ref_wide half = (ref_wide)1 << (-shift - 1);
    const ref_wide rest = product & (half | (half - 1));
    const uint64_t kept = (uint64_t)(product >> -shift);
    return kept + (rest > half || (rest == half && (kept & 1) != 0));
}

/* 17 significant digits of x in [1e-10, 1e17) and its decimal exponent. */
static uint64_t digits_of(double x, int *exponent)
{
    const uint64_t low = UINT64_C(10000000000000000); /* 10^16 */
    uint64_t m;
    memcpy(&m, &x, sizeof m);
    const int e = (int)(m >> 52) - 1023; /* e <= log2 x < e + 1 */
    m = (m & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    /* floor(e log10(2)), 1233/4096 is near enough for |e| < 60; floor(log10 x) or one less */
    int ten = (e * 1233 - (e < 0 ? 4095 : 0)) / 4096;
    uint64_t digits = scaled(m, e - 52, 16 - ten);
    if (digits >= 10 * low) digits = scaled(m, e - 52, 16 - ++ten);
    *exponent = ten;
    return digits;
}

/* d[0..8) <- n < 10^8, in two halves whose divisions do not wait for each other */
static void spell_8(char *d, uint32_t n)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    const uint32_t high = n / 10000, low = n % 10000;
    memcpy(d, pairs + (size_t)2 * (high / 100), 2);
    memcpy(d + 2, pairs + (size_t)2 * (high % 100), 2);
    memcpy(d + 4, pairs + (size_t)2 * (low / 100), 2);
    memcpy(d + 6, pairs + (size_t)2 * (low % 100), 2);
}

/* d[0..17) <- the digits; returns how many are left when trailing zeros are cut. */
static size_t spell(char *d, uint64_t digits)
{
    const uint64_t rest = digits % UINT64_C(10000000000000000);
    d[0] = (char)('0' + digits / UINT64_C(10000000000000000));
    spell_8(d + 1, (uint32_t)(rest / 100000000));
    spell_8(d + 9, (uint32_t)(rest % 100000000));
    size_t n = 17;
    while (n > 1 && d[n - 1] == '0') n--;
    return n;
}

/* Fixed notation, -4 <= ten < 17. All 17 digits are copied, as a copy of known length is
 * a few instructions; the n that count are kept. */
static size_t write_fixed(char *out, const char d[17], size_t n, int ten)
{
    size_t at = 0;
    if (ten < 0) {
        out[at++] = '0';
        out[at++] = '.';
        for (int zero = -1; zero > ten; zero--) out[at++] = '0';
        memcpy(out + at, d, 17);
        return at + n;
    }
    const size_t whole = (size_t)ten + 1;
    memcpy(out, d, 17);
    if (n <= whole) return whole;
    out[whole] = '.';
    memcpy(out + whole + 1, d + whole, n - whole);
    return n + 1;
}

/* Scientific notation with an exponent of at least two digits. */
static size_t write_scientific(char *out, const char d[17], size_t n, int ten)
{
    out[0] = d[0];
    out[1] = '.';
    memcpy(out + 2, d + 1, 16);
    size_t at = n > 1 ? n + 1 : 1;
    out[at++] = 'e';
    out[at++] = '-'; /* only small numbers come here */
    out[at++] = (char)('0' + -ten / 10);
    out[at++] = (char)('0' + -ten % 10);
    return at;
}

size_t ref_format_double(char *out, double x)
{
    const double size = fabs(x);
    if (!(size >= 1e-10 && size < 1e17)) /* also 0 and NaN */
        return (size_t)snprintf(out, REF_FORMAT_ROOM, "%.17g", x);
    int ten;
    char d[17];
    const size_t n = spell(d, digits_of(size, &ten));
    size_t at = 0;
    if (x < 0.0) out[at++] = '-';
    at += ten < -4 ? write_scientific(out + at, d, n, ten)
                   : write_fixed(out + at, d, n, ten);
    out[at] = '\0';
    return at;
}

size_t ref_format_unsigned(char *out, uint64_t n)
{
    char reversed[20];
    size_t length = 0;
    do {
        reversed[length++] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    for (size_t i = 0; i < length; i++) out[i] = reversed[length - 1 - i];
    out[length] = '\0';
    return length;
}
