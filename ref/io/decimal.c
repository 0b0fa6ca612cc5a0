/* decimal.c -- see decimal.h for the method. */
#include "ref/io/decimal.h"

#include "ref/io/decimal_private.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

uint64_t ref_power_of_5(int k)
{
    static const uint64_t power[REF_POWER_OF_5_MAX + 1] = {
        1u,
        5u,
        25u,
        125u,
        625u,
        3125u,
        15625u,
        78125u,
        390625u,
        1953125u,
        9765625u,
        48828125u,
        244140625u,
        1220703125u,
        6103515625u,
        30517578125u,
        152587890625u,
        762939453125u,
        3814697265625u,
        19073486328125u,
        95367431640625u,
        476837158203125u,
        2384185791015625u,
        11920928955078125u,
        59604644775390625u,
        298023223876953125u,
        1490116119384765625u,
        7450580596923828125u,
    };
    return power[k];
}

int ref_wide_bits(ref_wide x)
{
    const uint64_t high = (uint64_t)(x >> 64);
    const uint64_t low = (uint64_t)x;
    if (high != 0) return 128 - __builtin_clzll(high);
    return low != 0 ? 64 - __builtin_clzll(low) : 0;
}

/* m 2^e 10^k rounded to an integer, half to even, for 0 <= k <= 27 and a result that
 * fits 64 bits. */
static uint64_t scaled(uint64_t m, int e, int k)
{
    const ref_wide product = (ref_wide)m * ref_power_of_5(k);
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

/* d[0..17) <- the digits; returns how many are left when trailing zeros are cut. */
static size_t spell(char *d, uint64_t digits)
{
    /* 1 + 8 + 8 digits: two chains of divisions side by side */
    const uint64_t rest = digits % UINT64_C(10000000000000000);
    uint32_t high = (uint32_t)(rest / 100000000);
    uint32_t low = (uint32_t)(rest % 100000000);
    d[0] = (char)('0' + digits / UINT64_C(10000000000000000));
    for (size_t i = 8; i > 0; i--) {
        d[i] = (char)('0' + high % 10);
        d[i + 8] = (char)('0' + low % 10);
        high /= 10;
        low /= 10;
    }
    size_t n = 17;
    while (n > 1 && d[n - 1] == '0') n--;
    return n;
}

/* Fixed notation, -4 <= ten < 17. */
static size_t write_fixed(char *out, const char *d, size_t n, int ten)
{
    size_t at = 0;
    if (ten < 0) {
        out[at++] = '0';
        out[at++] = '.';
        for (int zero = -1; zero > ten; zero--) out[at++] = '0';
        memcpy(out + at, d, n);
        return at + n;
    }
    const size_t whole = (size_t)ten + 1;
    memcpy(out, d, whole);
    if (n <= whole) return whole;
    out[whole] = '.';
    memcpy(out + whole + 1, d + whole, n - whole);
    return n + 1;
}

/* Scientific notation with an exponent of at least two digits. */
static size_t write_scientific(char *out, const char *d, size_t n, int ten)
{
    size_t at = 0;
    out[at++] = d[0];
    if (n > 1) {
        out[at++] = '.';
        memcpy(out + at, d + 1, n - 1);
        at += n - 1;
    }
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
