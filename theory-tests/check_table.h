/* check_table.h -- the rows of an experiment, run by a test and read back by name. */
#ifndef THEORY_TESTS_CHECK_TABLE_H
#define THEORY_TESTS_CHECK_TABLE_H

#include "sim/experiment.h"

typedef struct check_table {
    const sim_experiment *e; /* NULL when there is no such experiment */
    sim_rows rows;
} check_table;

/* All cells from seed 1 on.
 *
 *   settings  "name=value", ..., NULL in place of the defaults; NULL: defaults
 */
void check_table_run(check_table *t, const char *name, size_t seeds,
                     const char *const *settings);
void check_table_free(check_table *t);

/* Tab-separated fields of a line. */
size_t check_table_fields(const char *line);

/* The number in a column of the first row that matches "column=value&column=value";
 * values that are numbers are compared as numbers. NaN where no row does. */
double check_table_get(const check_table *t, const char *column, const char *where);

#endif
