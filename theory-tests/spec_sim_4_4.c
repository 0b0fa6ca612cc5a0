/* spec_sim_4_4.c -- the regulariser's effect on efficiency: decisive with the true p, idle
 * with a pilot of eight; and what a pilot keeps of the oracle's gain.
 */
#include "ref/io/parse.h"
#include "sim/experiment.h"
#include "theory-tests/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 16 }; /* most columns */

/* One row: texts as numbers, NaN where there is none. */
typedef struct row {
    char name[64];
    double x[WIDTH];
} row;

/* Reads the next row; returns its end. */
static const char *row_read(row *r, const char *text)
{
    *r = (row){0};
    for (size_t k = 0; k < WIDTH; k++) {
        char field[64];
        const size_t n = strcspn(text, "\t\n");
        memcpy(field, text, n < 64 ? n : 63);
        field[n < 64 ? n : 63] = '\0';
        if (k == 0) (void)snprintf(r->name, sizeof r->name, "%s", field);
        if (ref_parse_double(&r->x[k], field) != REF_OK) r->x[k] = nan("");
        text += n;
        if (*text == '\n') return text + 1;
        text++;
    }
    return text;
}

/* All rows of an experiment whose parameters are the given texts. */
static void run(sim_rows *out, const char *name, const char *const *value, size_t seeds)
{
    const sim_experiment *e = sim_experiment_find(name);
    if (!CHECK(e != NULL)) return;
    const sim_config c = {.experiment = e, .seed = 1, .seeds = seeds, .value = value};
    CHECK_OK(e->check(&c, NULL));
    for (size_t cell = 0; cell < e->cells(&c); cell++)
        CHECK_OK(e->run(&c, cell, out, NULL));
}

/* Table 4.4, beta = 2, SN, eight per prompt: printed to three decimals. */
static void true_rates_give_the_printed_efficiencies(void)
{
    static const double want[] = {.511, .610, .672, .718, .742, .737,  /* U>=1e-3 */
                                  .426, .502, .591, .672, .722, .733}; /* logu3 */
    const char *const value[] = {"0,1e-5,1e-4,1e-3,1e-2,1e-1", "2", "0", "128"};
    sim_rows rows = {0};
    run(&rows, "alpha-beta", value, 1);
    double worst = 0.0;
    const char *text = rows.text;
    for (size_t i = 0; i < 12; i++) {
        row r;
        text = row_read(&r, text);
        worst = check_worse(worst, fabs(r.x[5] - want[i]));
        CHECK_NEAR(r.x[5], want[i], 5.1e-4);
    }
    CLAIM_HOLDS("spec:sim 4.4",
                "With the true p the efficiency over alpha is as tabulated, alpha = 0 "
                "being the worst",
                worst, 5.1e-4);
    sim_rows_free(&rows);
}

/* Efficiency over alpha at N' = 8 moves by less than 2 %, with the true p by over 20 %. */
static void a_small_pilot_makes_alpha_idle(void)
{
    const char *const value[] = {"0,1e-3,1e-1", "2", "0,8", "128"};
    sim_rows rows = {0};
    run(&rows, "alpha-beta", value, 16);
    double low[2] = {2.0, 2.0};
    double high[2] = {-1.0, -1.0};
    CHECK(rows.text != NULL);
    for (const char *text = rows.text; text != NULL && *text != '\0';) {
        row r;
        text = row_read(&r, text);
        const size_t piloted = r.x[1] > 0.0;
        low[piloted] = check_least(low[piloted], r.x[5]);
        high[piloted] = check_worse(high[piloted], r.x[5]);
    }
    CHECK(1.0 - low[0] / high[0] > 0.2);
    CLAIM_HOLDS("spec:sim 4.4",
                "With a pilot of eight, alpha from 0 to 0.1 at beta = 2 moves the "
                "efficiency by less than 2 percent",
                1.0 - low[1] / high[1], 0.02);
    sim_rows_free(&rows);
}

/* Table 4.3: empirical Bayes keeps more than the hardest rate seen, which keeps more the
 * larger the pilot; dropped shares as printed, within the spread of 16 pilots. */
static void a_pilot_keeps_part_of_the_gain(void)
{
    const char *const value[] = {"2,8,32", "128"};
    static const double dropped[] = {.76, .52, .27, .76, .53, .32,
                                     .89, .74, .52, .89, .73, .47};
    sim_rows rows = {0};
    run(&rows, "share-pilot", value, 16);
    const char *text = rows.text;
    double before = 0.0;
    for (size_t i = 0; i < 12; i++) {
        row r;
        text = row_read(&r, text);
        /* columns: 3 hardest, 5 empirical Bayes, 9 dropped and its standard error */
        if (i % 3 != 2) CHECK(r.x[5] > r.x[3]);
        CHECK(i % 3 == 0 || r.x[5] > before);
        before = r.x[5];
        CHECK_NEAR(r.x[9], dropped[i], 0.005 + 4.9 * r.x[10]);
    }
    sim_rows_free(&rows);
}

/* At N' = 8 every kept prompt has phat >= 1/8: weights within a factor sqrt(8), none of
 * the 128 gets between one and two samples, and those without a success get none. */
static void a_pilot_of_eight_leaves_prompts_without_samples(void)
{
    const char *const value[] = {"8", "U>=1e-3", "128"};
    sim_rows rows = {0};
    run(&rows, "n-histogram", value, 16);
    double prompts = 0.0;
    double samples = 0.0;
    double none = 0.0;
    CHECK(rows.text != NULL);
    for (const char *text = rows.text; text != NULL && *text != '\0';) {
        row r;
        text = row_read(&r, text);
        if (strcmp(r.name, "pilot") != 0) continue;
        prompts += r.x[3];
        samples += r.x[4];
        if (r.x[2] < 0.5) none = r.x[3];
    }
    CHECK_NEAR(prompts, 1.0, 1e-12);
    CHECK_NEAR(samples, 1.0, 1e-12);
    CHECK_NEAR(none, 0.23, 0.02); /* drop of 23 %, table 4.3 */
    sim_rows_free(&rows);
}

SUITE("[spec:sim 4.4][spec:sim 4.3] regulariser and pilot", NULL,
      {"the true rates give the printed efficiencies",
       true_rates_give_the_printed_efficiencies},
      {"a pilot of eight makes alpha idle", a_small_pilot_makes_alpha_idle},
      {"a pilot keeps part of the gain", a_pilot_keeps_part_of_the_gain},
      {"a pilot of eight leaves prompts without samples",
       a_pilot_of_eight_leaves_prompts_without_samples});
