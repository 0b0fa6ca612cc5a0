/* experiment_bvpo_test.c -- rows of the BVPO experiments against what they must say. */
#include "ref/io/parse.h"
#include "sim/experiment.h"
#include "sim/experiment_bvpo.h"
#include "theory-tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A small run in memory: settings of the table, some replaced. */
typedef struct run {
    const sim_experiment *e;
    const char *value[16];
    sim_config c;
    sim_rows rows;
} run;

/* settings "name=value name=value", at most 160 characters; the experiment must exist */
static ref_status run_small(run *r, const char *name, const char *settings,
                            char copy[161])
{
    *r = (run){.e = sim_experiment_find(name)};
    CHECK(r->e != NULL);
    if (r->e == NULL) return REF_EUNSUPPORTED;
    const sim_parameter *p = r->e->parameter;
    strncpy(copy, settings, 160);
    copy[160] = '\0';
    for (size_t i = 0; p[i].name != NULL; i++) r->value[i] = p[i].value;
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        char *const equals = strchr(word, '=');
        *equals = '\0';
        size_t i = 0;
        while (p[i].name != NULL && strcmp(p[i].name, word) != 0) i++;
        if (CHECK(p[i].name != NULL)) r->value[i] = equals + 1;
    }
    r->c = (sim_config){.experiment = r->e, .seed = 1, .seeds = 3, .value = r->value};
    REF_TRY(r->e->check(&r->c, NULL));
    for (size_t cell = 0; cell < r->e->cells(&r->c); cell++)
        REF_TRY(r->e->run(&r->c, cell, &r->rows, NULL));
    return r->rows.failed ? REF_ENOMEM : REF_OK;
}

/* index of a column in a tab-separated header */
static size_t column(const char *columns, const char *name)
{
    size_t k = 0;
    for (const char *at = columns; at != NULL; k++) {
        const size_t n = strcspn(at, "\t");
        if (strlen(name) == n && strncmp(at, name, n) == 0) return k;
        at = at[n] == '\t' ? at + n + 1 : NULL;
    }
    check_true(false, "the column exists", __FILE__, __LINE__);
    return 0;
}

/* the number in a row's column; NaN where the text is none */
static double cell_of(const run *r, const char *row, const char *name)
{
    for (size_t k = column(r->e->columns, name); k > 0; k--)
        row = strchr(row, '\t') + 1;
    char text[64] = {0};
    const size_t n = strcspn(row, "\t\n");
    double x = nan("");
    memcpy(text, row, n < sizeof text ? n : sizeof text - 1);
    return ref_parse_double(&x, text) == REF_OK ? x : nan("");
}

static const char *next_row(const char *row)
{
    row = strchr(row, '\n') + 1;
    return *row != '\0' ? row : NULL;
}

/* every row has as many fields as the header has columns */
static void check_width(const run *r)
{
    size_t want = 0;
    for (const char *at = r->e->columns; *at != '\0'; at++) want += *at == '\t';
    for (const char *row = r->rows.text; row != NULL; row = next_row(row)) {
        size_t tabs = 0;
        for (const char *at = row; *at != '\n'; at++) tabs += *at == '\t';
        CHECK_EQUAL(tabs, want);
    }
}

static void the_parabola_is_split_and_sampled(void)
{
    run r;
    char copy[161];
    CHECK_OK(run_small(&r, "bvpo-alpha", "batch=1,8 replicas=40", copy));
    check_width(&r);
    size_t sampled = 0;
    for (const char *row = r.rows.text; row != NULL; row = next_row(row)) {
        const double mse = cell_of(&r, row, "mse"), mc = cell_of(&r, row, "mse_mc");
        CHECK_RELATIVE(mse, cell_of(&r, row, "bias2") + cell_of(&r, row, "variance"),
                       1e-15);
        if (isnan(mc)) continue;
        sampled++;
        CHECK(cell_of(&r, row, "mse_low") <= mc && mc <= cell_of(&r, row, "mse_high"));
        CHECK_RELATIVE(mc, mse, 0.5); /* 120 batches of heavy-tailed errors */
    }
    CHECK_EQUAL(sampled, 22);
    CHECK_NEAR(cell_of(&r, r.rows.text, "alpha_star"), 0.215009511891, 1e-11);
    sim_rows_free(&r.rows);
}

static void batch_rows_hold_the_goldens(void)
{
    run r;
    char copy[161];
    CHECK_OK(run_small(&r, "bvpo-batch", "kappa=0.5 doublings=9", copy));
    check_width(&r);
    const double n[4] = {1, 8, 64, 512},
                 want[4] = {0.215010, 0.255732, 0.457494, 0.745579};
    size_t met = 0;
    for (const char *row = r.rows.text; row != NULL; row = next_row(row)) {
        for (size_t i = 0; i < 4; i++)
            if (fabs(cell_of(&r, row, "batch") - n[i]) < 1e-6) {
                CHECK_NEAR(cell_of(&r, row, "alpha_star"), want[i], 1e-6);
                met++;
            }
        CHECK(cell_of(&r, row, "half") >= 1.0);
        CHECK(cell_of(&r, row, "alpha_c") > cell_of(&r, row, "alpha_star"));
    }
    CHECK_EQUAL(met, 4);
    sim_rows_free(&r.rows);
}

static void trace_rows_hold_the_goldens(void)
{
    run r;
    char copy[161];
    CHECK_OK(run_small(&r, "bvpo-ktrace", "K=1,3 draws=300", copy));
    check_width(&r);
    const char *row =
        r.rows.text; /* weighted 1, average 1, weighted 3, average 3, levels */
    CHECK_RELATIVE(cell_of(&r, row, "bias"), 0.216065568946, 1e-9);
    row = next_row(next_row(row));
    CHECK_RELATIVE(cell_of(&r, row, "variance"), 1.263367358125, 1e-9);
    row = next_row(row);
    CHECK_RELATIVE(cell_of(&r, row, "variance"), 3.402975230029 / 3, 1e-9);
    row = next_row(row);
    CHECK_EQUAL(cell_of(&r, row, "traces"), 1.0);
    CHECK_RELATIVE(cell_of(&r, row, "variance"), 3.402975230029, 0.1);
    row = next_row(row);         /* levels 0 and 1 */
    const double p = exp2(-1.5); /* of level 1 against level 0 */
    CHECK_RELATIVE(cell_of(&r, row, "traces"), (1 + 2 * p) / (1 + p), 1e-12);
    sim_rows_free(&r.rows);
}

static void the_oracle_is_never_beaten_by_a_fixed_weight(void)
{
    run r;
    char copy[161];
    CHECK_OK(run_small(&r, "bvpo-mse", "tau=0,1 n=2,8 replicas=20", copy));
    check_width(&r);
    const char *row = r.rows.text;
    /* at the reference g_t is unbiased: MSE* = VB/(V+B) makes 1/trace + 1/empty = 1 */
    CHECK_NEAR(1.0 / cell_of(&r, row, "trace") + 1.0 / cell_of(&r, row, "empty"), 1.0,
               1e-12);
    for (; row != NULL; row = next_row(row)) {
        CHECK(cell_of(&r, row, "half") >= 1.0 && cell_of(&r, row, "trace") >= 1.0);
        CHECK(cell_of(&r, row, "pool64") > 0.5 && cell_of(&r, row, "pool64") < 2.0);
    }
    sim_rows_free(&r.rows);
}

static void the_fallback_is_never_worse(void)
{
    run r;
    char copy[161];
    CHECK_OK(run_small(&r, "bvpo-allocate", "budget-max=500", copy));
    check_width(&r);
    for (const char *row = r.rows.text; row != NULL; row = next_row(row)) {
        CHECK_AT_MOST(cell_of(&r, row, "fallback"), cell_of(&r, row, "neyman") + 1e-14);
        CHECK_AT_MOST(cell_of(&r, row, "fallback"),
                      cell_of(&r, row, "uniform") + 1e-14);
        CHECK_AT_MOST(cell_of(&r, row, "neyman"), cell_of(&r, row, "traces"));
    }
    sim_rows_free(&r.rows);
}

static void runs_stay_below_their_bound(void)
{
    run r;
    char copy[161];
    CHECK_OK(run_small(&r, "bvpo-descent", "steps=20 batch=4 every=5", copy));
    check_width(&r);
    for (const char *row = r.rows.text; row != NULL; row = next_row(row)) {
        CHECK(cell_of(&r, row, "gradient2") < cell_of(&r, row, "bound"));
        if (strncmp(row, "half", 4) == 0) CHECK_EQUAL(cell_of(&r, row, "gain"), 0.0);
    }
    sim_rows_free(&r.rows);
}

/* IW at n = 16: alpha* .1367 and its error .062022, as printed. */
static void latent_rows_hold_the_goldens(void)
{
    run r;
    char copy[161];
    CHECK_OK(run_small(&r, "bvpo-latent", "n=16", copy));
    check_width(&r);
    CHECK_NEAR(cell_of(&r, r.rows.text, "alpha_star"), 0.1367, 5e-5);
    CHECK_NEAR(cell_of(&r, r.rows.text, "mse_star"), 0.062022, 5e-7);
    CHECK_NEAR(cell_of(&r, r.rows.text, "mse"), 0.071847, 5e-7); /* alpha = 0 */
    sim_rows_free(&r.rows);
}

static void bad_settings_are_refused(void)
{
    static const char *const bad[][2] = {
        {"bvpo-alpha", "batch=0"},     {"bvpo-alpha", "replicas=1"},
        {"bvpo-batch", "kappa=-1"},    {"bvpo-batch", "eta-L=2"},
        {"bvpo-ktrace", "K=17"},       {"bvpo-ktrace", "K=1.5"},
        {"bvpo-mse", "n=3"},           {"bvpo-mse", "tau=11"},
        {"bvpo-allocate", "v=1,2"},    {"bvpo-allocate", "B=0,1,1,1,1"},
        {"bvpo-descent", "eta-L=1.5"}, {"bvpo-descent", "steps=0"},
        {"bvpo-latent", "n=0"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        run r;
        char copy[161];
        CHECK_STATUS(run_small(&r, bad[i][0], bad[i][1], copy), REF_EUSAGE);
        sim_rows_free(&r.rows);
    }
}

/* Student's t for two values: half-width 12.706 |x-y|/2. */
static void bands_are_t_intervals(void)
{
    const double x[2] = {1.0, 3.0};
    const sim_bvpo_band b = sim_bvpo_band_of(x, 2);
    CHECK_EQUAL(b.mean, 2.0);
    CHECK_NEAR(b.high - b.mean, 12.706204736, 1e-8);
    CHECK(isnan(sim_bvpo_band_of(x, 1).low));
}

SUITE(
    "[spec:bvpo 8.4][spec:bvpo 8.6][bvpo:thm2][bvpo:thm4][spec:sim 7] BVPO experiments",
    NULL, {"the parabola is split and sampled", the_parabola_is_split_and_sampled},
    {"batch rows hold the goldens", batch_rows_hold_the_goldens},
    {"trace rows hold the goldens", trace_rows_hold_the_goldens},
    {"the oracle is never beaten by a fixed weight",
     the_oracle_is_never_beaten_by_a_fixed_weight},
    {"the fallback is never worse", the_fallback_is_never_worse},
    {"runs stay below their bound", runs_stay_below_their_bound},
    {"latent rows hold the goldens", latent_rows_hold_the_goldens},
    {"bad settings are refused", bad_settings_are_refused},
    {"bands are t intervals", bands_are_t_intervals});
