/* plan.h -- what the files of `gvm allocate` share. */
#ifndef REF_CLI_PLAN_H
#define REF_CLI_PLAN_H

#include "ref/allocate_plan.h"
#include "ref/cli/prompts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A plan with everything that is said about it. */
typedef struct cli_plan {
    const ref_allocate_rule *rule;
    ref_allocate_input input; /* borrows the columns of prompts */
    ref_allocate_rounding rounding;
    cli_prompts prompts;
    double *share;   /* (m) owned */
    size_t *n;       /* (m) owned; not written for rounding none */
    size_t unserved; /* prompts without a sample */

    bool explained;             /* the rest is there */
    bool any_variance;          /* report is there: some c_i > 0 */
    ref_allocate_report report; /* of the plan */
    double given;               /* variance of the input's own n; -1: no such column */
} cli_plan;

/* Samples of prompt i: whole, or share times budget for rounding none. */
double cli_plan_samples(const cli_plan *x, size_t i);

/* Fill the explanation. */
ref_status cli_plan_explain(cli_plan *x, ref_why *why);

/* Write prompt, share, n; as TSV, or as one JSON object with the explanation. */
void cli_plan_write_tsv(FILE *file, const cli_plan *x);
ref_status cli_plan_write_json(FILE *file, const cli_plan *x, ref_why *why);

/* The explanation for people. */
void cli_plan_write_words(FILE *file, const cli_plan *x);

#endif
