/* plan.h -- what a command line makes of an experiment: settings, grid, cells.
 *
 * A plan is a list of points (one without a grid); each point is an experiment with all
 * parameters resolved, and has cells of its own. Cells are numbered through all points.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "sim/experiment.h"

/* One axis of a grid: the values that one parameter takes. */
typedef struct sim_axis {
    size_t parameter;   /* index in the experiment's table */
    size_t count;       /* values */
    const char **value; /* (count) borrowed from the plan's texts */
} sim_axis;

typedef struct sim_plan {
    const sim_experiment *experiment;
    uint32_t seed;
    size_t seeds;
    size_t parameters; /* length of the experiment's table */
    size_t points;     /* product of the axes' counts; 1 without a grid */
    size_t cells;      /* of all points together */
    size_t axes;
    sim_axis *axis;     /* (axes) in the order given; the last one moves fastest */
    const char **value; /* (points, parameters) */
    size_t *first;      /* (points + 1) number of each point's first cell */
    char **text;        /* (texts) owned copies that the values point into */
    size_t texts;
    char *head;    /* "# experiment [label] seed=... ..." without line end */
    char *columns; /* grid columns, then the experiment's own */
} sim_plan;

/* A plan of defaults; seeds = 0 takes the experiment's own number.    REF_OK, REF_ENOMEM */
REF_MUST ref_status sim_plan_init(sim_plan *p, const sim_experiment *e, uint32_t seed,
                                  size_t seeds, ref_why *why);

/* "name=value": REF_EUSAGE for an unknown name, a second value, one of the wrong kind. */
REF_MUST ref_status sim_plan_set(sim_plan *p, const char *setting, ref_why *why);

/* "name=v1,v2,..." adds an axis; values that hold commas are parted by ';' instead. */
REF_MUST ref_status sim_plan_grid(sim_plan *p, const char *axis, ref_why *why);

/* Resolves the points, checks them, counts cells, writes head and columns. REF_EUSAGE for
 * a parameter that is both set and in the grid. */
REF_MUST ref_status sim_plan_finish(sim_plan *p, ref_why *why);

/* The resolved settings of a point. */
sim_config sim_plan_config(const sim_plan *p, size_t point);

/* The point that a cell belongs to. */
size_t sim_plan_point(const sim_plan *p, size_t cell);

/* Valid after any outcome of _init, any number of times. */
void sim_plan_free(sim_plan *p);

#endif
