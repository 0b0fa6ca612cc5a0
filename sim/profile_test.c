/* profile_test.c -- difficulty profiles. */
#include "sim/family.h"

#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

static void fill(double *p, size_t m, const char *text)
{
    sim_profile f;
    CHECK_OK(sim_profile_parse(&f, text, NULL));
    CHECK_OK(sim_profile_fill(p, m, &f));
}

static void names_mean_their_formulas(void)
{
    double p[4], r[4];
    fill(p, 4, "const:.3");
    CHECK_EQUAL(p[3], 0.3);
    fill(p, 4, "logu:.01,.5");
    CHECK_RELATIVE(p[1], 0.5 * pow(0.02, 0.375), 1e-15);
    fill(p, 4, "pow:.1,.8,2");
    CHECK_RELATIVE(p[2], 0.8 * 0.625 * 0.625, 1e-15);
    CHECK_EQUAL(p[0], 0.1);
    fill(p, 4, "U>=.07");
    fill(r, 4, "beta:.07,.4,.4");
    CHECK_EQUAL(memcmp(p, r, sizeof p), 0);
    fill(p, 4, "logu3");
    CHECK_RELATIVE(p[0], 0.9 * pow(1e-3 / 0.9, 0.125), 1e-15);
    fill(p, 4, "logu2");
    CHECK_RELATIVE(p[0], 0.9 * pow(1e-2 / 0.9, 0.125), 1e-15);
}

/* Closed inverses: BetaInv(u; 8, 1) = u^(1/8); BetaInv(u; 1, 3) = 1 - (1-u)^(1/3). */
static void beta_is_the_inverse_of_its_distribution(void)
{
    double p[16], worst = 0.0;
    fill(p, 16, "easy");
    for (size_t i = 0; i < 16; i++)
        worst = check_worse(worst, fabs(p[i] - pow(((double)i + 0.5) / 16.0, 0.125)));
    fill(p, 16, "beta:0,1,3");
    for (size_t i = 0; i < 16; i++)
        worst = check_worse(worst,
                            fabs(p[i] - (1.0 - cbrt(1.0 - ((double)i + 0.5) / 16.0))));
    CLAIM_HOLDS("spec:sim 2.2", "Beta profiles invert their distribution function",
                worst, 1e-13);
}

/* The easy end stops at 1 - 1e-4, the hard end at the floor. */
static void beta_profiles_have_both_ends_cut(void)
{
    double p[128];
    fill(p, 128, "U>=1e-3");
    CHECK_EQUAL(p[0], 1e-3);
    CHECK_EQUAL(p[127], 1.0 - 1e-4);
    CHECK(p[125] < 1.0 - 1e-4);
}

static void bad_profiles_are_refused(void)
{
    static const char *const usage[] = {
        "",       "gauss:1",   "const",       "const:", "const:x",
        "logu:1", "logu:1,2,", "pow:1,2,3,4", "U>=",    "U>=.1,.2"};
    static const char *const domain[] = {"const:0",  "const:1.5",    "logu:.5,.1",
                                         "logu:0,1", "pow:.1,.9,-1", "beta:0,0,1",
                                         "U>=2"};
    sim_profile f = {SIM_PROFILE_POW, 0.1, 0.2, 0.3};
    ref_why why = {{0}};
    for (size_t k = 0; k < sizeof usage / sizeof usage[0]; k++)
        CHECK_STATUS(sim_profile_parse(&f, usage[k], &why), REF_EUSAGE);
    for (size_t k = 0; k < sizeof domain / sizeof domain[0]; k++)
        CHECK_STATUS(sim_profile_parse(&f, domain[k], &why), REF_EDOM);
    CHECK_EQUAL(f.b, 0.2);
    double p = 7.0;
    CHECK_STATUS(sim_profile_fill(&p, 1, &(sim_profile){SIM_PROFILE_CONST, -1, 0, 0}),
                 REF_EDOM);
    CHECK_EQUAL(p, 7.0);
}

SUITE("[spec:sim 2.2] difficulty profiles", NULL,
      {"names mean their formulas", names_mean_their_formulas},
      {"beta is the inverse of its distribution",
       beta_is_the_inverse_of_its_distribution},
      {"beta profiles have both ends cut", beta_profiles_have_both_ends_cut},
      {"bad profiles are refused", bad_profiles_are_refused});
