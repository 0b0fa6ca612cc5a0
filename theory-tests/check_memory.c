/* check_memory.c -- see check_memory.h. */
#include "theory-tests/check_memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)                \
    || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

static atomic_long left; /* allocations until the one that fails; 0: none will */
static atomic_bool armed;

static bool refuse(void)
{
    if (!atomic_load(&armed) || atomic_fetch_sub(&left, 1) != 1) return false;
    errno = ENOMEM;
    return true;
}

/* the names by which glibc's own allocator can be reached */
extern void *real_malloc(size_t size) __asm__("__libc_malloc");
extern void *real_calloc(size_t count, size_t size) __asm__("__libc_calloc");
extern void *real_realloc(void *block, size_t size) __asm__("__libc_realloc");

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *malloc(size_t size)
{
    return refuse() ? NULL : real_malloc(size);
}

EXPORTED void *calloc(size_t count, size_t size)
{
    return refuse() ? NULL : real_calloc(count, size);
}

EXPORTED void *realloc(void *block, size_t size)
{
    return refuse() ? NULL : real_realloc(block, size);
}

bool check_memory_works(void)
{
    return true;
}

void check_memory_fail_at(long k)
{
    atomic_store(&left, k);
    atomic_store(&armed, true);
}

bool check_memory_failed(void)
{
    atomic_store(&armed, false);
    return atomic_load(&left) < 1;
}

#else

bool check_memory_works(void)
{
    return false;
}

void check_memory_fail_at(long k)
{
    (void)k;
}

bool check_memory_failed(void)
{
    return false;
}

#endif
