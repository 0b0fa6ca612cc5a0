/* descent_tree.c -- see descent_tree.h. */
#include "theory-tests/descent_tree.h"

#include "ref/numeric.h"
#include "theory-tests/check.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { KINDS = 64 };

/* One prompt's estimate is a linear map of its scores: g_i = sum_y on[y] s_y. Draws with
 * the same map are one kind. */
typedef struct kinds {
    size_t count;
    double P[KINDS];
    double on[KINDS][FINITE_Y];
} kinds;

typedef struct e_step {
    double Q[FINITE_M * FINITE_Y];
    double entropy; /* sum_i w_i H(Q_i) */
    double theta0[FINITE_D];
    kinds kind[FINITE_M];
} e_step;

/* Where a path stands within its E-step. */
typedef struct walker {
    size_t stage, r;
    double P;
    double theta[FINITE_D];
    double grad_sum[FINITE_D], theta_sum[FINITE_D];
} walker;

/* What one M-step needs: exact gradient of L_t and each kind's estimate of each prompt. */
typedef struct node {
    double grad[FINITE_D]; /* of L_t */
    double mean[FINITE_D]; /* E g */
    double variance;       /* total, of g */
    double g[FINITE_M][KINDS][FINITE_D];
} node;

static double distance2(const double *a, const double *b, size_t d)
{
    double total = 0.0;
    for (size_t j = 0; j < d; j++) total += (a[j] - b[j]) * (a[j] - b[j]);
    return total;
}

static void add_kind(kinds *out, double P, const double *on, size_t Y)
{
    size_t j = 0;
    while (j < out->count && memcmp(out->on[j], on, Y * sizeof *on) != 0) j++;
    if (j == out->count) {
        assert(j < KINDS);
        memcpy(out->on[j], on, Y * sizeof *on);
        out->P[j] = 0.0;
        out->count++;
    }
    out->P[j] += P;
}

/* All draws of prompt i at the policy of this E-step. */
static void list_kinds(const descent_tree *t, size_t i, kinds *out)
{
    const finite_model *f = t->model;
    const size_t Y = f->shape.Y;
    const double p = exp(ref_elbo_log_marginal(&f->prompt[i]));
    size_t total = 1;
    for (size_t j = 0; j < t->n; j++) total *= 2 * Y;
    out->count = 0;
    for (size_t code = 0; code < total; code++) {
        double P = 1.0, on[FINITE_Y] = {0};
        ref_reject_case c = {.n = t->n, .p = p};
        for (size_t j = 0, rest = code; j < t->n; j++, rest /= 2 * Y) {
            P *= finite_model_outcome(f, i, rest % (2 * Y));
            c.K += rest % 2;
        }
        if (P == 0.0) continue;
        const double weight = ref_reject_coefficients(t->estimator, &c).accepted;
        for (size_t j = 0, rest = code; j < t->n; j++, rest /= 2 * Y)
            if (rest % 2 == 1) on[rest % (2 * Y) / 2] += weight;
        add_kind(out, P, on, Y);
    }
}

/* g[i][.] and the first two moments; estimates of prompts are independent. */
static void measure(const descent_tree *t, const e_step *E, node *out)
{
    const finite_model *f = t->model;
    const size_t Y = f->shape.Y, d = f->shape.d;
    ref_elbo_gradient(out->grad, &f->elbo, E->Q);
    memset(out->mean, 0, sizeof out->mean);
    out->variance = 0.0;
    for (size_t i = 0; i < f->shape.m; i++) {
        const kinds *kind = &E->kind[i];
        double mean[FINITE_D] = {0};
        for (size_t j = 0; j < kind->count; j++) {
            double *g = out->g[i][j]; /* (d) */
            memset(g, 0, d * sizeof *g);
            for (size_t y = 0; y < Y; y++)
                for (size_t c = 0; c < d; c++)
                    g[c] -= f->w[i] * kind->on[j][y] * f->s[i][y * d + c];
            for (size_t c = 0; c < d; c++) mean[c] += kind->P[j] * g[c];
        }
        for (size_t j = 0; j < kind->count; j++)
            out->variance += kind->P[j] * distance2(out->g[i][j], mean, d);
        for (size_t c = 0; c < d; c++) out->mean[c] += mean[c];
    }
}

static void begin(descent_tree *t, size_t stage, double P, const double *theta);
static double visit(descent_tree *t, const e_step *E, const walker *w);

/* E L_t after one step from w: over all combinations of the prompts' kinds. */
static double expected_child(descent_tree *t, const e_step *E, const walker *w,
                             const node *at)
{
    const size_t m = t->model->shape.m, d = t->model->shape.d;
    size_t total = 1;
    for (size_t i = 0; i < m; i++) total *= E->kind[i].count;
    double expected = 0.0;
    for (size_t code = 0; code < total; code++) {
        walker child = *w;
        double P = 1.0;
        size_t rest = code;
        for (size_t i = 0; i < m; i++) {
            const size_t j = rest % E->kind[i].count;
            rest /= E->kind[i].count;
            P *= E->kind[i].P[j];
            for (size_t c = 0; c < d; c++) child.theta[c] -= t->eta * at->g[i][j][c];
        }
        child.P *= P;
        child.r++;
        for (size_t c = 0; c < d; c++) {
            child.grad_sum[c] += at->grad[c];
            child.theta_sum[c] += child.theta[c];
        }
        expected += P * visit(t, E, &child);
    }
    return expected;
}

static void finish_e_step(descent_tree *t, const e_step *E, const walker *w)
{
    const size_t d = t->model->shape.d;
    double next[FINITE_D];
    t->run.D2 += w->P * ref_norm2(w->grad_sum, d);
    t->move += w->P * distance2(w->theta, E->theta0, d);
    for (size_t c = 0; c < d; c++)
        next[c] = t->average ? w->theta_sum[c] / (double)t->k : w->theta[c];
    begin(t, w->stage + 1, w->P, next);
}

/* The change of L_t in one step against  -eta <grad, E g> + (eta^2/(2 gamma)) E|g|^2. */
static void book_step(descent_tree *t, const node *at, double change)
{
    const size_t d = t->model->shape.d;
    const double grad2 = ref_norm2(at->grad, d);
    const double bias2 = distance2(at->mean, at->grad, d);
    const double second = ref_norm2(at->mean, d) + at->variance;
    const double lemma = -t->eta * ref_dot(at->grad, at->mean, d)
                         + t->eta * t->eta / (2.0 * t->run.gamma) * second;
    const double biased =
        ref_descent_biased(t->eta, t->run.gamma, grad2, bias2, at->variance);
    t->lemma = check_worse(t->lemma, change - lemma);
    t->biased = check_worse(t->biased, change - biased);
    t->largest_bias = check_worse(t->largest_bias, sqrt(bias2));
}

/* Books the visit and goes on; returns L_t(theta). */
static double visit(descent_tree *t, const e_step *E, const walker *w)
{
    const size_t d = t->model->shape.d;
    finite_model_at(t->model, w->theta);
    const double surrogate = ref_elbo_objective(&t->model->elbo, E->Q) - E->entropy;
    if (w->r == 0) {
        t->mean_surrogate -= w->P * surrogate;
    } else {
        t->mean_surrogate += w->P * surrogate / (double)t->k;
        t->run.D3 += w->P * ref_norm2(w->grad_sum, d);
    }
    if (w->r == t->k) {
        finish_e_step(t, E, w);
        return surrogate;
    }
    node at;
    measure(t, E, &at);
    t->run.D1 += w->P * ref_norm2(at.grad, d);
    t->run.Omega += w->P * at.variance;
    t->path += w->P * distance2(w->theta, E->theta0, d);

    const double change = expected_child(t, E, w, &at) - surrogate;
    book_step(t, &at, change);
    return surrogate;
}

/* The E-step at theta, or the end of the run. */
static void begin(descent_tree *t, size_t stage, double P, const double *theta)
{
    finite_model *f = t->model;
    finite_model_at(f, theta);
    if (stage == t->T) {
        t->end += P * ref_elbo_loss(&f->elbo);
        t->mass += P;
        return;
    }
    e_step E = {.entropy = 0.0};
    walker w = {.stage = stage, .P = P};
    memcpy(E.theta0, theta, f->shape.d * sizeof *theta);
    memcpy(w.theta, theta, f->shape.d * sizeof *theta);
    for (size_t i = 0; i < f->shape.m; i++) {
        double *Q = E.Q + i * f->shape.Y;
        const ref_status s = ref_elbo_posterior(Q, &f->prompt[i]);
        assert(s == REF_OK);
        (void)s;
        E.entropy += f->w[i] * ref_elbo_entropy(Q, f->shape.Y);
        list_kinds(t, i, &E.kind[i]);
    }
    (void)visit(t, &E, &w);
}

void descent_tree_run(descent_tree *t, const double *theta)
{
    t->run = (ref_descent_run){
        .eta = t->eta, .gamma = 1.0 / finite_model_smoothness(t->model), .k = t->k};
    t->end = t->mean_surrogate = t->move = t->path = t->mass = t->largest_bias = 0.0;
    t->lemma = t->biased = -HUGE_VAL;
    finite_model_at(t->model, theta);
    t->start = ref_elbo_loss(&t->model->elbo);
    begin(t, 0, 1.0, theta);
}
