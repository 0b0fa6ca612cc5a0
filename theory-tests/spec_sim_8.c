/* spec_sim_8.c -- acceptance rates over a run: they leave the hard end and the middle. */
#include "sim/family.h"
#include "theory-tests/check.h"
#include "theory-tests/check_table.h"

#include <math.h>
#include <stdio.h>

enum { PROMPTS = 128, BINS = 20 };

static double share(const check_table *t, const char *column, size_t step, size_t bin)
{
    char where[64];
    const double low = (double)bin / BINS;
    (void)snprintf(where, sizeof where, "step=%zu&bin=%.17g", step, low);
    return check_table_get(t, column, where);
}

/* At the start every rate is the profile's own: bins can be counted. */
static void the_start_is_the_profile(const check_table *t)
{
    sim_profile profile;
    double p[PROMPTS];
    double count[BINS] = {0};
    double worst = 0.0;
    CHECK_OK(sim_profile_parse(&profile, "U>=1e-4", NULL));
    CHECK_OK(sim_profile_fill(p, PROMPTS, &profile));
    for (size_t i = 0; i < PROMPTS; i++) count[(size_t)(p[i] * BINS)] += 1.0;
    for (size_t b = 0; b < BINS; b++) {
        const double gap = fabs(share(t, "share", 0, b) - count[b] / PROMPTS);
        worst = check_worse(worst, gap);
    }
    CLAIM_HOLDS("spec:sim 8",
                "before training the histogram of acceptance rates is "
                "that of the profile U>=1e-4",
                worst, 1e-12);
}

static double middle(const check_table *t, size_t step)
{
    double sum = 0.0;
    for (size_t b = 1; b + 1 < BINS; b++) sum += share(t, "share", step, b);
    return sum;
}

static void rates_move_to_the_easy_end(void)
{
    const char *const settings[] = {"steps=0,10,30,100", NULL};
    static const size_t step[] = {0, 10, 30, 100};
    check_table t;
    check_table_run(&t, "acceptance-histogram", 16, settings);
    the_start_is_the_profile(&t);
    double hard = -HUGE_VAL; /* growth of what should shrink, 4.9 se added */
    double between = -HUGE_VAL;
    for (size_t k = 0; k < 3; k++) {
        const double gap = share(&t, "share", step[k + 1], 0)
                           + CHECK_Z_LIMIT * share(&t, "share_se", step[k + 1], 0)
                           - share(&t, "share", step[k], 0);
        if (!(gap <= hard)) hard = gap;
        const double change = middle(&t, step[k + 1]) - middle(&t, step[k]);
        if (!(change <= between)) between = change;
    }
    const double easy = share(&t, "share", 100, BINS - 1);
    const double se = share(&t, "share_se", 100, BINS - 1);
    CLAIM_HOLDS("spec:sim 8",
                "GVM SN with 8 + 8 draws in regime R: prompts with p "
                "below 0.05 grow fewer from step 0 to 10, 30 and 100",
                hard, 0.0);
    CLAIM_HOLDS("spec:sim 8",
                "GVM SN with 8 + 8 draws in regime R: prompts with p "
                "between 0.05 and 0.95 grow fewer from step 0 to 10, 30 "
                "and 100",
                between, 0.0);
    CLAIM_HOLDS("spec:sim 8",
                "GVM SN with 8 + 8 draws in regime R: after 100 steps at "
                "least three times as many prompts have p above 0.95",
                3.0 * share(&t, "share", 0, BINS - 1) + CHECK_Z_LIMIT * se - easy, 0.0);
    check_table_free(&t);
}

SUITE("[spec:sim 8] acceptance rates over a run", NULL,
      {"rates move to the easy end", rates_move_to_the_easy_end});
