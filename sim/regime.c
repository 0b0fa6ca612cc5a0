/* regime.c -- see regime.h. */
#include "sim/regime.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ref_status sim_regime_whole(size_t *n, const sim_config *c, const char *name,
                            size_t low, size_t high, ref_why *why)
{
    const double x = sim_config_number(c, name);
    if (!(x >= (double)low && x <= (double)high && x == floor(x)))
        return ref_fail(why, REF_EUSAGE,
                        "%s=%s: expected a whole number from %zu to %zu", name,
                        sim_config_text(c, name), low, high);
    *n = (size_t)x;
    return REF_OK;
}

ref_status sim_regime_problem(sim_problem *p, const sim_config *c, char variant,
                              ref_why *why)
{
    sim_shape s = {.lambda = sim_config_number(c, "lambda")};
    size_t seed = 0;
    if (!(s.lambda >= 0.0)) return ref_fail(why, REF_EUSAGE, "lambda: must be >= 0");
    REF_TRY(sim_regime_whole(&s.m, c, "prompts", 2, 1000000, why));
    REF_TRY(sim_regime_whole(&s.Y, c, "latents", 2, 100000, why));
    REF_TRY(sim_regime_whole(&s.d, c, "features", 1, 100000, why));
    REF_TRY(sim_regime_whole(&s.kA, c, "accepted", 1, s.Y - 1, why));
    REF_TRY(sim_regime_whole(&seed, c, "feature-seed", 0, UINT32_MAX, why));
    s.seed = (uint32_t)seed;
    if (sim_profile_parse(&s.profile, sim_config_text(c, "profile"), why) != REF_OK)
        return REF_EUSAGE;
    return sim_loglinear_init(p, &s, variant, why);
}

size_t sim_regime_words(const sim_config *c, const char *name)
{
    size_t n = 1;
    for (const char *t = sim_config_text(c, name); *t != '\0'; t++) n += *t == ',';
    return n;
}

bool sim_regime_word(char *out, size_t room, const sim_config *c, const char *name,
                     size_t k)
{
    const char *t = sim_config_text(c, name);
    for (; k > 0 && t != NULL; k--) {
        t = strchr(t, ',');
        if (t != NULL) t++;
    }
    if (t == NULL) return false;
    (void)snprintf(out, room, "%.*s", (int)strcspn(t, ","), t);
    return true;
}

ref_status sim_regime_method(sim_method *out, const char *name, ref_why *why)
{
    const sim_method *m = sim_method_find(name);
    if (m == NULL) return ref_fail(why, REF_EUSAGE, "no method '%s'", name);
    *out = *m;
    return REF_OK;
}

ref_status sim_regime_check_methods(const sim_config *c, const char *name, ref_why *why)
{
    char word[64];
    sim_method unused;
    for (size_t k = 0; sim_regime_word(word, sizeof word, c, name, k); k++)
        REF_TRY(sim_regime_method(&unused, word, why));
    return REF_OK;
}

ref_status sim_regime_optimum(const sim_problem *p, double *theta, double *best,
                              double *first, ref_why *why)
{
    double *x = calloc(p->d, sizeof *x);
    if (x == NULL) return ref_fail(why, REF_ENOMEM, "no room for theta");
    p->family->start(p, x);
    ref_status s = sim_problem_loss(p, x, first, NULL, NULL, why);
    if (s == REF_OK) s = sim_problem_minimise(p, x, 1e-10, why);
    if (s == REF_OK) s = sim_problem_loss(p, x, best, NULL, NULL, why);
    if (s == REF_OK && theta != NULL) memcpy(theta, x, p->d * sizeof *x);
    free(x);
    return s;
}

void sim_regime_band(sim_rows *out, const double *row, size_t S, double scale,
                     double shift)
{
    double se = 0.0;
    const double mean = sim_curve_mean(row, S, NULL, &se);
    const double x = scale * (mean - shift);
    const double half =
        S > 1 ? gsl_cdf_tdist_Pinv(0.975, (double)S - 1.0) * fabs(scale) * se : nan("");
    sim_rows_number(out, x);
    sim_rows_number(out, x - half);
    sim_rows_number(out, x + half);
    sim_rows_number(out, fabs(scale) * se);
}
