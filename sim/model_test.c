/* model_test.c -- the JSON model file: what it means, what is refused and where. */
#include "sim/model.h"

#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

static ref_status read_text(sim_problem *p, const char *text, ref_why *why)
{
    ref_source source;
    *p = (sim_problem){0};
    const ref_status opened =
        ref_source_memory(&source, text, strlen(text), "m.json", why);
    if (opened != REF_OK) return opened;
    const ref_status s = sim_model_read(p, &source, why);
    ref_source_close(&source);
    return s;
}

static void a_log_linear_model_means_its_arrays(void)
{
    sim_problem p;
    double theta[2], g[2], loss;
    sim_moments x[1];
    CHECK_OK(
        read_text(&p,
                  "{\"kind\": \"log-linear\", \"comment\": \"one\", \"lambda\": 0.5,"
                  " \"theta\": [1, 2], \"prompts\": [{\"features\":"
                  " [[1, 0], [0, 1], [0, 0]], \"offset\": [0, -2, 0],"
                  " \"accept\": [1, 0, 0.25]}]}",
                  NULL));
    if (p.family == NULL) return;
    p.family->start(&p, theta);
    CHECK_EQUAL(theta[1], 2.0);
    CHECK_OK(sim_problem_loss(&p, theta, &loss, g, x, NULL));
    const double e = exp(1.0), want = (e + 0.25) / (e + 2.0);
    CHECK_RELATIVE(x[0].p, want, 1e-15);
    CHECK_RELATIVE(loss, -log(want) + 0.25 * 5.0, 1e-15);
    sim_problem_free(&p);
}

static void a_tabular_model_starts_at_its_logits(void)
{
    sim_problem p;
    double theta[4], loss;
    sim_moments x[2];
    CHECK_OK(
        read_text(&p,
                  "{\"kind\": \"tabular\", \"prompts\": [{\"logits\": [0, 1],"
                  " \"accept\": [0, 1]}, {\"logits\": [3, 3], \"accept\": [1, 0]}]}",
                  NULL));
    if (p.family == NULL) return;
    p.family->start(&p, theta);
    CHECK_OK(sim_problem_loss(&p, theta, &loss, NULL, x, NULL));
    CHECK_RELATIVE(x[0].p, 1.0 / (1.0 + exp(-1.0)), 1e-15);
    CHECK_ROUND(x[1].p, 0.5, 4, 0.5);
    sim_problem_free(&p);
}

/* text, words that the message must hold */
static const struct {
    const char *text, *words;
} wrong[] = {
    {"{\"kind\": \"tabular\", \"prompts\": [}", "m.json:1:"},
    {"[]", "m.json"},
    {"{\"prompts\": []}", "kind"},
    {"{\"kind\": 3}", "kind"},
    {"{\"kind\": \"chain\"}", "neither"},
    {"{\"kind\": \"tabular\", \"prompts\": []}", "prompts"},
    {"{\"kind\": \"tabular\", \"theta\": [], \"prompts\": [1]}", "theta"},
    {"{\"kind\": \"tabular\", \"lambda\": -1, \"prompts\": [1]}", "lambda"},
    {"{\"kind\": \"tabular\", \"prompts\": [{\"logits\": [], \"accept\": []}]}",
     "prompts[0].logits"},
    {"{\"kind\": \"tabular\", \"prompts\": [{\"logits\": [1, 2], \"accept\": [0, 2]}]}",
     "prompts[0].accept[1]"},
    {"{\"kind\": \"tabular\", \"prompts\": [{\"logits\": [1, 2], \"accept\": [0, 0]}]}",
     "never"},
    {"{\"kind\": \"tabular\", \"prompts\": [{\"logits\": [1, 2], \"accept\": [0, 1]},"
     " {\"logits\": [1], \"accept\": [0, 1]}]}",
     "prompts[1].logits"},
    {"{\"kind\": \"tabular\", \"prompts\": [{\"logits\": [1, 2], \"accept\": [0, 1],"
     " \"x\": 1}]}",
     "x"},
    {"{\"kind\": \"log-linear\", \"prompts\": [{\"features\": [[]], \"accept\": [1]}]}",
     "prompts[0].features[0]"},
    {"{\"kind\": \"log-linear\", \"prompts\": [{\"features\": [[1], [\"a\"]],"
     " \"accept\": [1, 0]}]}",
     "prompts[0].features[1][0]"},
    {"{\"kind\": \"log-linear\", \"prompts\": [{\"features\": [[1]], \"accept\": [1]},"
     " {\"features\": [[1], [2]], \"accept\": [1]}]}",
     "prompts[1].features"},
    {"{\"kind\": \"log-linear\", \"theta\": [1, 2], \"prompts\": [{\"features\": [[1]],"
     " \"accept\": [1]}]}",
     "theta"},
};

static void wrong_models_are_refused_with_their_place(void)
{
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        ref_why why = {{0}};
        sim_problem p;
        CHECK_STATUS(read_text(&p, wrong[k].text, &why), REF_EFORMAT);
        const char *needle =
            strcmp(wrong[k].words, "never") == 0 ? "ever accepted" : wrong[k].words;
        if (!CHECK(strstr(why.text, needle) != NULL)) continue;
        CHECK(p.family == NULL);
        CHECK(strstr(why.text, "m.json") != NULL);
    }
}

/* One row promises 2^16 features; 2^11 prompts of it would be 2^27 numbers. */
static void sizes_are_bounded_before_memory_is_asked_for(void)
{
    enum { FEATURES = 1 << 16, PROMPTS = 1 << 11 };
    static char text[2 * FEATURES + 32 * PROMPTS + 200];
    char *at = text;
    at += sprintf(at, "{\"kind\":\"log-linear\",\"prompts\":[{\"features\":[[0");
    for (size_t k = 1; k < FEATURES; k++, at += 2) memcpy(at, ",0", 2);
    at += sprintf(at, "]],\"accept\":[1]}");
    for (size_t i = 1; i < PROMPTS; i++) at += sprintf(at, ",{}");
    sprintf(at, "]}");
    ref_why why = {{0}};
    sim_problem p;
    CHECK_STATUS(read_text(&p, text, &why), REF_ESHAPE);
    CHECK(strstr(why.text, "allowed") != NULL);
}

static void missing_files_are_named(void)
{
    ref_why why = {{0}};
    sim_problem p;
    CHECK_STATUS(sim_model_load(&p, "no/such/model.json", &why), REF_EIO);
    CHECK(strstr(why.text, "no/such/model.json") != NULL);
}

SUITE("[spec:gvm 1.4] model file", NULL,
      {"a log-linear model means its arrays", a_log_linear_model_means_its_arrays},
      {"a tabular model starts at its logits", a_tabular_model_starts_at_its_logits},
      {"wrong models are refused with their place",
       wrong_models_are_refused_with_their_place},
      {"sizes are bounded before memory is asked for",
       sizes_are_bounded_before_memory_is_asked_for},
      {"missing files are named", missing_files_are_named});
