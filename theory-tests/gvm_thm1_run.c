/* gvm_thm1_run.c -- Theorem 1 along sampled runs: both sides from the same draws. */
#include "theory-tests/check.h"
#include "theory-tests/check_table.h"

#include <math.h>
#include <stdio.h>

static double at(const check_table *t, const char *column, const char *method,
                 size_t step)
{
    char where[64];
    (void)snprintf(where, sizeof where, "method=%s&step=%zu", method, step);
    return check_table_get(t, column, where);
}

/* Every row but the first, where both sides are 0: mean change of the loss against
 * -(eta/2) D1 + (eta^2/2 gamma) Omega, in standard errors of the change. */
static void the_change_stays_below_the_bound(void)
{
    static const char *const method[] = {"uniform-iw", "gvm-oracle-iw"};
    double violation = -HUGE_VAL;
    double order = -HUGE_VAL;
    check_table t;
    check_table_run(&t, "em-gap", 16, NULL);
    for (size_t step = 4; step <= 400; step += 4) {
        for (size_t k = 0; k < 2; k++) {
            const double change = at(&t, "change", method[k], step);
            const double se = at(&t, "change_se", method[k], step);
            const double z = (change - at(&t, "bound", method[k], step)) / se;
            if (!(z <= violation)) violation = z;
        }
        const double gap =
            at(&t, "bound", method[1], step) - at(&t, "bound", method[0], step);
        if (!(gap <= order)) order = gap;
    }
    CLAIM_HOLDS("gvm:thm1",
                "along sampled runs the change of the loss stays below the theorem's "
                "right side at every step, in standard errors",
                violation, 0.0);
    CLAIM_HOLDS("gvm:thm1",
                "GVM's right side is below uniform's at every step of the runs", order,
                0.0);
    check_table_free(&t);
}

SUITE("[gvm:thm1] Theorem 1 along a run", NULL,
      {"the change stays below the bound", the_change_stays_below_the_bound});
