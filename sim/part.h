/* part.h -- the file an interrupted run leaves behind: which cells are done, and their rows.
 *
 * Text: a magic line, the run's head and column lines, "# cells N", then for each finished
 * cell "@ INDEX LENGTH" and LENGTH bytes of rows, and "# end COUNT". A file whose head or
 * columns differ belongs to another run and is refused.
 */
#ifndef SIM_PART_H
#define SIM_PART_H

#include "sim/plan.h"

/* FILE.part: a new string, the caller frees it; NULL without memory. */
char *sim_part_path(const char *out);

/* Saves the finished cells, slot[c].text != NULL, atomically. */
REF_MUST ref_status sim_part_save(const char *path, const sim_plan *p,
                                  const sim_rows *slot, ref_why *why);

/* Puts the saved cells into slot (p->cells, all empty before).
 *
 *   returns   REF_OK; REF_EIO (not there, unreadable); REF_EUSAGE (another run's);
 *             REF_EFORMAT with the line; REF_ENOMEM. Slots are empty after a failure.
 */
REF_MUST ref_status sim_part_load(sim_rows *slot, const char *path, const sim_plan *p,
                                  ref_why *why);

#endif
