/* exact_bvpo_test.c -- what `gvm-sim exact bvpo` and `exact quadratic` answer. */
#include "sim/exact_bvpo.h"

#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

static double real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_real(value) ? json_real_value(value) : nan("");
}

static int words(char *text, char **argv)
{
    int argc = 0;
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    return argc;
}

/* argv from a copy of text; the answer or NULL */
static json_t *ask(ref_status (*exact)(int, char **, json_t **, ref_why *),
                   const char *text, ref_status want)
{
    char copy[256], *argv[32];
    json_t *out = NULL;
    ref_why why = {{0}};
    strncpy(copy, text, sizeof copy - 1);
    copy[sizeof copy - 1] = '\0';
    CHECK_STATUS(exact(words(copy, argv), argv, &out, &why), want);
    CHECK((want == REF_OK) == (out != NULL));
    CHECK((want == REF_OK) || why.text[0] != '\0');
    return out;
}

static void the_defaults_are_g1_paired(void)
{
    json_t *x = ask(sim_exact_bvpo, "", REF_OK);
    CHECK_RELATIVE(real(x, "A"), 3.564142972945, 1e-9);
    CHECK_RELATIVE(real(x, "alpha_unc"), 0.215009511891, 1e-9);
    CHECK_RELATIVE(real(x, "MSE_half"), 2.436464872168, 1e-9);
    CHECK_RELATIVE(real(x, "condvar"), 1.515874507332, 1e-9);
    const json_t *mu = json_object_get(x, "mu");
    CHECK_EQUAL(json_array_size(mu), 8);
    CHECK_NEAR(json_real_value(json_array_get(mu, 3)), -0.018890963032, 1e-12);
    const char *const keys[] = {"L_m",  "L_t",  "L_e",      "mu2",     "B",
                                "C",    "D",    "MSE_star", "tr_S_te", "b_t2",
                                "b_e2", "b_te", "tr_S_t",   "tr_S_e",  "alpha_star"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        CHECK(isfinite(real(x, keys[i])));
    json_decref(x);
}

static void options_reach_the_model(void)
{
    json_t *x = ask(sim_exact_bvpo, "--kappa 1.5 --coupling=paired", REF_OK);
    CHECK_RELATIVE(real(x, "MSE_star"), 3.910325500813, 1e-9);
    json_decref(x);
    x = ask(sim_exact_bvpo, "--coupling prompt --tau 0", REF_OK);
    CHECK_RELATIVE(real(x, "C"), 0.2422111912701, 1e-9);
    json_decref(x);
    x = ask(sim_exact_bvpo, "--beta 0.1 --tau 0.5 --model-seed 20251006", REF_OK);
    CHECK_RELATIVE(real(x, "L_m"), 0.694761292112, 1e-9);
    json_decref(x);
    x = ask(sim_exact_bvpo, "--batch 64", REF_OK);
    CHECK_NEAR(real(x, "alpha_unc"), 0.457494, 1e-6);
    CHECK_RELATIVE(real(x, "tr_S_t"), 3.557386716232 / 64, 1e-9);
    CHECK_RELATIVE(real(x, "A"), real(x, "b_t2") + real(x, "tr_S_t"), 1e-15);
    json_decref(x);
    x = ask(sim_exact_bvpo, "--model-seed 1", REF_OK);
    CHECK(fabs(real(x, "A") - 3.564142972945) > 1e-3);
    json_decref(x);
}

static void the_quadratic_answers_its_goldens(void)
{
    json_t *x =
        ask(sim_exact_quadratic, "--b-t 0.1,-0.05,0.2,0 --S-t .3,.1,.2,.4", REF_OK);
    CHECK_RELATIVE(real(x, "average_gradient2"), 2.17145, 1e-11);
    CHECK_RELATIVE(real(x, "bound"), 2.1925, 1e-11);
    CHECK_RELATIVE(real(x, "bound_F_K"), 2.17145, 1e-11);
    json_decref(x);
    x = ask(sim_exact_quadratic, "--lam 2,1 --start 1,1 --eta 0.6", REF_OK);
    CHECK(json_is_null(json_object_get(x, "bound"))); /* eta L > 1: no theorem */
    json_decref(x);
}

static void bad_options_are_refused(void)
{
    const char *const bad[] = {"--kapa 1",    "--kappa",        "--kappa 1x",
                               "--beta 0",    "--beta nan",     "--batch 0",
                               "--batch 1.5", "--coupling all", "--model-seed -1",
                               "kappa 1",     "--tau inf",      "--kappa="};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        (void)ask(sim_exact_bvpo, bad[i], REF_EUSAGE);
    const char *const worse[] = {"--lam 1,2",      "--lam 1,,2", "--steps 0",
                                 "--S-te 1,1,1,1", "--lam x",    "--eta 0.5,1",
                                 "--S-t -1,0,0,0"};
    for (size_t i = 0; i < sizeof worse / sizeof worse[0]; i++)
        (void)ask(sim_exact_quadratic, worse[i], REF_EUSAGE);
    (void)ask(sim_exact_quadratic, "--lam 1,-2 --start 1,1", REF_EDOM);
    (void)ask(sim_exact_quadratic, "--eta 0", REF_EDOM);
}

SUITE("[spec:bvpo 3.3][spec:bvpo 3.6] exact answers as JSON", NULL,
      {"the defaults are G1, paired", the_defaults_are_g1_paired},
      {"options reach the model", options_reach_the_model},
      {"the quadratic answers its goldens", the_quadratic_answers_its_goldens},
      {"bad options are refused", bad_options_are_refused});
