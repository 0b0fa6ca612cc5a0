/* curves.c -- replicas side by side: means, costs to a target, paired comparisons. */
#include "ref/rng.h"
#include "sim/em.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sim_curves_free(sim_curves *c)
{
    free(c->loss);
    *c = (sim_curves){0};
}

/* One block: step, loss, draws and accuracy share an allocation. */
static ref_status curves_init(sim_curves *c, size_t records, size_t S, ref_why *why)
{
    *c = (sim_curves){.records = records, .S = S};
    c->loss = calloc(records * (5 * S + 2), sizeof *c->loss);
    if (c->loss == NULL) return ref_fail(why, REF_ENOMEM, "no room for %zu curves", S);
    c->draws = c->loss + records * S;
    c->accuracy = c->draws + records * S;
    c->grad2 = c->accuracy + records * S;
    c->noise2 = c->grad2 + records * S;
    c->step = c->noise2 + records * S;
    c->seconds = c->noise2 + records * S + records;
    return REF_OK;
}

static void take_block(sim_curves *c, const sim_trace *t, size_t first)
{
    memcpy(c->noise2 + c->records * c->S, t->step, c->records * sizeof *t->step);
    for (size_t r = 0; r < c->records; r++) {
        c->seconds[r] += t->seconds[r];
        for (size_t l = 0; l < t->lanes; l++) {
            c->loss[r * c->S + first + l] = t->loss[r * SIM_LANES + l];
            c->draws[r * c->S + first + l] = t->draws[r * SIM_LANES + l];
            c->accuracy[r * c->S + first + l] = t->accuracy[r * SIM_LANES + l];
            c->grad2[r * c->S + first + l] = t->grad2[r * SIM_LANES + l];
            c->noise2[r * c->S + first + l] = t->noise2[r * SIM_LANES + l];
        }
    }
}

ref_status sim_train_all(sim_curves *out, size_t *diverged, double *seconds,
                         const sim_problem *p, const sim_training *t, ref_why *why)
{
    *out = (sim_curves){0};
    if (diverged != NULL) *diverged = 0;
    if (seconds != NULL) *seconds = 0.0;
    for (size_t first = 0; first < t->replicas;) {
        sim_training block = *t;
        sim_trace trace;
        block.replica += (uint32_t)first;
        block.replicas = t->replicas - first;
        if (block.replicas > SIM_LANES) block.replicas = SIM_LANES;
        ref_status s = sim_train(&trace, p, &block, why);
        if (s == REF_OK && first == 0)
            s = curves_init(out, trace.records, t->replicas, why);
        if (s != REF_OK) {
            sim_trace_free(&trace);
            sim_curves_free(out);
            return s;
        }
        take_block(out, &trace, first);
        if (diverged != NULL) *diverged += trace.diverged;
        if (seconds != NULL) *seconds += trace.seconds[trace.records - 1];
        first += trace.lanes;
        sim_trace_free(&trace);
    }
    return REF_OK;
}

double sim_curve_mean(const double *row, size_t S, const size_t *pick, double *se)
{
    double n = 0.0;
    double sum = 0.0;
    for (size_t k = 0; k < S; k++) {
        const double x = row[pick != NULL ? pick[k] : k];
        if (isnan(x)) continue;
        n += 1.0;
        sum += x;
    }
    const double mean = sum / n;
    double square = 0.0;
    for (size_t k = 0; k < S; k++) {
        const double x = row[pick != NULL ? pick[k] : k];
        if (!isnan(x)) square += (x - mean) * (x - mean);
    }
    if (se != NULL) *se = n > 1.0 ? sqrt(square / (n - 1.0) / n) : nan("");
    return n > 0.0 ? mean : nan("");
}

double sim_curve_target(const sim_curves *c, const sim_goal *goal, const size_t *pick)
{
    const double *value = goal->accuracy ? c->accuracy : c->loss;
    for (size_t r = 0; r < c->records; r++) {
        const double mean = sim_curve_mean(value + r * c->S, c->S, pick, NULL);
        if (goal->accuracy ? !(mean >= goal->level) : !(mean <= goal->level)) continue;
        if (!goal->draws) return c->step[r];
        return sim_curve_mean(c->draws + r * c->S, c->S, pick, NULL);
    }
    return nan("");
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

ref_status sim_curve_bootstrap(
    sim_ratio *out, double (*statistic)(const void *user, const size_t *pick),
    const void *user, size_t S, uint32_t seed, size_t rounds, ref_why *why)
{
    if (S == 0 || rounds < 40)
        return ref_fail(why, REF_EUSAGE, "need replicas and at least 40 resamples");
    size_t *pick = calloc(S, sizeof *pick);
    double *drawn = calloc(rounds, sizeof *drawn);
    if (pick == NULL || drawn == NULL) {
        free(pick);
        free(drawn);
        return ref_fail(why, REF_ENOMEM, "no room for %zu resamples", rounds);
    }
    size_t kept = 0;
    for (size_t r = 0; r < rounds; r++) {
        const ref_rng_stream s = {.seed = seed, .stream = 6, .step = (uint32_t)r};
        for (size_t k = 0; k < S; k++) {
            const size_t at = (size_t)(ref_rng_uniform(&s, (uint32_t)k) * (double)S);
            pick[k] = at < S ? at : S - 1;
        }
        const double x = statistic(user, pick);
        if (!isnan(x)) drawn[kept++] = x;
    }
    qsort(drawn, kept, sizeof *drawn, ascending);
    *out = (sim_ratio){statistic(user, NULL), nan(""), nan("")};
    if (kept > 0) {
        out->low = drawn[(size_t)(0.025 * (double)(kept - 1))];
        out->high = drawn[(size_t)ceil(0.975 * (double)(kept - 1))];
    }
    free(pick);
    free(drawn);
    return REF_OK;
}

typedef struct rivals {
    const sim_curves *a, *b;
    const sim_goal *goal;
} rivals;

/* a's cost over b's on the picked replicas; a never there: +inf, b never there: 0. */
static double ratio_of(const void *user, const size_t *pick)
{
    const rivals *r = user;
    const double x = sim_curve_target(r->a, r->goal, pick);
    const double y = sim_curve_target(r->b, r->goal, pick);
    if (isnan(x)) return isnan(y) ? nan("") : HUGE_VAL;
    return isnan(y) ? 0.0 : x / y;
}

ref_status sim_curve_compare(sim_ratio *out, const sim_curves *a, const sim_curves *b,
                             const sim_goal *goal, uint32_t seed, size_t rounds,
                             ref_why *why)
{
    if (a->S != b->S) return ref_fail(why, REF_EUSAGE, "need equal replicas");
    const rivals r = {a, b, goal};
    return sim_curve_bootstrap(out, ratio_of, &r, a->S, seed, rounds, why);
}
