/* driver_test.c -- settings, cells, threads, interruption and resume. */
#include "sim/driver.h"
#include "sim/part.h"
#include "theory-tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A small experiment of its own: cell c writes c mod 3 rows, so that empty cells occur;
 * "stop-at" raises the stop flag from inside a cell, "fail-at" fails in one. */
static volatile sig_atomic_t stop_flag;

static size_t toy_cells(const sim_config *c)
{
    return (size_t)sim_config_number(c, "cells");
}

static ref_status toy_check(const sim_config *c, ref_why *why)
{
    if (sim_config_number(c, "cells") > 1000.0)
        return ref_fail(why, REF_EUSAGE, "cells: too many");
    return REF_OK;
}

static ref_status toy_run(const sim_config *c, size_t cell, sim_rows *out, ref_why *why)
{
    if ((double)cell >= sim_config_number(c, "fail-at"))
        return ref_fail(why, REF_EDOM, "cell %zu fails", cell);
    if ((double)cell == sim_config_number(c, "stop-at") && stop_flag == 0)
        stop_flag = 1;
    for (size_t row = 0; row < cell % 3; row++) {
        sim_rows_text(out, sim_config_text(c, "word"));
        sim_rows_number(out, (double)cell / 7.0);
        sim_rows_number(out, (double)(c->seed + row));
        sim_rows_end(out);
    }
    return REF_OK;
}

static const sim_parameter toy_parameter[] = {
    {"cells", "17", "cells"},       {"word", "a,b", "text, with a comma"},
    {"list", "1,2.5", "numbers"},   {"stop-at", "-1", "cell that stops the run"},
    {"fail-at", "1e9", "failures"}, {NULL, NULL, NULL}};

static const sim_experiment toy = {.name = "toy",
                                   .label = "spec:sim 9",
                                   .what = "a toy",
                                   .columns = "word\tseventh\tseed",
                                   .seeds = 3,
                                   .parameter = toy_parameter,
                                   .cells = toy_cells,
                                   .run = toy_run,
                                   .check = toy_check};

static char path[64];

static const char *scratch_file(void)
{
    (void)snprintf(path, sizeof path, "/tmp/gvm-driver-%ld.tsv", (long)getpid());
    return path;
}

/* Whole file as text; the caller frees it; NULL if it is not there. */
static char *slurp(const char *name)
{
    FILE *f = fopen(name, "rb");
    if (f == NULL) return NULL;
    char *text = calloc(1, 1 << 16);
    if (text != NULL) text[fread(text, 1, (1 << 16) - 1, f)] = '\0';
    (void)fclose(f);
    return text;
}

/* Runs the toy with one setting (NULL: none) and one grid axis (NULL: none). */
static ref_status run_toy(const char *setting, const char *grid, sim_run *run,
                          ref_why *why)
{
    sim_plan p;
    ref_status s = sim_plan_init(&p, &toy, 5, 0, why);
    if (s == REF_OK && setting != NULL) s = sim_plan_set(&p, setting, why);
    if (s == REF_OK && grid != NULL) s = sim_plan_grid(&p, grid, why);
    if (s == REF_OK) s = sim_plan_finish(&p, why);
    if (s == REF_OK) s = sim_run_plan(&p, run, why);
    sim_plan_free(&p);
    return s;
}

static void bytes_do_not_depend_on_threads(void)
{
    char *first = NULL;
    for (size_t threads = 1; threads <= 4; threads++) {
        sim_run run = {.out = scratch_file(), .threads = threads};
        CHECK_OK(run_toy(NULL, "word=x;p,q;z", &run, NULL));
        char *text = slurp(path);
        CHECK(text != NULL);
        if (first == NULL) {
            first = text;
            continue;
        }
        CHECK(text != NULL && strcmp(text, first) == 0);
        free(text);
    }
    const char *want =
        "# toy [spec:sim 9] seed=5 seeds=3 cells=17 word=x;p,q;z list=1,2.5 "
        "stop-at=-1 fail-at=1e9\ngrid.word\tword\tseventh\tseed\nx\tx\t";
    CHECK(first != NULL && strncmp(first, want, strlen(want)) == 0);
    CHECK(first != NULL
          && strstr(first, "\np,q\tp,q\t0.14285714285714285\t5\n") != NULL);
    free(first);
    (void)unlink(path);
}

static void a_stopped_run_goes_on_with_the_same_bytes(void)
{
    char whole_path[80];
    (void)snprintf(whole_path, sizeof whole_path, "%s.whole", scratch_file());
    char *part = sim_part_path(path);
    sim_run whole = {.out = whole_path, .threads = 2};
    CHECK_OK(run_toy("stop-at=6", NULL, &whole, NULL)); /* nobody looks at the flag */
    stop_flag = 0;
    ref_why why = {{0}};
    sim_run run = {.out = path, .threads = 2, .stop = &stop_flag};
    CHECK_STATUS(run_toy("stop-at=6", NULL, &run, &why), REF_EINTERRUPTED);
    CHECK(access(path, F_OK) != 0);
    CHECK(part != NULL && access(part, F_OK) == 0);

    stop_flag = 0;
    CHECK_STATUS(run_toy("stop-at=6", NULL, &run, &why),
                 REF_EUSAGE); /* part is there */
    run.resume = true;
    CHECK_STATUS(run_toy("stop-at=7", NULL, &run, &why),
                 REF_EUSAGE); /* other settings */
    CHECK(strstr(why.text, "belongs to another run") != NULL);
    run.stop = NULL;
    CHECK_OK(run_toy("stop-at=6", NULL, &run, NULL));
    CHECK(part != NULL && access(part, F_OK) != 0);
    char *a = slurp(path);
    char *b = slurp(whole_path);
    CHECK(a != NULL && b != NULL && strcmp(a, b) == 0);
    CHECK_STATUS(run_toy("stop-at=6", NULL, &run, &why),
                 REF_EIO); /* nothing to resume */
    free(a);
    free(b);
    free(part);
    (void)unlink(path);
    (void)unlink(whole_path);
}

static void a_damaged_part_file_is_refused(void)
{
    static const char *const text[] = {
        "",
        "# gvm-sim part 1\n",
        "# gvm-sim part 1\n# toy [spec:sim 9] seed=5 seeds=3 cells=17 word=a,b "
        "list=1,2.5 "
        "stop-at=-1 fail-at=1e9\nword\tseventh\tseed\n# cells 17\n@ 17 0\n# end 1\n",
        "# gvm-sim part 1\n# toy [spec:sim 9] seed=5 seeds=3 cells=17 word=a,b "
        "list=1,2.5 "
        "stop-at=-1 fail-at=1e9\nword\tseventh\tseed\n# cells 17\n@ 1 99\nx\n# end 1\n",
        "# gvm-sim part 1\n# toy [spec:sim 9] seed=5 seeds=3 cells=17 word=a,b "
        "list=1,2.5 "
        "stop-at=-1 fail-at=1e9\nword\tseventh\tseed\n# cells 17\n@ 1 2\nx\n# end 2\n",
        "# gvm-sim part 1\n# toy [spec:sim 9] seed=5 seeds=3 cells=17 word=a,b "
        "list=1,2.5 "
        "stop-at=-1 fail-at=1e9\nword\tseventh\tseed\n# cells 17\n@ 1 2\nx\n@ 1 "
        "2\nx\n# end 2\n",
    };
    char *part = sim_part_path(scratch_file());
    for (size_t i = 0; part != NULL && i < sizeof text / sizeof text[0]; i++) {
        FILE *f = fopen(part, "wb");
        CHECK(f != NULL);
        if (f == NULL) break;
        (void)fputs(text[i], f);
        (void)fclose(f);
        ref_why why = {{0}};
        sim_run run = {.out = path, .resume = true};
        CHECK_STATUS(run_toy(NULL, NULL, &run, &why), REF_EFORMAT);
        CHECK(strstr(why.text, ".part:") != NULL);
    }
    if (part != NULL) (void)unlink(part);
    free(part);
}

static void the_first_failure_in_cell_order_is_reported(void)
{
    for (size_t threads = 1; threads <= 4; threads += 3) {
        ref_why why = {{0}};
        sim_run run = {.out = scratch_file(), .threads = threads};
        CHECK_STATUS(run_toy("fail-at=0", NULL, &run, &why), REF_EDOM);
        CHECK(strcmp(why.text, "cell 0 fails") == 0 || threads > 1);
        CHECK(access(path, F_OK) != 0);
    }
}

static void wrong_settings_are_refused_by_name(void)
{
    static const char *const bad[] = {
        "cells",    "=3",    "cell=3",    "cells=x", "cells=1,2", "list=1,x",
        "word=a b", "word=", "cells=inf", "list=",   "cells=2000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ref_why why = {{0}};
        sim_run run = {.out = scratch_file()};
        CHECK_STATUS(run_toy(bad[i], NULL, &run, &why), REF_EUSAGE);
        CHECK(why.text[0] != '\0');
    }
    sim_run run = {.out = scratch_file()};
    CHECK_STATUS(run_toy(NULL, "cells=3,x", &run, NULL), REF_EUSAGE);
    CHECK_OK(run_toy("list=4", NULL, &run, NULL));
    (void)unlink(path);
}

/* Two axes of 2 and 3 values: six points, the last axis fastest. */
static void a_grid_is_the_product_of_its_axes(void)
{
    sim_plan p;
    CHECK_OK(sim_plan_init(&p, &toy, 1, 0, NULL));
    CHECK_OK(sim_plan_grid(&p, "word=x,y", NULL));
    CHECK_OK(sim_plan_grid(&p, "cells=1,2,3", NULL));
    CHECK_STATUS(sim_plan_grid(&p, "word=z", NULL), REF_EUSAGE); /* twice */
    CHECK_OK(sim_plan_finish(&p, NULL));
    CHECK_EQUAL(p.points, 6);
    CHECK_EQUAL(p.cells, 12);
    for (size_t point = 0; point < p.points; point++) {
        const sim_config c = sim_plan_config(&p, point);
        CHECK(strcmp(sim_config_text(&c, "word"), point < 3 ? "x" : "y") == 0);
        CHECK_EQUAL(sim_config_number(&c, "cells"), (double)(point % 3 + 1));
        CHECK_EQUAL(sim_plan_point(&p, p.first[point]), point);
    }
    sim_plan_free(&p);
}

SUITE("[spec:sim 9] driver of experiments", NULL,
      {"bytes do not depend on threads", bytes_do_not_depend_on_threads},
      {"a stopped run goes on with the same bytes",
       a_stopped_run_goes_on_with_the_same_bytes},
      {"a damaged part file is refused", a_damaged_part_file_is_refused},
      {"the first failure in cell order is reported",
       the_first_failure_in_cell_order_is_reported},
      {"a grid is the product of its axes", a_grid_is_the_product_of_its_axes},
      {"wrong settings are refused by name", wrong_settings_are_refused_by_name});
