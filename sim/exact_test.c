/* exact_test.c -- `gvm-sim exact` from its arguments to its bytes. */
#include "sim/exact.h"

#include "ref/io/json.h"
#include "sim/exact_options.h"
#include "theory-tests/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 24 };

static char folder[] = "/tmp/gvm-exact-XXXXXX";
static char result_path[64], model_path[64];

static bool make_folder(void)
{
    static bool made;
    if (!made) made = mkdtemp(folder) != NULL;
    (void)snprintf(result_path, sizeof result_path, "%s/result", folder);
    (void)snprintf(model_path, sizeof model_path, "%s/model.json", folder);
    return CHECK(made);
}

/* Run a command line; words are parted by blanks. */
static ref_status run(const char *line, ref_why *why)
{
    char text[512], *argv[WORDS];
    int argc = 0;
    (void)snprintf(text, sizeof text, "exact %s --out %s", line, result_path);
    for (char *word = strtok(text, " "); word != NULL && argc < WORDS;
         word = strtok(NULL, " "))
        argv[argc++] = word;
    return sim_exact_run(argc, argv, why);
}

static json_t *run_json(const char *line)
{
    char with[400];
    ref_why why = {{0}};
    json_t *root = NULL;
    (void)snprintf(with, sizeof with, "%s --json", line);
    if (!CHECK_OK(run(with, &why))) return NULL;
    CHECK_OK(ref_json_load(&root, result_path, &why));
    (void)unlink(result_path);
    return root;
}

static double number(const json_t *root, const char *outer, const char *key)
{
    const json_t *at = outer != NULL ? json_object_get(root, outer) : root;
    const json_t *value = json_object_get(at, key);
    return json_is_number(value) ? json_number_value(value) : nan("");
}

/* The numbers of [spec:sim 5.1] through the command line. */
static void regime_T_from_the_command_line(void)
{
    if (!make_folder()) return;
    json_t *start = run_json("frustrated --estimator iw");
    json_t *best = run_json("frustrated --at minimum --allocation gvm");
    CHECK_NEAR(number(start, NULL, "loss"), 1.451581151, 5e-10);
    CHECK_NEAR(number(best, NULL, "loss"), 1.425567437, 5e-10);
    CHECK_NEAR(number(best, "variance", "uniform"), .075848, 5e-7);
    CHECK_NEAR(number(best, "variance", "allocation"), .021518, 5e-7);
    CHECK_NEAR(number(best, "variance", "gain_allocation"), 3.525, 5e-4);
    CHECK_RELATIVE(number(best, "variance", "allocation"),
                   number(best, "variance", "gvm"), 1e-13);
    CHECK_EQUAL(json_array_size(json_object_get(start, "estimators")), 1);
    CHECK_EQUAL(json_array_size(json_object_get(best, "estimators")), 6);
    CHECK_EQUAL(json_array_size(json_object_get(best, "prompt")), 64);
    double spent = 0.0;
    for (size_t i = 0; i < 64; i++)
        spent += number(json_array_get(json_object_get(best, "prompt"), i), NULL, "n");
    CHECK_EQUAL(spent, 512.0);
    json_decref(start);
    json_decref(best);
}

/* Rows of [spec:sim 4.1] and 7: the families' defaults are the specification's. */
static void defaults_are_the_configurations_of_the_specification(void)
{
    if (!make_folder()) return;
    json_t *tabular = run_json("tabular"), *real = run_json("realisable");
    json_t *chain = run_json("chain"), *head = run_json("head --n 1 --estimator rb");
    CHECK_NEAR(number(tabular, "variance", "gain_gvm"), 5.56, 5e-3);
    CHECK_NEAR(number(tabular, "variance", "gain_neyman"), 5.60, 5e-3);
    CHECK_NEAR(number(real, "variance", "gain_gvm"), 4.15, 5e-3);
    CHECK_NEAR(number(chain, "variance", "gain_gvm"), 1.49, 5e-3);
    const json_t *rb = json_array_get(json_object_get(head, "estimators"), 0);
    CHECK_NEAR(number(rb, NULL, "variance"), .210979, 5e-7);
    CHECK(json_is_null(
        json_object_get(json_array_get(json_object_get(chain, "prompt"), 0), "G1")));
    json_decref(tabular);
    json_decref(real);
    json_decref(chain);
    json_decref(head);
}

static void write_model(const char *text)
{
    FILE *f = fopen(model_path, "w");
    CHECK(f != NULL);
    if (f == NULL) return;
    fputs(text, f);
    CHECK_EQUAL(fclose(f), 0);
}

static void a_model_file_needs_no_family_name(void)
{
    if (!make_folder()) return;
    char line[128];
    write_model("{\"kind\": \"tabular\", \"prompts\":"
                " [{\"logits\": [0, 0], \"accept\": [1, 0]}]}");
    (void)snprintf(line, sizeof line, "--model %s --n 2", model_path);
    json_t *root = run_json(line);
    /* s = (1/2, -1/2), S2 = 1/2 = |mu|^2: IW variance (S2/p - |mu|^2)/2 = 1/4 */
    const json_t *iw = json_array_get(json_object_get(root, "estimators"), 0);
    CHECK_ROUND(number(iw, NULL, "variance"), 0.25, 8, 1.0);
    CHECK_ROUND(json_number_value(json_array_get(json_object_get(iw, "mean"), 0)), 0.5,
                8, 1.0);
    json_decref(root);

    ref_why why = {{0}};
    write_model("{\"kind\": \"tabular\", \"prompts\": [7]}");
    CHECK_STATUS(run(line, &why), REF_EFORMAT);
    CHECK(strstr(why.text, "prompts[0]") != NULL);
    CHECK_EQUAL(access(result_path, F_OK), -1);
    (void)unlink(model_path);
}

static void text_is_lines_and_tables(void)
{
    if (!make_folder()) return;
    char text[8192] = {0};
    CHECK_OK(run("tabular --prompts 2 --latents 3 --profile const:.5 --n=4", NULL));
    FILE *f = fopen(result_path, "r");
    CHECK(f != NULL);
    if (f == NULL) return;
    CHECK(fread(text, 1, sizeof text - 1, f) > 0);
    (void)fclose(f);
    (void)unlink(result_path);
    CHECK(strstr(text, "family\ttabular\n") == text);
    CHECK(strstr(text, "\nparameters\t6\n") != NULL);
    CHECK(strstr(text, "\nvariance.gain_gvm\t") != NULL);
    CHECK(strstr(text, "\n\n# estimators\nname\tvariance\tbias2\tmse\trho\niw\t")
          != NULL);
    CHECK(strstr(text, "\n\n# prompt\nindex\tn\tp\tq\tlog_p\t") != NULL);
}

static void lengths_are_lists_or_ranges(void)
{
    if (!make_folder()) return;
    json_t *range = run_json("chain --lengths 3:9:3"),
           *list = run_json("chain --lengths 3,6,9");
    CHECK_EQUAL(json_array_size(json_object_get(range, "prompt")), 3);
    CHECK(json_equal(range, list));
    json_decref(range);
    json_decref(list);
}

static void handlers_of_the_other_paper_are_reached(void)
{
    if (!make_folder()) return;
    json_t *bvpo = run_json("bvpo");
    CHECK(isfinite(number(bvpo, NULL, "alpha_star")));
    json_decref(bvpo);
}

static const char *const misuse[] = {"nothing",
                                     "tabular --frob 3",
                                     "tabular stray",
                                     "tabular --prompts",
                                     "tabular --prompts 0",
                                     "tabular --prompts 2 --long-is-hard=1",
                                     "tabular --profile wild",
                                     "tabular --n 3 --allocation gvm",
                                     "tabular --budget 30",
                                     "tabular --alpha 1",
                                     "tabular --features 3",
                                     "tabular --allocation nosuchrule",
                                     "tabular --estimator mean",
                                     "tabular --at nowhere",
                                     "chain --lengths 3:1",
                                     "chain --lengths 3,,4",
                                     "chain --lengths 1:2:0",
                                     "head --ridge -1",
                                     "model"};

static void misuse_is_refused_in_words(void)
{
    if (!make_folder()) return;
    for (size_t k = 0; k < sizeof misuse / sizeof misuse[0]; k++) {
        ref_why why = {{0}};
        CHECK_STATUS(run(misuse[k], &why), REF_EUSAGE);
        CHECK(why.text[0] != '\0');
        CHECK_EQUAL(access(result_path, F_OK), -1);
    }
    CHECK_STATUS(run("chain --at minimum", NULL), REF_EUNSUPPORTED);
    char exact[] = "exact", chain[] = "chain", out[] = "--out";
    char *words[] = {exact, chain, out};
    CHECK_STATUS(sim_exact_run(1, words, NULL), REF_EUSAGE);
    CHECK_STATUS(sim_exact_run(3, words, NULL), REF_EUSAGE);
    (void)rmdir(folder);
}

SUITE("[spec:sim 4.1][spec:sim 5.1][spec:sim 10] gvm-sim exact", NULL,
      {"regime T from the command line", regime_T_from_the_command_line},
      {"defaults are the configurations of the specification",
       defaults_are_the_configurations_of_the_specification},
      {"a model file needs no family name", a_model_file_needs_no_family_name},
      {"text is lines and tables", text_is_lines_and_tables},
      {"lengths are lists or ranges", lengths_are_lists_or_ranges},
      {"handlers of the other paper are reached",
       handlers_of_the_other_paper_are_reached},
      {"misuse is refused in words", misuse_is_refused_in_words});
