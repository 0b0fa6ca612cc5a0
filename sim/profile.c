/* profile.c -- difficulty profiles: acceptance rates spread over u_i = (i+1/2)/m. */
#include "ref/io/parse.h"
#include "sim/family.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* name in front of the colon, how many numbers follow */
static const struct {
    const char *name;
    sim_profile_kind kind;
    size_t numbers;
    const char *form;
} kinds[] = {
    {"const", SIM_PROFILE_CONST, 1, "const:P"},
    {"logu", SIM_PROFILE_LOGU, 2, "logu:LO,HI"},
    {"pow", SIM_PROFILE_POW, 3, "pow:LO,HI,KAPPA"},
    {"beta", SIM_PROFILE_BETA, 3, "beta:LO,A,B"},
};

/* The short names of the specification. */
static const struct {
    const char *name;
    sim_profile profile;
} shorts[] = {
    {"logu2", {SIM_PROFILE_LOGU, 1e-2, 0.9, 0.0}},
    {"logu3", {SIM_PROFILE_LOGU, 1e-3, 0.9, 0.0}},
    {"easy", {SIM_PROFILE_BETA, 0.0, 8.0, 1.0}},
};

/* Where a Beta profile is cut at its easy end. [spec:sim 2.2] states the floor alone; its
 * numbers (5.1, 6 and the sqrt(q/p) column of 4.1) come out with this ceiling only: L0 of
 * U>=3e-3 is 1.451581151 with it and 1.451579901 without. */
static const double BETA_CEILING = 1.0 - 1e-4;

static bool probability(double x)
{
    return x >= 0.0 && x <= 1.0;
}

/* Parameters of a Beta beyond which its quantiles take minutes. */
static const double BETA_MOST = 1e6;

static bool in_domain(const sim_profile *f)
{
    switch (f->kind) {
    case SIM_PROFILE_CONST:
        return f->a > 0.0 && f->a <= 1.0;
    case SIM_PROFILE_LOGU:
        return f->a > 0.0 && f->a <= f->b && f->b <= 1.0;
    case SIM_PROFILE_POW:
        return probability(f->a) && f->b > 0.0 && f->b <= 1.0 && f->c >= 0.0
               && isfinite(f->c);
    case SIM_PROFILE_BETA:
        return probability(f->a) && f->b > 0.0 && f->c > 0.0 && f->b <= BETA_MOST
               && f->c <= BETA_MOST;
    }
    return false;
}

/* Up to three comma-separated numbers; how many there were, 4 when malformed. */
static size_t parse_numbers(double x[3], const char *text)
{
    size_t count = 0;
    while (count < 3) {
        const size_t length = strcspn(text, ",");
        char word[64];
        if (length >= sizeof word) return 4;
        memcpy(word, text, length);
        word[length] = '\0';
        if (ref_parse_double(&x[count], word) != REF_OK) return 4;
        count++;
        if (text[length] == '\0') return count;
        text += length + 1;
    }
    return 4;
}

static ref_status accept_profile(sim_profile *out, sim_profile f, const char *text,
                                 ref_why *why)
{
    if (!in_domain(&f))
        return ref_fail(why, REF_EDOM,
                        "profile '%s': rates must lie in (0,1] with LO <= HI, "
                        "exponents must be positive, Beta parameters from 0 to 1e6",
                        text);
    *out = f;
    return REF_OK;
}

ref_status sim_profile_parse(sim_profile *out, const char *text, ref_why *why)
{
    for (size_t k = 0; k < sizeof shorts / sizeof shorts[0]; k++)
        if (strcmp(text, shorts[k].name) == 0) {
            *out = shorts[k].profile;
            return REF_OK;
        }

    double x[3] = {0.0, 0.0, 0.0};
    if (strncmp(text, "U>=", 3) == 0 && parse_numbers(x, text + 3) == 1)
        return accept_profile(out, (sim_profile){SIM_PROFILE_BETA, x[0], 0.4, 0.4},
                              text, why);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const size_t length = strlen(kinds[k].name);
        if (strncmp(text, kinds[k].name, length) != 0 || text[length] != ':') continue;
        if (parse_numbers(x, text + length + 1) != kinds[k].numbers)
            return ref_fail(why, REF_EUSAGE, "profile '%s': expected %s", text,
                            kinds[k].form);
        return accept_profile(out, (sim_profile){kinds[k].kind, x[0], x[1], x[2]}, text,
                              why);
    }
    return ref_fail(why, REF_EUSAGE,
                    "profile '%s' is none of const:P, logu:LO,HI, pow:LO,HI,KAPPA, "
                    "beta:LO,A,B, U>=LO, logu2, logu3, easy",
                    text);
}

/* p at u of a profile in its domain.                                  [spec:sim 2.2] */
static double rate_at(const sim_profile *f, double u)
{
    switch (f->kind) {
    case SIM_PROFILE_CONST:
        return f->a;
    case SIM_PROFILE_LOGU:
        return f->b * pow(f->a / f->b, u);
    case SIM_PROFILE_POW:
        return fmax(f->b * pow(u, f->c), f->a);
    case SIM_PROFILE_BETA:
        return fmin(fmax(gsl_cdf_beta_Pinv(u, f->b, f->c), f->a), BETA_CEILING);
    }
    return nan("");
}

ref_status sim_profile_fill(double *p, size_t m, const sim_profile *profile)
{
    if (!in_domain(profile)) return REF_EDOM;
    for (size_t i = 0; i < m; i++)
        p[i] = rate_at(profile, ((double)i + 0.5) / (double)m);
    return REF_OK;
}
