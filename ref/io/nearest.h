/* nearest.h -- "did you mean": the known word nearest to a mistyped one. */
#ifndef REF_IO_NEAREST_H
#define REF_IO_NEAREST_H

#include "ref/status.h"

/* A search: start it with a word, offer every known one, read the verdict. */
typedef struct ref_nearest {
    const char *word;  /* borrowed, as it was typed */
    const char *best;  /* borrowed; NULL while nothing is near */
    unsigned distance; /* of best; before that the first distance that is too far */
} ref_nearest;

/* Begins a search. A known word is near within a third of the length of `word`, at
 * least 1: insertions, deletions, substitutions and swaps of neighbours count 1 each. */
REF_API void ref_nearest_start(ref_nearest *search, const char *word);

/* Offers a known word; of equally near ones the first stays. Beyond 48 bytes nothing is
 * near. */
REF_API void ref_nearest_offer(ref_nearest *search, const char *known);

/* Room for what ref_nearest_hint writes. */
#define REF_NEAREST_ROOM 80

/* hint <- "; did you mean \"BEST\"?" with the prefix before BEST, or "" if none is near.
 *   returns   hint */
REF_API const char *ref_nearest_hint(char hint[REF_NEAREST_ROOM],
                                     const ref_nearest *search, const char *prefix);

#endif
