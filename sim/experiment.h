/* experiment.h -- one row of the table of experiments, and how its work is cut up.
 *
 * An experiment is a list of independent cells. A cell writes text rows of its own; rows
 * appear in the file in cell order, so the bytes do not depend on threads, ranks or on
 * where an interrupted run was taken up again.
 */
#ifndef SIM_EXPERIMENT_H
#define SIM_EXPERIMENT_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A named parameter of an experiment; every one can be set (`--set`) and swept. */
typedef struct sim_parameter {
    const char *name;
    const char *value; /* default, as text */
    const char *what;
} sim_parameter;

typedef struct sim_experiment sim_experiment;

/* Resolved run: what the command line made of an experiment. */
typedef struct sim_config {
    const sim_experiment *experiment;
    uint32_t seed;            /* first seed */
    size_t seeds;             /* how many: seed, seed+1, ... */
    const char *const *value; /* one text per parameter, same order as the table */
} sim_config;

/* Value of a parameter; the name must exist (programmer error otherwise). A number that
 * does not parse was refused before the run. */
double sim_config_number(const sim_config *c, const char *name);
const char *sim_config_text(const sim_config *c, const char *name);

/* Numbers of a list parameter ("1,2,4"): writes at most room of them to x (may be NULL
 * with room 0) and returns how many there are. */
size_t sim_config_list(const sim_config *c, const char *name, double *x, size_t room);

/* What a parameter's text is; the shape of the default decides, and a value of another
 * shape is refused before the run. */
typedef enum sim_value_kind {
    SIM_VALUE_NUMBER, /* "0.5" */
    SIM_VALUE_LIST, /* "1,2,4": two or more numbers in the default, any count when set */
    SIM_VALUE_TEXT  /* anything printable without blanks, "U>=1e-3" */
} sim_value_kind;

sim_value_kind sim_value_kind_of(const char *text);

/* Growing text that a cell writes its rows into. */
typedef struct sim_rows {
    char *text; /* owned, NUL-terminated */
    size_t length, room;
    bool failed;            /* memory ran out; checked once by the driver */
    struct sim_rows *times; /* NULL, or lines "name, what, seconds": not reproducible */
} sim_rows;

/* Append one field; numbers as %.17g ("nan", "inf" spelled so); tabs between fields. */
void sim_rows_number(sim_rows *r, double x);
void sim_rows_text(sim_rows *r, const char *text);
void sim_rows_end(sim_rows *r); /* end of line */

/* A measured time for --timing; forgotten where nobody asked for it. */
void sim_rows_time(sim_rows *r, const char *name, const char *what, double seconds);
void sim_rows_free(sim_rows *r); /* the driver's, after the rows are written */

struct sim_experiment {
    const char *name;               /* "variance-budget" */
    const char *label;              /* "gvm:prop1" */
    const char *what;               /* one line for `gvm-sim list` */
    const char *columns;            /* tab-separated names */
    size_t seeds;                   /* default number of seeds */
    const sim_parameter *parameter; /* ends with a NULL name; may be NULL */
    size_t (*cells)(const sim_config *c);
    ref_status (*run)(const sim_config *c, size_t cell, sim_rows *out, ref_why *why);
    /* NULL, or refuses settings before the run with REF_EUSAGE and the parameter's name */
    ref_status (*check)(const sim_config *c, ref_why *why);
};

/* The table, in the order of `gvm-sim list`. An experiment is one external constant
 *     const sim_experiment sim_experiment_regime_t = {.name = "regime-t", ...};
 * and one line in experiment_list.h. */
#define SIM_EXPERIMENT(symbol) extern const sim_experiment symbol;
#include "sim/experiment_list.h"
#undef SIM_EXPERIMENT

const sim_experiment *const *sim_experiments(size_t *count);
const sim_experiment *sim_experiment_find(const char *name);

#endif
