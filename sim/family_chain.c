/* family_chain.c -- sequential reasoning: a Markov chain over S states, S^L latents.
 *
 * P(y_{l+1} = b | y_l = a) = softmax_b theta[a,b], shared by steps and prompts; prompt i
 * starts in i mod (S-1), takes L_i steps and is accepted iff it ends in
 * (3i+1) mod (S-1). State S-1 is the error state.                      [spec:sim 2.5]
 *
 * Symbols (paper -> code)
 *   beta_l    beta     P(accept | state at l), rescaled to maximum 1      (L+1,S)
 *   T_l       T        posterior chain P(a,b) beta_{l+1}(b) / beta_l(a)   (S,S)
 *   f         f        posterior distribution over states                (S)
 *   M_l(b)    M        E_Q[score so far; state b]                         (S,S,S)
 *   e_l(b)    e        E_Q[|score so far|^2; state b]                     (S)
 *
 * The scales of beta are kept as a logarithm, so L may run to thousands.
 */
#include "ref/io/parse.h"
#include "sim/family.h"
#include "sim/family_private.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_STATES = 64 }; /* bounds S^3 scratch and the counts of score_norm */
static const size_t CHAIN_LENGTH = 1000000;
static const size_t CHAIN_TOTAL = 10000000; /* of all prompts: seconds, not days */

typedef struct chain_data {
    size_t S, longest;
    size_t *length; /* (m) */
    double *start;  /* (S,S) */
} chain_data;

/* Scratch, in this order; P and C are what draw and add_score read. */
typedef struct chain_work {
    double *P, *C, *T;    /* (S,S) */
    double *beta;         /* (longest+1,S) */
    double *f, *f2;       /* (S) now and after the step */
    double *e, *e2;       /* (S) */
    double *M, *M2;       /* (S,S,S) */
    double *along, *row2; /* (S) sum_c M(a)[a,c] P(a,c); sum_c P(a,c)^2 */
} chain_work;

static const chain_data *data_of(const sim_problem *p)
{
    return p->data;
}

static size_t scratch_size(size_t S, size_t longest)
{
    return 3 * S * S + (longest + 1) * S + 6 * S + 2 * S * S * S;
}

static chain_work work_at(double *scratch, const chain_data *c)
{
    const size_t S = c->S;
    chain_work w;
    w.P = scratch;
    w.C = w.P + S * S;
    w.T = w.C + S * S;
    w.beta = w.T + S * S;
    w.f = w.beta + (c->longest + 1) * S;
    w.f2 = w.f + S;
    w.e = w.f2 + S;
    w.e2 = w.e + S;
    w.along = w.e2 + S;
    w.row2 = w.along + S;
    w.M = w.row2 + S;
    w.M2 = w.M + S * S * S;
    return w;
}

static size_t first_state(const chain_data *c, size_t i)
{
    assert(c->S > 1);
    return i % (c->S - 1);
}

static size_t target_state(const chain_data *c, size_t i)
{
    assert(c->S > 1);
    return (3 * i + 1) % (c->S - 1);
}

static void chain_open(const sim_problem *p, const double *theta, size_t i,
                       double *scratch)
{
    const chain_data *c = data_of(p);
    const chain_work w = work_at(scratch, c);
    (void)i;
    for (size_t a = 0; a < c->S; a++)
        sim_softmax(w.P + a * c->S, w.C + a * c->S, theta + a * c->S, c->S);
}

/* beta from the last step back; accept is 1 on the target, or on all but the target.
 * Returns log P(accept | start). */
static double backward(const chain_work *w, const chain_data *c, size_t i, bool hit)
{
    const size_t S = c->S, L = c->length[i];
    double log_scale = 0.0;
    for (size_t b = 0; b < S; b++)
        w->beta[L * S + b] = (b == target_state(c, i)) == hit ? 1.0 : 0.0;
    for (size_t l = L; l-- > 0;) {
        const double *next = w->beta + (l + 1) * S;
        double *now = w->beta + l * S, top = 0.0;
        for (size_t a = 0; a < S; a++) {
            now[a] = 0.0;
            for (size_t b = 0; b < S; b++) now[a] += w->P[a * S + b] * next[b];
            if (!(now[a] <= top)) top = now[a];
        }
        for (size_t a = 0; a < S; a++) now[a] /= top;
        log_scale += log(top);
    }
    return log_scale + log(w->beta[first_state(c, i)]);
}

/* T of step l. A state from which acceptance is impossible has posterior mass 0. */
static void posterior_step(const chain_work *w, size_t S, size_t l)
{
    const double *next = w->beta + (l + 1) * S;
    for (size_t a = 0; a < S; a++) {
        double total = 0.0;
        for (size_t b = 0; b < S; b++) {
            w->T[a * S + b] = w->P[a * S + b] * next[b];
            total += w->T[a * S + b];
        }
        for (size_t b = 0; b < S && total > 0.0; b++) w->T[a * S + b] /= total;
    }
}

/* M2(b) <- sum_a T(a,b) M(a) + sum_a f(a) T(a,b) e_a (e_b - P_a)' */
static void step_first_moment(const chain_work *w, size_t S)
{
    memset(w->M2, 0, S * S * S * sizeof *w->M2);
    for (size_t b = 0; b < S; b++)
        for (size_t a = 0; a < S; a++) {
            const double t = w->T[a * S + b], flow = w->f[a] * t;
            const double *from = w->M + a * S * S;
            double *to = w->M2 + b * S * S;
            for (size_t k = 0; k < S * S; k++) to[k] += t * from[k];
            for (size_t k = 0; k < S; k++) to[a * S + k] -= flow * w->P[a * S + k];
            to[a * S + b] += flow;
        }
}

/* e2(b) and f2(b), from the moments before the step. */
static void step_second_moment(const chain_work *w, size_t S)
{
    for (size_t a = 0; a < S; a++) {
        w->along[a] = 0.0;
        for (size_t k = 0; k < S; k++)
            w->along[a] += w->M[a * S * S + a * S + k] * w->P[a * S + k];
    }
    for (size_t b = 0; b < S; b++) {
        w->e2[b] = 0.0;
        w->f2[b] = 0.0;
        for (size_t a = 0; a < S; a++) {
            const double t = w->T[a * S + b];
            const double cross = w->M[a * S * S + a * S + b] - w->along[a];
            const double step2 = 1.0 - 2.0 * w->P[a * S + b] + w->row2[a];
            w->e2[b] += t * (w->e[a] + 2.0 * cross) + w->f[a] * t * step2;
            w->f2[b] += t * w->f[a];
        }
    }
}

static void swap(double **a, double **b)
{
    double *const t = *a;
    *a = *b;
    *b = t;
}

/* E_Q|s|^2 under the posterior that beta describes; the score's mean is left in w->M. */
static double forward(chain_work *w, const chain_data *c, size_t i)
{
    const size_t S = c->S;
    memset(w->M, 0, S * S * S * sizeof *w->M);
    memset(w->e, 0, S * sizeof *w->e);
    memset(w->f, 0, S * sizeof *w->f);
    w->f[first_state(c, i)] = 1.0;
    for (size_t l = 0; l < c->length[i]; l++) {
        posterior_step(w, S, l);
        step_second_moment(w, S);
        step_first_moment(w, S);
        swap(&w->M, &w->M2);
        swap(&w->e, &w->e2);
        swap(&w->f, &w->f2);
    }
    double S2 = 0.0;
    for (size_t b = 0; b < S; b++) S2 += w->e[b];
    return S2;
}

/* E_P|h|^2 = sum_l E_P |e_b - P_a|^2: the steps are martingale differences. */
static double policy_second_moment(chain_work *w, const chain_data *c, size_t i)
{
    const size_t S = c->S;
    double H2 = 0.0;
    memset(w->f, 0, S * sizeof *w->f);
    w->f[first_state(c, i)] = 1.0;
    for (size_t l = 0; l < c->length[i]; l++) {
        for (size_t b = 0; b < S; b++) w->f2[b] = 0.0;
        for (size_t a = 0; a < S; a++) {
            H2 += w->f[a] * (1.0 - w->row2[a]);
            for (size_t b = 0; b < S; b++) w->f2[b] += w->f[a] * w->P[a * S + b];
        }
        swap(&w->f, &w->f2);
    }
    return H2;
}

static void mean_score(sim_moments *out, const chain_work *w, size_t S, double *mu)
{
    out->mu2 = 0.0;
    for (size_t k = 0; k < S * S; k++) {
        double total = 0.0;
        for (size_t b = 0; b < S; b++) total += w->M[b * S * S + k];
        out->mu2 += total * total;
        if (mu != NULL) mu[k] = total;
    }
}

static void chain_moments(const sim_problem *p, const double *theta, size_t i,
                          double *scratch, sim_moments *out, double *mu)
{
    const chain_data *c = data_of(p);
    chain_work w = work_at(scratch, c);
    chain_open(p, theta, i, scratch);
    for (size_t a = 0; a < c->S; a++) {
        w.row2[a] = 0.0;
        for (size_t b = 0; b < c->S; b++)
            w.row2[a] += w.P[a * c->S + b] * w.P[a * c->S + b];
    }

    const double log_q = backward(&w, c, i, false);
    const bool likely = log_q < -0.6931471805599453;
    /* q S2 of the rejected paths where p > 1/2: H2 - p S2 would cancel there */
    const double rejected = likely ? exp(log_q) * forward(&w, c, i) : 0.0;

    const double log_p = backward(&w, c, i, true);
    out->S2 = forward(&w, c, i);
    mean_score(out, &w, c->S, mu);
    out->log_p = likely ? log1p(-exp(log_q)) : log_p;
    out->p = exp(out->log_p);
    out->q = likely ? exp(log_q) : -expm1(log_p);
    out->G1 = nan("");
    out->v = out->S2 - out->mu2;
    if (out->v < 0.0) out->v = 0.0; /* rounding of a posterior that is one path */
    out->W2 = out->p * out->S2;
    out->H2 = policy_second_moment(&w, c, i);
    out->HR = likely ? rejected : out->H2 - out->W2;
}

/* A prompt's Hessian has norm <= max(L/2, 2 L^2): L row covariances, each <= 1/2, less
 * Cov_Q(s) with |s| <= sqrt(2) L.                                      [spec:sim 2.5] */
static double chain_smoothness(const sim_problem *p)
{
    const chain_data *c = data_of(p);
    double total = 0.0;
    for (size_t i = 0; i < p->m; i++) {
        const double L = (double)c->length[i];
        total += fmax(0.5 * L, 2.0 * L * L);
    }
    return total / (double)p->m + p->lambda;
}

static void chain_start(const sim_problem *p, double *theta)
{
    memcpy(theta, data_of(p)->start, p->d * sizeof *theta);
}

static double chain_draw(const sim_problem *p, size_t i, const double *scratch,
                         const ref_rng_stream *stream, uint32_t j, uint32_t *latent)
{
    const chain_data *c = data_of(p);
    const double *C = scratch + c->S * c->S;
    const uint32_t first = j * (uint32_t)p->uniforms;
    size_t a = first_state(c, i);
    for (size_t l = 0; l < c->length[i]; l++) {
        latent[l] = sim_draw_index(C + a * c->S, c->S,
                                   ref_rng_uniform(stream, first + (uint32_t)l));
        a = latent[l];
    }
    return a == target_state(c, i) ? 1.0 : 0.0;
}

static void chain_add_score(const sim_problem *p, size_t i, const double *scratch,
                            const uint32_t *latent, double c_s, double c_h, double *g)
{
    const chain_data *c = data_of(p);
    const double weight = c_s + c_h;
    size_t a = first_state(c, i);
    for (size_t l = 0; l < c->length[i]; l++) {
        for (size_t b = 0; b < c->S; b++)
            g[a * c->S + b] -= weight * scratch[a * c->S + b];
        g[a * c->S + latent[l]] += weight;
        a = latent[l];
    }
}

static double chain_score_norm(const sim_problem *p, size_t i, const double *scratch,
                               const uint32_t *latent)
{
    const chain_data *c = data_of(p);
    uint32_t count[CHAIN_STATES * CHAIN_STATES] = {0};
    size_t a = first_state(c, i);
    for (size_t l = 0; l < c->length[i]; l++) {
        count[a * c->S + latent[l]]++;
        a = latent[l];
    }
    double total = 0.0;
    for (a = 0; a < c->S; a++) {
        uint32_t visits = 0;
        for (size_t b = 0; b < c->S; b++) visits += count[a * c->S + b];
        for (size_t b = 0; b < c->S; b++) {
            const double s = count[a * c->S + b] - visits * scratch[a * c->S + b];
            total += s * s;
        }
    }
    return sqrt(total);
}

static void chain_release(sim_problem *p)
{
    chain_data *c = p->data;
    free(c->length);
    free(c->start);
    free(c);
}

const sim_family sim_family_chain = {
    .name = "chain",
    .what = "sequential reasoning: a Markov chain, S^L latents by dynamic programming",
    .start = chain_start,
    .moments = chain_moments,
    .hessian = NULL,
    .smoothness = chain_smoothness,
    .open = chain_open,
    .draw = chain_draw,
    .add_score = chain_add_score,
    .score_norm = chain_score_norm,
    .free = chain_release,
};

static ref_status check_chain(size_t S, const size_t *length, size_t m, double eps,
                              double back, ref_why *why)
{
    if (S < 3 || S > CHAIN_STATES || m == 0 || m > UINT32_MAX / 4)
        return ref_fail(why, REF_ESHAPE,
                        "a chain needs 3..%d states and a prompt; got %zu and %zu",
                        (int)CHAIN_STATES, S, m);
    size_t total = 0;
    for (size_t i = 0; i < m; i++) {
        if (length[i] == 0 || length[i] > CHAIN_LENGTH)
            return ref_fail(why, REF_ESHAPE, "prompt %zu: length %zu is not in 1..%zu",
                            i, length[i], CHAIN_LENGTH);
        total += length[i];
    }
    if (total > CHAIN_TOTAL)
        return ref_fail(why, REF_ESHAPE,
                        "lengths sum to %zu, more than the %zu allowed", total,
                        CHAIN_TOTAL);
    if (!(eps > 0.0 && eps < 1.0 && back > 0.0 && back < 1.0))
        return ref_fail(why, REF_EDOM, "eps = %g, back = %g: both must lie in (0,1)",
                        eps, back);
    return REF_OK;
}

/* theta_0 = log P: from a good state to error eps, from error back to the good ones
 * `back`, both evenly over the good states. */
static void fill_start(double *start, size_t S, double eps, double back)
{
    const double good = (double)(S - 1);
    for (size_t a = 0; a < S; a++)
        for (size_t b = 0; b < S; b++) {
            const double to_error = a == S - 1 ? 1.0 - back : eps;
            start[a * S + b] = log(b == S - 1 ? to_error : (1.0 - to_error) / good);
        }
}

ref_status sim_chain_init(sim_problem *p, size_t states, const size_t *length, size_t m,
                          double eps, double back, ref_why *why)
{
    *p = (sim_problem){0};
    REF_TRY(check_chain(states, length, m, eps, back, why));
    const size_t d = states * states;
    chain_data *c = calloc(1, sizeof *c);
    if (c == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the problem");
    c->S = states;
    c->length = calloc(m, sizeof *c->length);
    c->start = calloc(d, sizeof *c->start);
    *p = (sim_problem){
        .family = &sim_family_chain, .m = m, .d = d, .policy = d, .data = c};
    if (c->length == NULL || c->start == NULL) {
        sim_problem_free(p);
        return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    }
    for (size_t i = 0; i < m; i++) {
        c->length[i] = length[i];
        if (length[i] > c->longest) c->longest = length[i];
    }
    fill_start(c->start, states, eps, back);
    p->latent = p->uniforms = c->longest;
    p->scratch = scratch_size(states, c->longest);
    return REF_OK;
}

/* ---- lengths from text -------------------------------------------------------------- */

/* Whole numbers up to 1e6 parted by one character; false where one is none, or too many. */
static bool split_whole(size_t *x, size_t *count, size_t room, const char *text,
                        char separator)
{
    *count = 0;
    for (const char *at = text;; at++) {
        const char *end = strchr(at, separator);
        const size_t n = end != NULL ? (size_t)(end - at) : strlen(at);
        char word[24];
        uint64_t value = 0;
        if (n >= sizeof word || *count == room) return false;
        memcpy(word, at, n);
        word[n] = '\0';
        if (ref_parse_unsigned(&value, word, 1000000) != REF_OK) return false;
        x[(*count)++] = (size_t)value;
        if (end == NULL) return true;
        at = end;
    }
}

ref_status sim_chain_lengths(size_t *length, size_t *count, size_t room,
                             const char *text, ref_why *why)
{
    size_t range[3] = {0, 0, 1};
    size_t words = 0;
    if (strchr(text, ':') == NULL) {
        if (split_whole(length, count, room, text, ',')) return REF_OK;
    } else if (split_whole(range, &words, 3, text, ':') && words >= 2 && range[2] > 0
               && range[0] <= range[1] && (range[1] - range[0]) / range[2] < room) {
        *count = 0;
        for (size_t L = range[0]; L <= range[1]; L += range[2]) length[(*count)++] = L;
        return REF_OK;
    }
    return ref_fail(
        why, REF_EUSAGE,
        "lengths: '%.60s' is neither FIRST:LAST:STEP nor a list with commas", text);
}
