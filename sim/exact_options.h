/* exact_options.h -- `--name value` options of `gvm-sim exact`, one table per family. */
#ifndef SIM_EXACT_OPTIONS_H
#define SIM_EXACT_OPTIONS_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sim_option {
    const char *name;  /* without the dashes */
    const char *value; /* default; NULL: not given. A flag's value is "" once given */
    bool flag;         /* stands alone */
} sim_option;

typedef struct sim_options {
    sim_option *option; /* (count) */
    size_t count;
} sim_options;

/* Values <- argv (argc), `--name value` or `--name=value`; a name given twice takes the
 * later value. Values are borrowed.
 *
 *   returns   REF_OK; REF_EUSAGE naming the option
 */
REF_MUST ref_status sim_options_read(sim_options *o, int argc, char **argv,
                                     ref_why *why);

/* Value of an option that the table has; NULL when it was not given. */
const char *sim_options_text(const sim_options *o, const char *name);

/* A finite number, respectively a whole number in [low, high]; REF_EUSAGE otherwise. */
REF_MUST ref_status sim_options_number(double *x, const sim_options *o,
                                       const char *name, ref_why *why);
REF_MUST ref_status sim_options_whole(size_t *n, const sim_options *o, const char *name,
                                      uint64_t low, uint64_t high, ref_why *why);

#endif
