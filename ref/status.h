/* status.h -- how a library call says that it failed.
 *
 * Formulas return a double and NaN outside their domain. Everything that allocates,
 * reads, iterates or fills arrays returns a ref_status and leaves its outputs
 * untouched on failure. Words for people go into a ref_why that the caller owns.
 */
#ifndef REF_STATUS_H
#define REF_STATUS_H

#include <stddef.h>

#if defined(__GNUC__)
#define REF_API               __attribute__((visibility("default")))
#define REF_MUST              __attribute__((warn_unused_result))
#define REF_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define REF_API
#define REF_MUST
#define REF_PRINTF(fmt, args)
#endif

/* name, text, exit code of a program that ends with it */
#define REF_STATUS_LIST(X)                                                             \
    X(REF_OK, "success", 0)                                                            \
    X(REF_ECHECK, "a check failed", 1)                                                 \
    X(REF_EUSAGE, "bad usage or configuration", 2)                                     \
    X(REF_EFORMAT, "malformed input", 3)                                               \
    X(REF_EDOM, "argument outside the domain of the formula", 3)                       \
    X(REF_ESHAPE, "sizes do not fit together", 3)                                      \
    X(REF_EINFEASIBLE, "no solution satisfies the constraints", 3)                     \
    X(REF_EIO, "input or output failed", 4)                                            \
    X(REF_ENOMEM, "out of memory", 5)                                                  \
    X(REF_ENONFINITE, "a number is not finite", 6)                                     \
    X(REF_EDEVICE, "device or communicator failed", 7)                                 \
    X(REF_EUNSUPPORTED, "not supported", 8)                                            \
    X(REF_ESKIPPED, "skipped", 77)                                                     \
    X(REF_EINTERRUPTED, "stopped by a signal", 130)

typedef enum ref_status {
#define REF_STATUS_ENUM(name, text, code) name,
    REF_STATUS_LIST(REF_STATUS_ENUM)
#undef REF_STATUS_ENUM
        REF_STATUS_COUNT
} ref_status;

/* Details of the last failure, for people. The caller owns it; a zeroed one is valid. */
typedef struct ref_why {
    char text[512];
} ref_why;

/* Text of a status; never NULL, also for values outside the list. */
REF_API const char *ref_status_text(ref_status s);

/* Exit code of a program that stops with s. */
REF_API int ref_status_exit(ref_status s);

/* Replaces control characters (also the two-byte ones of UTF-8) by '?', in place: what a
 * file or an argument holds must not reach a terminal as a command.
 *   returns   text */
REF_API char *ref_plain(char *text);

/* Fill why (may be NULL) with one plain line and hand s back, so that callers
 * `return ref_fail(...)`. */
REF_API ref_status ref_fail(ref_why *why, ref_status s, const char *format, ...)
    REF_PRINTF(3, 4);

/* Leave the current function with the first status that is not REF_OK. */
#define REF_TRY(expr)                                                                  \
    do {                                                                               \
        const ref_status ref_try_status_ = (expr);                                     \
        if (ref_try_status_ != REF_OK) return ref_try_status_;                         \
    } while (0)

#endif
