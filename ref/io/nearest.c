/* nearest.c -- see nearest.h for the contracts. */
#include "ref/io/nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 48 };

void ref_nearest_start(ref_nearest *search, const char *word)
{
    const size_t n = strlen(word);
    const unsigned near = n < 3 ? 1 : (unsigned)(n / 3);
    *search = (ref_nearest){.word = word, .distance = n > LONGEST ? 0 : near + 1};
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Row i of the table of distances: prefixes of a with length i against all of b. The two
 * rows above are needed, the second for swaps. */
static void next_row(unsigned row[LONGEST + 1], const unsigned above[LONGEST + 1],
                     const unsigned above2[LONGEST + 1], const char *a, size_t i,
                     const char *b, size_t n)
{
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= n; j++) {
        const bool same = a[i - 1] == b[j - 1];
        row[j] = least(above[j - 1] + (same ? 0 : 1), least(above[j], row[j - 1]) + 1);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = least(row[j], above2[j - 2] + 1);
    }
}

static unsigned distance(const char *a, const char *b)
{
    unsigned row[3][LONGEST + 1];
    const size_t m = strlen(a);
    const size_t n = strlen(b);
    for (size_t j = 0; j <= n; j++) row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= m; i++)
        next_row(row[i % 3], row[(i + 2) % 3], row[(i + 1) % 3], a, i, b, n);
    return row[m % 3][n];
}

void ref_nearest_offer(ref_nearest *search, const char *known)
{
    if (search->distance == 0 || strlen(known) > LONGEST) return;
    const unsigned d = distance(search->word, known);
    if (d >= search->distance) return;
    search->distance = d;
    search->best = known;
}

const char *ref_nearest_hint(char hint[REF_NEAREST_ROOM], const ref_nearest *search,
                             const char *prefix)
{
    hint[0] = '\0';
    if (search->best != NULL)
        (void)snprintf(hint, REF_NEAREST_ROOM, "; did you mean \"%s%s\"?", prefix,
                       search->best);
    return hint;
}
