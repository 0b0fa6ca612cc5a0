/* bvpo_trace.c -- streaming sums per prompt, the report made of them, its intervals. */
#include "ref/bvpo_trace.h"

#include "ref/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *ref_bvpo_ratio_name(ref_bvpo_ratio r)
{
    static const char *const name[] = {
#define RATIO_NAME(id, name, meaning) [id] = (name),
        REF_BVPO_RATIO_LIST(RATIO_NAME)
#undef RATIO_NAME
    };
    return (unsigned)r < REF_BVPO_RATIO_COUNT ? name[r] : NULL;
}

ref_status ref_bvpo_trace_init(ref_bvpo_trace *t, size_t prompts)
{
    *t = (ref_bvpo_trace){.prompts = prompts};
    if (prompts == 0) return REF_ESHAPE;
    t->cell = calloc(prompts, 2 * sizeof *t->cell);
    if (t->cell == NULL) {
        ref_bvpo_trace_free(t);
        return REF_ENOMEM;
    }
    return REF_OK;
}

void ref_bvpo_trace_free(ref_bvpo_trace *t)
{
    free(t->cell);
    *t = (ref_bvpo_trace){0};
}

ref_status ref_bvpo_trace_add(ref_bvpo_trace *t, const ref_bvpo_row *row, ref_why *why)
{
    if (row->prompt >= t->prompts)
        return ref_fail(why, REF_EDOM, "prompt %zu of %zu", row->prompt, t->prompts);
    if (row->mode != REF_BVPO_THINKING && row->mode != REF_BVPO_EMPTY)
        return ref_fail(why, REF_EDOM, "mode %d is neither 0 nor 1", (int)row->mode);
    const double len = row->n_trace + row->n_ans;
    if (!(row->n_trace >= 0.0 && row->n_ans >= 0.0 && len > 0.0 && isfinite(len)))
        return ref_fail(why, REF_EDOM, "prompt %zu: %g trace and %g answer tokens",
                        row->prompt, row->n_trace, row->n_ans);
    const double lp = row->lp_trace + row->lp_ans;
    if (!(row->lp_trace <= 0.0 && row->lp_ans <= 0.0 && isfinite(lp)))
        return ref_fail(why, REF_EDOM, "prompt %zu: log-probabilities %g and %g",
                        row->prompt, row->lp_trace, row->lp_ans);

    ref_bvpo_cell *c = &t->cell[2 * row->prompt + (size_t)row->mode];
    ref_moment_add(&c->lp, lp);
    ref_moment_add(&c->len, len);
    ref_moment_add(&c->lp_trace, row->lp_trace);
    ref_moment_add(&c->lp_ans, row->lp_ans);
    c->n_trace += row->n_trace;
    c->n_ans += row->n_ans;
    c->nll_trace -= row->lp_trace;
    c->nll_ans -= row->lp_ans;
    c->nll_rows -= lp / len;
    return REF_OK;
}

/* Sums over prompts of one mode. */
typedef struct tally {
    double prompts, rows;
    double s2_lp, s2_len, s2_trace, s2_ans; /* sums of s2_p */
    double lp, len, m2_lp, m2_len;          /* pooled: means, squared deviations */
    double n_trace, n_ans, nll_trace, nll_ans, nll_rows;
} tally;

/* Merge copies times (n, mean, m2) into a pooled mean and its squared deviations (Chan,
 * Golub, LeVeque); rows is the number of rows before. */
static void merge(double *mean, double *m2, double rows, const ref_moment *part,
                  double copies)
{
    const double n = copies * (double)part->n;
    const double step = part->mean - *mean;
    *mean += step * n / (rows + n);
    *m2 += copies * part->m2 + step * step * rows * n / (rows + n);
}

static void count_cell(tally *s, const ref_bvpo_cell *c, double copies)
{
    s->s2_lp += copies * ref_moment_variance(&c->lp, 1);
    s->s2_len += copies * ref_moment_variance(&c->len, 1);
    s->s2_trace += copies * ref_moment_variance(&c->lp_trace, 1);
    s->s2_ans += copies * ref_moment_variance(&c->lp_ans, 1);
    merge(&s->lp, &s->m2_lp, s->rows, &c->lp, copies);
    merge(&s->len, &s->m2_len, s->rows, &c->len, copies);
    s->n_trace += copies * c->n_trace;
    s->n_ans += copies * c->n_ans;
    s->nll_trace += copies * c->nll_trace;
    s->nll_ans += copies * c->nll_ans;
    s->nll_rows += copies * c->nll_rows;
    s->rows += copies * (double)c->lp.n;
    s->prompts += copies;
}

static ref_bvpo_mode_report mode_report(const tally *s)
{
    const double trace = s->s2_trace / s->prompts, ans = s->s2_ans / s->prompts;
    const double within = s->s2_lp / s->prompts;
    const double covariance = 0.5 * (within - trace - ans);
    return (ref_bvpo_mode_report){
        .rows = s->rows,
        .within_lp = within,
        .within_len = s->s2_len / s->prompts,
        .pooled_lp = s->m2_lp / (s->rows - 1.0),
        .pooled_len = s->m2_len / (s->rows - 1.0),
        .mean_lp = s->lp,
        .mean_len = s->len,
        .nll_micro = (s->nll_trace + s->nll_ans) / (s->n_trace + s->n_ans),
        .nll_macro = s->nll_rows / s->rows,
        .within_trace = trace,
        .within_ans = ans,
        .covariance = covariance,
        .correlation = covariance / sqrt(trace * ans),
    };
}

static void fill_ratios(ref_bvpo_trace_report *out, const tally *thinking)
{
    const ref_bvpo_mode_report *T = &out->mode[REF_BVPO_THINKING];
    const ref_bvpo_mode_report *N = &out->mode[REF_BVPO_EMPTY];
    double *ratio = out->ratio;
    ratio[REF_BVPO_R_LP] = T->within_lp / N->within_lp;
    ratio[REF_BVPO_R_LEN] = T->within_len / N->within_len;
    ratio[REF_BVPO_R_LP_POOLED] = T->pooled_lp / N->pooled_lp;
    ratio[REF_BVPO_R_LEN_POOLED] = T->pooled_len / N->pooled_len;
    ratio[REF_BVPO_R_MEAN] = T->mean_len / N->mean_len;
    ratio[REF_BVPO_R_NLL] = T->nll_micro / N->nll_micro;
    ratio[REF_BVPO_R_NLL_MACRO] = T->nll_macro / N->nll_macro;
    ratio[REF_BVPO_SHARE] = thinking->n_trace / (thinking->n_trace + thinking->n_ans);
    ratio[REF_BVPO_R_SEG] = (thinking->nll_trace / thinking->n_trace)
                            / (thinking->nll_ans / thinking->n_ans);
}

ref_status ref_bvpo_trace_summary(ref_bvpo_trace_report *out, const ref_bvpo_trace *t,
                                  const unsigned *copies, ref_why *why)
{
    tally sum[2];
    for (size_t mode = 0; mode < 2; mode++) sum[mode] = (tally){0};
    for (size_t p = 0; p < t->prompts; p++) {
        const double times = copies == NULL ? 1.0 : (double)copies[p];
        if (times == 0.0) continue;
        for (size_t mode = 0; mode < 2; mode++) {
            const ref_bvpo_cell *c = &t->cell[2 * p + mode];
            if (c->lp.n < 2)
                return ref_fail(why, REF_EDOM,
                                "prompt %zu has %zu rows %s, at least 2 are needed", p,
                                c->lp.n, mode == 0 ? "with traces" : "without traces");
            count_cell(&sum[mode], c, times);
        }
    }
    if (!(sum[0].prompts > 0.0)) return ref_fail(why, REF_EDOM, "no prompt is counted");
    for (size_t mode = 0; mode < 2; mode++) out->mode[mode] = mode_report(&sum[mode]);
    fill_ratios(out, &sum[REF_BVPO_THINKING]);
    return REF_OK;
}

/* ---- intervals --------------------------------------------------------------------- */

/* value (prompts, ratios) <- log ratios with one prompt left out at a time */
static ref_status leave_one_out(double *value, unsigned *copies,
                                const ref_bvpo_trace *t, ref_why *why)
{
    ref_bvpo_trace_report report;
    memset(&report, 0, sizeof report);
    for (size_t p = 0; p < t->prompts; p++) copies[p] = 1;
    for (size_t p = 0; p < t->prompts; p++) {
        copies[p] = 0;
        REF_TRY(ref_bvpo_trace_summary(&report, t, copies, why));
        copies[p] = 1;
        for (size_t r = 0; r < REF_BVPO_RATIO_COUNT; r++)
            value[p * REF_BVPO_RATIO_COUNT + r] = log(report.ratio[r]);
    }
    return REF_OK;
}

ref_status ref_bvpo_trace_jackknife(ref_bvpo_interval *out, const ref_bvpo_trace *t,
                                    double z, ref_why *why)
{
    const size_t P = t->prompts, R = REF_BVPO_RATIO_COUNT;
    if (P < 3) return ref_fail(why, REF_ESHAPE, "%zu prompts, at least 3 needed", P);
    if (!(z > 0.0)) return ref_fail(why, REF_EDOM, "quantile %g must be positive", z);
    ref_bvpo_trace_report report;
    REF_TRY(ref_bvpo_trace_summary(&report, t, NULL, why));

    double *value = malloc(P * R * sizeof *value);
    unsigned *copies = malloc(P * sizeof *copies);
    if (value == NULL || copies == NULL) {
        free(value);
        free(copies);
        return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", P);
    }
    const ref_status status = leave_one_out(value, copies, t, why);
    for (size_t r = 0; status == REF_OK && r < R; r++) {
        ref_moment log_ratio = {0};
        for (size_t p = 0; p < P; p++) ref_moment_add(&log_ratio, value[p * R + r]);
        const double spread = (double)(P - 1) / (double)P * log_ratio.m2;
        const double width = exp(z * sqrt(spread));
        out[r] = (ref_bvpo_interval){report.ratio[r] / width, report.ratio[r] * width};
    }
    free(value);
    free(copies);
    return status;
}

/* value (ratios, B) <- ratios of B resamples of the prompts */
static ref_status resample(double *value, unsigned *copies, size_t B,
                           const ref_bvpo_trace *t, uint32_t seed, ref_why *why)
{
    ref_bvpo_trace_report report;
    ref_rng_stream stream = {.seed = seed};
    memset(&report, 0, sizeof report);
    for (size_t b = 0; b < B; b++) {
        stream.replica = (uint32_t)b;
        for (size_t p = 0; p < t->prompts; p++) copies[p] = 0;
        for (size_t p = 0; p < t->prompts; p++) {
            const double u = ref_rng_uniform(&stream, (uint32_t)p);
            const size_t drawn = (size_t)(u * (double)t->prompts);
            copies[drawn < t->prompts ? drawn : t->prompts - 1]++;
        }
        REF_TRY(ref_bvpo_trace_summary(&report, t, copies, why));
        for (size_t r = 0; r < REF_BVPO_RATIO_COUNT; r++)
            value[r * B + b] = report.ratio[r];
    }
    return REF_OK;
}

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Quantile of sorted x (n) at level q, linear between order statistics. */
static double quantile(const double *x, size_t n, double q)
{
    const double place = q * (double)(n - 1);
    const size_t below = (size_t)place;
    const size_t above = below + 1 < n ? below + 1 : below;
    return x[below] + (place - (double)below) * (x[above] - x[below]);
}

ref_status ref_bvpo_trace_bootstrap(ref_bvpo_interval *out, const ref_bvpo_trace *t,
                                    size_t B, double coverage, uint32_t seed,
                                    ref_why *why)
{
    const size_t P = t->prompts, R = REF_BVPO_RATIO_COUNT;
    if (P < 3 || P > UINT32_MAX)
        return ref_fail(why, REF_ESHAPE, "%zu prompts, 3 to 2^32-1 needed", P);
    if (B < 1000 || B > UINT32_MAX)
        return ref_fail(why, REF_ESHAPE, "%zu resamples, 1000 to 2^32-1 needed", B);
    if (!(coverage > 0.0 && coverage < 1.0))
        return ref_fail(why, REF_EDOM, "coverage %g outside (0,1)", coverage);

    double *value = malloc(B * R * sizeof *value);
    unsigned *copies = malloc(P * sizeof *copies);
    if (value == NULL || copies == NULL) {
        free(value);
        free(copies);
        return ref_fail(why, REF_ENOMEM, "no memory for %zu resamples", B);
    }
    const ref_status status = resample(value, copies, B, t, seed, why);
    for (size_t r = 0; status == REF_OK && r < R; r++) {
        qsort(value + r * B, B, sizeof *value, ascending);
        const double tail = 0.5 * (1.0 - coverage);
        out[r] = (ref_bvpo_interval){quantile(value + r * B, B, tail),
                                     quantile(value + r * B, B, 1.0 - tail)};
    }
    free(value);
    free(copies);
    return status;
}

/* ---- the toy ------------------------------------------------------------------------ */

ref_bvpo_segment ref_bvpo_segment_moments(double c, const double *p, size_t k)
{
    if (!(c > 0.0 && c < 1.0)) c = nan("");
    double H = 0.0, V = 0.0;
    for (size_t i = 0; i < k; i++) H -= p[i] * log(p[i]);
    for (size_t i = 0; i < k; i++) V += p[i] * (log(p[i]) + H) * (log(p[i]) + H);

    const double emitted = c / (1.0 - c);
    const double var_length = emitted / (1.0 - c);
    const double m = log(c) - H;
    return (ref_bvpo_segment){
        .mean_length = emitted + 1.0,
        .var_length = var_length,
        .mean_lp = emitted * m + log1p(-c),
        .var_lp = ref_bvpo_wald_variance(emitted, var_length, m, V),
    };
}

double ref_bvpo_wald_variance(double mean_length, double var_length, double m, double v)
{
    return mean_length * v + var_length * m * m;
}
