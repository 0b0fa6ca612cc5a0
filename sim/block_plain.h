/* block_plain.h -- constants that the plain and the vector kernels share. */
#ifndef SIM_BLOCK_PLAIN_H
#define SIM_BLOCK_PLAIN_H

/* e^x: 1/ln 2, ln 2 in two pieces (the first with 32 trailing zero bits, so that n times
 * it is exact), the shift that rounds to a whole number, and the last argument. */
#define SIM_EXP_INVERSE 0x1.71547652b82fep+0
#define SIM_EXP_HIGH    0x1.62e42fee00000p-1
#define SIM_EXP_LOW     0x1.a39ef35793c76p-33
#define SIM_EXP_SHIFT   0x1.8p52
#define SIM_EXP_LAST    (-708.0)

/* Coefficients 1/k!, k = 13 ... 0, for Horner's rule; the rest is below 4e-18. */
#define SIM_EXP_TERMS(X)                                                               \
    X(1.0 / 6227020800.0)                                                              \
    X(1.0 / 479001600.0)                                                               \
    X(1.0 / 39916800.0)                                                                \
    X(1.0 / 3628800.0)                                                                 \
    X(1.0 / 362880.0)                                                                  \
    X(1.0 / 40320.0)                                                                   \
    X(1.0 / 5040.0)                                                                    \
    X(1.0 / 720.0)                                                                     \
    X(1.0 / 120.0)                                                                     \
    X(1.0 / 24.0)                                                                      \
    X(1.0 / 6.0)                                                                       \
    X(1.0 / 2.0)                                                                       \
    X(1.0)                                                                             \
    X(1.0)

/* Philox4x32: multipliers and key increments (Salmon et al., SC 2011, table 2). */
#define SIM_PHILOX_M0 0xD2511F53u
#define SIM_PHILOX_M1 0xCD9E8D57u
#define SIM_PHILOX_W0 0x9E3779B9u
#define SIM_PHILOX_W1 0xBB67AE85u

#endif
