/* prompts.h -- the table of prompts that `gvm allocate` reads, from TSV or JSON. */
#ifndef REF_CLI_PROMPTS_H
#define REF_CLI_PROMPTS_H

#include "ref/io/source.h"
#include "ref/status.h"

#include <stddef.h>

/* id, name, domain [low, high], what */
#define CLI_COLUMN_LIST(X)                                                             \
    X(CLI_P, "p", 0.0, 1.0, "acceptance rate")                                         \
    X(CLI_G, "G", 0.0, DBL_MAX, "gradient norm of an accepted sample")                 \
    X(CLI_WEIGHT, "weight", 0.0, DBL_MAX, "weight in the objective (1)")               \
    X(CLI_S2, "S2", 0.0, DBL_MAX, "mean squared score norm (G^2)")                     \
    X(CLI_MU2, "mu2", 0.0, DBL_MAX, "squared norm of the mean score (0)")              \
    X(CLI_H2, "H2", 0.0, DBL_MAX, "mean squared policy score")                         \
    X(CLI_S2_WRONG, "S2_wrong", 0.0, DBL_MAX, "S2 of rejected samples")                \
    X(CLI_COST, "cost", DBL_TRUE_MIN, DBL_MAX, "cost of one sample (1)")               \
    X(CLI_VISITS, "visits", 0.0, 9007199254740992.0,                                   \
      "visits without signal, in a row")                                               \
    X(CLI_DRAWS, "draws", 0.0, 9007199254740992.0, "pilot draws behind p (--pilot)")   \
    X(CLI_N, "n", 0.0, 9007199254740992.0, "a plan to compare with (--explain)")

typedef enum cli_column {
#define CLI_COLUMN_ENUM(id, name, low, high, what) id,
    CLI_COLUMN_LIST(CLI_COLUMN_ENUM)
#undef CLI_COLUMN_ENUM
        CLI_COLUMN_COUNT
} cli_column;

typedef struct cli_prompts {
    size_t m;
    double *column[CLI_COLUMN_COUNT]; /* (m) each, NULL where absent; owned */
    size_t *name;                     /* (m) offsets into text; owned */
    char *text;                       /* names, NUL after each; owned */
    size_t room, text_room, text_end;
} cli_prompts;

typedef enum cli_format { CLI_FORMAT_AUTO, CLI_FORMAT_TSV, CLI_FORMAT_JSON } cli_format;

/* Read everything. AUTO: JSON if the first byte that is not blank is '[' or '{'.
 * JSON is an array of objects or an object of arrays, with the columns as keys.
 *
 *   returns   REF_OK; REF_EFORMAT or REF_EDOM with the place; REF_ESHAPE for no prompts;
 *             REF_EIO; REF_ENOMEM
 */
ref_status cli_prompts_read(cli_prompts *t, ref_source *source, cli_format format,
                            ref_why *why);

/* Release; valid after any outcome of read, any number of times. */
void cli_prompts_free(cli_prompts *t);

static inline const char *cli_prompts_name(const cli_prompts *t, size_t i)
{
    return t->text + t->name[i];
}

#endif
