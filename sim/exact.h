/* exact.h -- `gvm-sim exact FAMILY ...`: exact quantities of a problem, no sampling. */
#ifndef SIM_EXACT_H
#define SIM_EXACT_H

#include "ref/status.h"

#include <jansson.h>

/* One family of `gvm-sim exact`. argv holds its options alone; *out is a new reference,
 * untouched on failure. */
typedef ref_status sim_exact_handler(int argc, char **argv, json_t **out, ref_why *why);

typedef struct sim_exact_family {
    const char *name;
    const char *what; /* one line, options with their defaults */
    sim_exact_handler *run;
} sim_exact_family;

/* The table, in the order of the help text. */
const sim_exact_family *sim_exact_families(size_t *count);

/* `exact FAMILY [options] [--json] [--out FILE]` with argv[0] = "exact". Without a family
 * name the options must hold --model. The result goes to FILE or standard output, whole
 * or not at all: JSON with 17 digits, or lines `name TAB value` followed by tables.
 *
 *   returns   REF_OK; REF_EUSAGE; what the family, the model file or the output returned
 */
REF_MUST ref_status sim_exact_run(int argc, char **argv, ref_why *why);

/* For the help of gvm-sim. */
#define SIM_EXACT_ARGUMENTS "FAMILY [options] | --model FILE.json [options]"
#define SIM_EXACT_OPTIONS                                                              \
    "  --model FILE.json   a problem of your own, gvm-model(5)\n"                      \
    "  --at start|minimum  where: the family's starting point, or the minimum of L\n"  \
    "  --n K               draws of every prompt, 8 without it\n"                      \
    "  --allocation RULE   a rule of `gvm allocate` instead of equal draws\n"          \
    "  --budget N          its draws in all, 8 per prompt without it\n"                \
    "  --alpha A --beta B  GVM's regulariser, 0 and 2 without them\n"                  \
    "  --estimator NAME    iw, rb, sn, loo, pool or rris; all of them without it\n"    \
    "  --json              JSON with 17 digits instead of lines\n"                     \
    "  --out FILE          where it goes, standard output without it\n"                \
    "Families and options of their own; gvm-sim-exact(1) has defaults and meaning:\n"  \
    "  tabular             --prompts --latents --accepted --ridge --profile\n"         \
    "  realisable          the same, --features --seed --long-is-hard\n"               \
    "  frustrated          as realisable\n"                                            \
    "  head                --prompts --latents --answers --features --kappa --seed "   \
    "--ridge\n"                                                                        \
    "  chain               --states --lengths --eps --back\n"                          \
    "  model               --model\n"                                                  \
    "  bvpo                --model-seed --beta --tau --kappa --coupling --batch\n"     \
    "  quadratic           --lam --start --b-t --b-e --S-t --S-e --S-te --alpha "      \
    "--eta\n"                                                                          \
    "                      --steps; bvpo and quadratic take only --json and --out "    \
    "besides\n"

#endif
