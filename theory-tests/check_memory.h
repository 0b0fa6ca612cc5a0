/* check_memory.h -- let one allocation of the test program fail.
 *
 * The test program brings its own malloc, calloc and realloc, which hand on to those of
 * glibc. Under a sanitizer, or another C library, they are left out: see
 * check_memory_works.
 */
#ifndef THEORY_TESTS_CHECK_MEMORY_H
#define THEORY_TESTS_CHECK_MEMORY_H

#include <stdbool.h>

/* Is there a way to make an allocation fail? A predicate for SUITE. */
bool check_memory_works(void);

/* The k-th allocation from now on, k >= 1, returns NULL; the others succeed. */
void check_memory_fail_at(long k);

/* End of that; was the k-th allocation asked for? */
bool check_memory_failed(void);

#endif
