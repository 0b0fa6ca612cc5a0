/* spec_bvpo_5_4.c -- the trace variance report on a toy with exact answers. */
#include "ref/bvpo_trace.h"
#include "ref/numeric.h"
#include "ref/rng.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

static const double trace_law[4] = {0.4, 0.3, 0.2, 0.1};
static const double answer_law[4] = {0.7, 0.1, 0.1, 0.1};

enum { TRACE, ANSWER, SHORT, SEGMENTS }; /* thinking: TRACE + ANSWER; else SHORT */
static const double keep[SEGMENTS] = {0.98, 0.975, 0.97};

static const double *law_of(int segment)
{
    return segment == TRACE ? trace_law : answer_law;
}

static void the_toy_has_its_moments(void)
{
    const double length[SEGMENTS] = {50.0, 40.0, 33.3333333333};
    const double var_lp[SEGMENTS] = {4149.727834760, 1486.029553440, 1041.689629689};
    const double mean_lp[SEGMENTS] = {-67.614812729836, -41.353745523059,
                                      -34.899223905848};
    double error = 0.0;
    for (int s = 0; s < SEGMENTS; s++) {
        const ref_bvpo_segment x = ref_bvpo_segment_moments(keep[s], law_of(s), 4);
        error = check_worse(error, check_bvpo_relative(x.mean_length, length[s]));
        error = check_worse(error, check_bvpo_relative(x.var_lp, var_lp[s]));
        error = check_worse(error, check_bvpo_relative(x.mean_lp, mean_lp[s]));
    }
    CLAIM_HOLDS("spec:bvpo 5.4",
                "Mean length, log-probability and its variance of three toy segments "
                "(geometric length, i.i.d. tokens) equal their golden values",
                error, 1e-11);
    CHECK(isnan(ref_bvpo_segment_moments(1.0, trace_law, 4).var_lp));
}

/* The toy's ratios from exact moments: what the report must converge to. */
static void exact_ratios(double *ratio)
{
    const ref_bvpo_segment t = ref_bvpo_segment_moments(keep[TRACE], trace_law, 4);
    const ref_bvpo_segment a = ref_bvpo_segment_moments(keep[ANSWER], answer_law, 4);
    const ref_bvpo_segment s = ref_bvpo_segment_moments(keep[SHORT], answer_law, 4);
    const double length = t.mean_length + a.mean_length, lp = t.mean_lp + a.mean_lp;
    ratio[REF_BVPO_R_LP] = (t.var_lp + a.var_lp) / s.var_lp;
    ratio[REF_BVPO_R_LEN] = (t.var_length + a.var_length) / s.var_length;
    ratio[REF_BVPO_R_MEAN] = length / s.mean_length;
    ratio[REF_BVPO_R_NLL] = (lp / length) / (s.mean_lp / s.mean_length);
    ratio[REF_BVPO_SHARE] = t.mean_length / length;
    ratio[REF_BVPO_R_SEG] = (t.mean_lp / t.mean_length) / (a.mean_lp / a.mean_length);
}

/* property 25: the goldens of the report follow from the moments */
static void the_report_has_its_limit(void)
{
    const struct {
        ref_bvpo_ratio which;
        double want;
    } golden[] = {{REF_BVPO_R_LP, 5.410207827},  {REF_BVPO_R_LEN, 3.720618557},
                  {REF_BVPO_R_MEAN, 2.7},        {REF_BVPO_R_NLL, 1.156436183},
                  {REF_BVPO_SHARE, 0.555555556}, {REF_BVPO_R_SEG, 1.308027834}};
    double ratio[REF_BVPO_RATIO_COUNT], error = 0.0;
    exact_ratios(ratio);
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++)
        error = check_worse(
            error, check_bvpo_relative(ratio[golden[i].which], golden[i].want));
    CLAIM_HOLDS("spec:bvpo 5.4",
                "The six ratios of the trace variance report have their golden limits "
                "on the toy",
                error, 1e-9);
}

/* One segment: a geometric length by inversion, tokens by the law. */
static void emit(double *tokens, double *lp, int segment, const ref_rng_stream *s)
{
    const double c = keep[segment], *p = law_of(segment);
    const size_t emitted = (size_t)(log(ref_rng_uniform(s, 0)) / log(c));
    *tokens = (double)emitted + 1.0;
    *lp = (double)emitted * log(c) + log1p(-c);
    for (size_t i = 0; i < emitted; i++) {
        double u = ref_rng_uniform(s, (uint32_t)i + 1);
        size_t token = 0;
        while (token < 3 && u > p[token]) u -= p[token++];
        *lp += log(p[token]);
    }
}

/* count rows per prompt and mode */
static void fill(ref_bvpo_trace *t, size_t prompts, uint32_t rows, uint32_t seed)
{
    for (size_t p = 0; p < prompts; p++)
        for (uint32_t i = 0; i < rows; i++) {
            ref_rng_stream s = {.seed = seed, .prompt = (uint32_t)p, .step = i};
            ref_bvpo_row row = {.prompt = p, .mode = REF_BVPO_THINKING};
            s.stream = TRACE;
            emit(&row.n_trace, &row.lp_trace, TRACE, &s);
            s.stream = ANSWER;
            emit(&row.n_ans, &row.lp_ans, ANSWER, &s);
            CHECK_OK(ref_bvpo_trace_add(t, &row, NULL));
            row = (ref_bvpo_row){.prompt = p, .mode = REF_BVPO_EMPTY};
            s.stream = SHORT;
            emit(&row.n_ans, &row.lp_ans, SHORT, &s);
            CHECK_OK(ref_bvpo_trace_add(t, &row, NULL));
        }
}

/* z of a measured log ratio with a delta-method error from the jackknife */
static double z_of(double measured, double want, ref_bvpo_interval one_sigma)
{
    return (log(measured) - log(want)) / (0.5 * log(one_sigma.high / one_sigma.low));
}

/* property 25: 400 prompts of 500 rows, that is 2e5 sequences per segment; 5 % for variance
 * ratios and 2 % for the others are about five standard errors (geometric lengths have
 * kurtosis 9), and the jackknife over prompts gives the errors themselves. */
static void the_report_converges(void)
{
    ref_bvpo_trace t;
    ref_bvpo_trace_report r;
    ref_bvpo_interval i[REF_BVPO_RATIO_COUNT];
    double want[REF_BVPO_RATIO_COUNT];
    exact_ratios(want);
    CHECK_OK(ref_bvpo_trace_init(&t, 400));
    fill(&t, 400, 500, 54);
    CHECK_OK(ref_bvpo_trace_summary(&r, &t, NULL, NULL));
    CHECK_OK(ref_bvpo_trace_jackknife(i, &t, 1.0, NULL));
    const ref_bvpo_ratio checked[] = {REF_BVPO_R_LEN, REF_BVPO_R_MEAN, REF_BVPO_R_NLL,
                                      REF_BVPO_SHARE, REF_BVPO_R_SEG};
    for (size_t k = 0; k < sizeof checked / sizeof checked[0]; k++) {
        const ref_bvpo_ratio q = checked[k];
        CHECK_Z(z_of(r.ratio[q], want[q], i[q]));
        CHECK_NEAR(r.ratio[q], want[q], (k == 0 ? 0.05 : 0.02) * want[q]);
    }
    CHECK_RELATIVE(r.ratio[REF_BVPO_R_LP], want[REF_BVPO_R_LP], 0.05);
    /* prompts are alike, so pooled and within-prompt variances have one limit */
    CHECK_Z(z_of(r.ratio[REF_BVPO_R_LP_POOLED], want[REF_BVPO_R_LP],
                 i[REF_BVPO_R_LP_POOLED]));
    CLAIM_SAMPLED(
        "spec:bvpo 5.4",
        "The measured ratio of log-prob variances is 5.41 (200 000 outputs of each "
        "kind)",
        z_of(r.ratio[REF_BVPO_R_LP], want[REF_BVPO_R_LP], i[REF_BVPO_R_LP]),
        "log-prob variance grows like length variance, 3.72",
        z_of(r.ratio[REF_BVPO_R_LP], want[REF_BVPO_R_LEN], i[REF_BVPO_R_LP]));
    const ref_bvpo_mode_report *T = &r.mode[REF_BVPO_THINKING];
    CHECK_RELATIVE(T->within_trace + T->within_ans + 2.0 * T->covariance, T->within_lp,
                   1e-12);
    CHECK_NEAR(T->correlation, 0.0, 0.013); /* independent: sd 1/sqrt(2e5) by 5.8 */
    ref_bvpo_trace_free(&t);
}

/* property 26: Wald's identity, 2e5 sequences of the trace segment; the limits are five
 * standard errors of a geometric length, whose kurtosis is 9 */
static void wald_variance_matches_sampling(void)
{
    const ref_bvpo_segment x = ref_bvpo_segment_moments(keep[TRACE], trace_law, 4);
    ref_moment lp = {0}, square = {0};
    for (uint32_t i = 0; i < 200000; i++) {
        const ref_rng_stream s = {.seed = 26, .prompt = i};
        double tokens, value;
        emit(&tokens, &value, TRACE, &s);
        ref_moment_add(&lp, value);
        ref_moment_add(&square, (value - x.mean_lp) * (value - x.mean_lp));
    }
    const double variance = ref_moment_variance(&lp, 1);
    CHECK_RELATIVE(variance, x.var_lp, 0.04);
    CHECK_RELATIVE(lp.mean, x.mean_lp, 0.015);
    const double se = sqrt(ref_moment_variance(&square, 1) / 200000.0);
    const double fixed = ref_bvpo_wald_variance(x.mean_length, 0.0, 0.0, 0.84);
    CLAIM_SAMPLED("spec:bvpo 5.4",
                  "The log-probability lp of N i.i.d. tokens, N random, has variance "
                  "E[N] v + Var(N) m^2 (200 000 outputs)",
                  (square.mean - x.var_lp) / se,
                  "the length is not random: Var lp = E[N] v",
                  (square.mean - fixed) / se);
}

/* Two-pass truths on a hand-made table with prompts that differ. */
static void the_report_is_the_definition(void)
{
    const double lp[3][2] = {{-10.0, -14.0}, {-31.0, -29.0}, {-50.0, -56.0}};
    ref_bvpo_trace t;
    ref_bvpo_trace_report r;
    CHECK_OK(ref_bvpo_trace_init(&t, 3));
    for (size_t p = 0; p < 3; p++)
        for (size_t i = 0; i < 2; i++) {
            const double n = 10.0 * (double)(p + 1) + (double)i;
            const ref_bvpo_row thinking = {p,   REF_BVPO_THINKING, n,
                                           5.0, lp[p][i],          -4.0};
            const ref_bvpo_row plain = {p, REF_BVPO_EMPTY, 0.0, n, 0.0, 0.5 * lp[p][i]};
            CHECK_OK(ref_bvpo_trace_add(&t, &thinking, NULL));
            CHECK_OK(ref_bvpo_trace_add(&t, &plain, NULL));
        }
    CHECK_OK(ref_bvpo_trace_summary(&r, &t, NULL, NULL));
    const ref_bvpo_mode_report *T = &r.mode[REF_BVPO_THINKING];
    CHECK_ROUND(T->within_lp, (8.0 + 2.0 + 18.0) / 3.0, 16, 10.0);
    CHECK_ROUND(T->within_len, 0.5, 16, 1.0);
    CHECK_ROUND(T->mean_lp, -190.0 / 6.0 - 4.0, 16, 36.0);
    /* six values -10 -14 -31 -29 -50 -56: mean -190/6, sum of squares 7734 */
    CHECK_ROUND(T->pooled_lp, (7734.0 - 190.0 * 190.0 / 6.0) / 5.0, 64, 7734.0);
    CHECK_ROUND(T->nll_micro, (190.0 + 24.0) / (123.0 + 30.0), 16, 2.0);
    CHECK_ROUND(r.ratio[REF_BVPO_R_LP], 4.0, 16, 4.0);
    CHECK_ROUND(r.ratio[REF_BVPO_SHARE], 123.0 / 153.0, 16, 1.0);
    CHECK_ROUND(r.ratio[REF_BVPO_R_SEG], (190.0 / 123.0) / (24.0 / 30.0), 16, 2.0);
    CHECK_ROUND(T->nll_macro,
                (14.0 / 15 + 18.0 / 16 + 35.0 / 25 + 33.0 / 26 + 54.0 / 35 + 60.0 / 36)
                    / 6,
                16, 2.0);

    /* copies are resamples: once each twice over leaves within-prompt means alone */
    const unsigned twice[3] = {2, 2, 2}, last[3] = {0, 0, 1};
    ref_bvpo_trace_report again;
    CHECK_OK(ref_bvpo_trace_summary(&again, &t, twice, NULL));
    CHECK_ROUND(again.mode[0].within_lp, T->within_lp, 16, 10.0);
    CHECK_ROUND(again.mode[0].pooled_lp * 11.0, 2.0 * T->pooled_lp * 5.0, 64, 7734.0);
    CHECK_OK(ref_bvpo_trace_summary(&again, &t, last, NULL));
    CHECK_ROUND(again.mode[0].within_lp, 18.0, 16, 18.0);
    ref_bvpo_trace_free(&t);
}

/* Jackknife and bootstrap agree on the width, both hold the estimate. */
static void intervals_agree(void)
{
    ref_bvpo_trace t;
    ref_bvpo_trace_report r;
    ref_bvpo_interval jack[REF_BVPO_RATIO_COUNT], boot[REF_BVPO_RATIO_COUNT];
    ref_bvpo_interval again[REF_BVPO_RATIO_COUNT];
    CHECK_OK(ref_bvpo_trace_init(&t, 60));
    fill(&t, 60, 10, 55);
    CHECK_OK(ref_bvpo_trace_summary(&r, &t, NULL, NULL));
    CHECK_OK(ref_bvpo_trace_jackknife(jack, &t, 1.96, NULL));
    CHECK_OK(ref_bvpo_trace_bootstrap(boot, &t, 1000, 0.95, 7, NULL));
    CHECK_OK(ref_bvpo_trace_bootstrap(again, &t, 1000, 0.95, 7, NULL));
    for (int q = 0; q < REF_BVPO_RATIO_COUNT; q++) {
        CHECK(jack[q].low < r.ratio[q] && r.ratio[q] < jack[q].high);
        CHECK(boot[q].low < r.ratio[q] && r.ratio[q] < boot[q].high);
        const double width =
            log(boot[q].high / boot[q].low) / log(jack[q].high / jack[q].low);
        CHECK_NEAR(log(width), 0.0, 0.4);
        CHECK_EQUAL(boot[q].low, again[q].low); /* same seed, same bytes */
        CHECK(ref_bvpo_ratio_name((ref_bvpo_ratio)q) != NULL);
    }
    CHECK(ref_bvpo_ratio_name(REF_BVPO_RATIO_COUNT) == NULL);
    CHECK_STATUS(ref_bvpo_trace_bootstrap(boot, &t, 999, 0.95, 7, NULL), REF_ESHAPE);
    CHECK_STATUS(ref_bvpo_trace_bootstrap(boot, &t, 1000, 1.0, 7, NULL), REF_EDOM);
    CHECK_STATUS(ref_bvpo_trace_jackknife(jack, &t, 0.0, NULL), REF_EDOM);
    ref_bvpo_trace_free(&t);
}

static void bad_rows_are_refused(void)
{
    ref_bvpo_trace t;
    ref_bvpo_trace_report r;
    ref_bvpo_interval i[REF_BVPO_RATIO_COUNT];
    ref_why why = {{0}};
    CHECK_STATUS(ref_bvpo_trace_init(&t, 0), REF_ESHAPE);
    CHECK_OK(ref_bvpo_trace_init(&t, 2));
    const ref_bvpo_row good = {1, REF_BVPO_THINKING, 3.0, 2.0, -4.0, -1.0};
    ref_bvpo_row bad[6];
    for (size_t k = 0; k < 6; k++) bad[k] = good;
    bad[0].prompt = 2;
    bad[1].n_trace = -1.0;
    bad[2].n_trace = bad[2].n_ans = 0.0;
    bad[3].lp_ans = 0.1;
    bad[4].lp_trace = nan("");
    bad[5].mode = (ref_bvpo_mode)2;
    for (size_t k = 0; k < 6; k++)
        CHECK_STATUS(ref_bvpo_trace_add(&t, &bad[k], &why), REF_EDOM);
    CHECK_EQUAL(t.cell[2].lp.n, 0);
    CHECK_OK(ref_bvpo_trace_add(&t, &good, &why));
    CHECK_STATUS(ref_bvpo_trace_summary(&r, &t, NULL, &why),
                 REF_EDOM); /* one row only */
    const unsigned none[2] = {0, 0};
    CHECK_STATUS(ref_bvpo_trace_summary(&r, &t, none, &why), REF_EDOM);
    CHECK_STATUS(ref_bvpo_trace_jackknife(i, &t, 1.0, &why), REF_ESHAPE);
    ref_bvpo_trace_free(&t);
    ref_bvpo_trace_free(&t);
}

SUITE("[spec:bvpo 5.4] the trace variance report", NULL,
      {"the toy has its moments", the_toy_has_its_moments},
      {"the report has its limit", the_report_has_its_limit},
      {"the report converges", the_report_converges},
      {"Wald's variance matches sampling", wald_variance_matches_sampling},
      {"the report is the definition", the_report_is_the_definition},
      {"intervals agree", intervals_agree},
      {"bad rows are refused", bad_rows_are_refused});
