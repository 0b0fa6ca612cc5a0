/* family_bvpo_exact.c -- moments of the preference gradients by enumeration. */
#include "sim/family_bvpo.h"

#include "ref/bvpo_ktrace.h"
#include "ref/numeric.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

ref_status sim_bvpo_coupling_parse(sim_bvpo_coupling *out, const char *name,
                                   ref_why *why)
{
    static const char *const names[] = {[SIM_BVPO_PAIRED] = "paired",
                                        [SIM_BVPO_PROMPT] = "prompt",
                                        [SIM_BVPO_INDEP] = "indep"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (sim_bvpo_coupling)i;
            return REF_OK;
        }
    return ref_fail(why, REF_EUSAGE, "coupling '%s' is none of paired, prompt, indep",
                    name);
}

static void add_scaled(double *y, double a, const double *x, size_t d)
{
    for (size_t k = 0; k < d; k++) y[k] += a * x[k];
}

/* E over both traces of one pair: loss, mean gradient (d), mean square. */
typedef struct trace_mean {
    double loss, square;
} trace_mean;

static trace_mean average_traces(double *mean, double *g, const sim_bvpo *m,
                                 const sim_bvpo_table *t, sim_bvpo_pair pair)
{
    trace_mean out = {0};
    memset(mean, 0, m->shape.d * sizeof *mean);
    for (size_t r = 0; r < m->shape.R; r++)
        for (size_t q = 0; q < m->shape.R; q++) {
            const double w = sim_bvpo_posterior(m, pair.x, r, pair.plus)
                             * sim_bvpo_posterior(m, pair.x, q, pair.minus);
            out.loss += w * sim_bvpo_trace(m, t, pair, r, q, g);
            out.square += w * ref_norm2(g, m->shape.d);
            add_scaled(mean, w, g, m->shape.d);
        }
    return out;
}

/* Scratch and running sums of the enumeration; vectors of length d. */
typedef struct sums {
    double *mu, *E_t, *E_e; /* population means */
    double *x_t, *x_e;      /* contributions of one prompt, weights of that prompt */
    double *mean, *g;       /* of one pair, of one outcome */
    double *block;          /* owned */
    double L_m, L_t, L_e;
    double square_t, square_e; /* E|g_t|^2, E|g_e|^2 */
    double paired, prompt;     /* E (E_r g_t).g_e on one pair; on one prompt */
    double condvar;
} sums;

static ref_status sums_init(sums *s, size_t d)
{
    *s = (sums){0};
    s->block = calloc(7 * d, sizeof *s->block);
    if (s->block == NULL) return REF_ENOMEM;
    double **const slot[7] = {&s->mu,  &s->E_t,  &s->E_e, &s->x_t,
                              &s->x_e, &s->mean, &s->g};
    for (size_t i = 0; i < 7; i++) *slot[i] = s->block + i * d;
    return REF_OK;
}

/* Thinking side of one pair, and g_e on the same pair for the paired coupling. */
static void add_pair(sums *s, const sim_bvpo *m, const sim_bvpo_table *t,
                     sim_bvpo_pair pair, double w)
{
    const size_t d = m->shape.d;
    const trace_mean trace = average_traces(s->mean, s->g, m, t, pair);
    s->L_t += w * trace.loss;
    s->square_t += w * trace.square;
    s->condvar += w * (trace.square - ref_norm2(s->mean, d));
    add_scaled(s->x_t, w, s->mean, d);
    s->L_m += w * sim_bvpo_marginal(m, t, pair, s->g);
    add_scaled(s->mu, w, s->g, d);
    (void)sim_bvpo_empty(m, t, pair, s->g);
    s->paired += w * ref_dot(s->mean, s->g, d);
}

/* Empty-trace side of one pair under the law that the coupling asks for. */
static void add_empty(sums *s, const sim_bvpo *m, const sim_bvpo_table *t,
                      sim_bvpo_pair pair, double w)
{
    s->L_e += w * sim_bvpo_empty(m, t, pair, s->g);
    s->square_e += w * ref_norm2(s->g, m->shape.d);
    add_scaled(s->x_e, w, s->g, m->shape.d);
}

static void add_prompt(sums *s, const sim_bvpo *m, const sim_bvpo_table *t, size_t x,
                       sim_bvpo_law law)
{
    const size_t d = m->shape.d, count = m->shape.Y * (m->shape.Y - 1);
    memset(s->x_t, 0, d * sizeof *s->x_t);
    memset(s->x_e, 0, d * sizeof *s->x_e);
    for (size_t k = x * count; k < (x + 1) * count; k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(m, k);
        add_pair(s, m, t, pair, sim_bvpo_weight(m, pair, SIM_BVPO_MARGINAL));
        add_empty(s, m, t, pair, sim_bvpo_weight(m, pair, law));
    }
    add_scaled(s->E_t, 1.0, s->x_t, d);
    add_scaled(s->E_e, 1.0, s->x_e, d);
    /* x_t and x_e carry a factor 1/P each, and E_x of their product wants only one */
    s->prompt += (double)m->shape.P * ref_dot(s->x_t, s->x_e, d);
}

/* Turn sums into biases and covariances; E_t and E_e become b_t and b_e. */
static ref_bvpo_pieces make_pieces(const sums *s, size_t d, double cross)
{
    ref_bvpo_pieces p = {
        .tr_S_t = s->square_t - ref_norm2(s->E_t, d),
        .tr_S_e = s->square_e - ref_norm2(s->E_e, d),
        .tr_S_te = cross - ref_dot(s->E_t, s->E_e, d),
    };
    add_scaled(s->E_t, -1.0, s->mu, d);
    add_scaled(s->E_e, -1.0, s->mu, d);
    p.b_t2 = ref_norm2(s->E_t, d);
    p.b_e2 = ref_norm2(s->E_e, d);
    p.b_te = ref_dot(s->E_t, s->E_e, d);
    return p;
}

ref_status sim_bvpo_moments(sim_bvpo_exact *out, double *mu, const sim_bvpo *m,
                            const sim_bvpo_table *t, sim_bvpo_coupling coupling)
{
    const size_t d = m->shape.d;
    sums s;
    REF_TRY(sums_init(&s, d));
    const sim_bvpo_law law =
        coupling == SIM_BVPO_PAIRED ? SIM_BVPO_MARGINAL : SIM_BVPO_NO_TRACE;
    for (size_t x = 0; x < m->shape.P; x++) add_prompt(&s, m, t, x, law);

    double cross = ref_dot(s.E_t, s.E_e, d); /* independent draws: covariance 0 */
    if (coupling == SIM_BVPO_PAIRED) cross = s.paired;
    if (coupling == SIM_BVPO_PROMPT) cross = s.prompt;
    *out = (sim_bvpo_exact){.L_m = s.L_m,
                            .L_t = s.L_t,
                            .L_e = s.L_e,
                            .mu2 = ref_norm2(s.mu, d),
                            .condvar = s.condvar};
    out->pieces = make_pieces(&s, d, cross);
    if (mu != NULL) memcpy(mu, s.mu, d * sizeof *mu);
    free(s.block);
    return REF_OK;
}

ref_status sim_bvpo_pair_moments(sim_bvpo_exact *out, const sim_bvpo *m,
                                 const sim_bvpo_table *t, sim_bvpo_pair pair)
{
    const size_t d = m->shape.d;
    sums s;
    REF_TRY(sums_init(&s, d));
    add_pair(&s, m, t, pair, 1.0);
    add_empty(&s, m, t, pair, 1.0);
    add_scaled(s.E_t, 1.0, s.x_t, d);
    add_scaled(s.E_e, 1.0, s.x_e, d);
    *out = (sim_bvpo_exact){.L_m = s.L_m,
                            .L_t = s.L_t,
                            .L_e = s.L_e,
                            .mu2 = ref_norm2(s.mu, d),
                            .condvar = s.condvar};
    /* g_e is a constant here, so its variance and its covariance with g_t are 0 */
    out->pieces = make_pieces(&s, d, ref_dot(s.E_t, s.E_e, d));
    out->pieces.tr_S_e = 0.0;
    out->pieces.tr_S_te = 0.0;
    free(s.block);
    return REF_OK;
}

/* ---- K traces ------------------------------------------------------------------------ */

/* The K traces of one answer as a multiset: probability, log rho and mean score. */
typedef struct bag {
    double weight, log_rho;
    double *score; /* (d) sum_k omega_k s(r_k,y), inside a caller's block */
} bag;

/* Step through the multisets of size K over R kinds: count (R) starts as (K,0,...,0) and
 * ends at (0,...,0,K); false after the last. */
static bool next_multiset(size_t *count, size_t R)
{
    size_t i = R - 1; /* last kind but one that still gives something */
    while (i-- > 0)
        if (count[i] > 0) {
            const size_t tail = count[R - 1];
            count[R - 1] = 0;
            count[i]--;
            count[i + 1] = tail + 1;
            return true;
        }
    return false;
}

/* How many multisets of size K over R kinds there are, C(K+R-1, K), as a double. */
static double multisets(size_t R, size_t K)
{
    double total = 1.0;
    for (size_t k = 1; k <= K; k++) total *= (double)(R - 1 + k) / (double)k;
    return total;
}

/* bag of the multiset count, traces drawn from ref(r|x,y) */
static ref_status fill_bag(bag *out, const sim_bvpo *m, const sim_bvpo_table *t,
                           size_t x, size_t y, const size_t *count, size_t K)
{
    const size_t R = m->shape.R, Y = m->shape.Y, d = m->shape.d;
    double log_w[SIM_BVPO_TRACES_MAX] = {0}, omega[SIM_BVPO_TRACES_MAX];
    size_t k = 0;
    out->weight =
        1.0; /* multinomial: draws one by one, each kind's factorial divided out */
    for (size_t r = 0; r < R; r++)
        for (size_t i = 1; i <= count[r]; i++) {
            log_w[k] = sim_bvpo_log_weight(m, t, x, r, y);
            out->weight *= (double)++k / (double)i * sim_bvpo_posterior(m, x, r, y);
        }
    REF_TRY(ref_bvpo_ktrace_weights(omega, &out->log_rho, log_w, K));
    memset(out->score, 0, d * sizeof *out->score);
    k = 0;
    for (size_t r = 0; r < R; r++)
        for (size_t i = 0; i < count[r]; i++)
            add_scaled(out->score, omega[k++], &t->s[((x * R + r) * Y + y) * d], d);
    return REF_OK;
}

/* All bags of answer y; bags (n) and score (n,d) are the caller's. */
static ref_status fill_bags(bag *bags, double *score, const sim_bvpo *m,
                            const sim_bvpo_table *t, size_t x, size_t y, size_t *count,
                            size_t K)
{
    memset(count, 0, m->shape.R * sizeof *count);
    count[0] = K;
    size_t n = 0;
    do {
        bags[n].score = score + n * m->shape.d;
        REF_TRY(fill_bag(&bags[n], m, t, x, y, count, K));
        n++;
    } while (next_multiset(count, m->shape.R));
    return REF_OK;
}

/* Sum over all pairs of bags; mean (d) <- E g_K. */
static sim_bvpo_kmoments sum_bags(double *mean, const sim_bvpo *m, const bag *plus,
                                  const bag *minus, size_t n)
{
    const size_t d = m->shape.d;
    sim_bvpo_kmoments sum = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double w = plus[i].weight * minus[j].weight;
            const ref_bvpo_margin margin = ref_bvpo_ktrace_margin(
                m->shape.beta, plus[i].log_rho, minus[j].log_rho);
            sum.loss += w * margin.loss;
            for (size_t k = 0; k < d; k++) {
                const double g = -margin.scale * (plus[i].score[k] - minus[j].score[k]);
                sum.variance += w * g * g;
                mean[k] += w * g;
            }
        }
    return sum;
}

ref_status sim_bvpo_ktrace_moments(sim_bvpo_kmoments *out, const sim_bvpo *m,
                                   const sim_bvpo_table *t, sim_bvpo_pair pair,
                                   size_t K)
{
    const size_t d = m->shape.d, R = m->shape.R;
    if (K == 0 || K > SIM_BVPO_TRACES_MAX || multisets(R, K) > SIM_BVPO_BAGS_MAX + 0.5)
        return REF_ESHAPE;
    const size_t n = (size_t)(multisets(R, K) + 0.5);
    bag *bags = malloc(2 * n * sizeof *bags);
    double *block = calloc(2 * n * d + 2 * d, sizeof *block);
    size_t *count = malloc(R * sizeof *count);
    ref_status status = REF_ENOMEM;
    if (bags != NULL && block != NULL && count != NULL)
        status = fill_bags(bags, block, m, t, pair.x, pair.plus, count, K);
    if (status == REF_OK)
        status = fill_bags(bags + n, block + n * d, m, t, pair.x, pair.minus, count, K);
    if (status == REF_OK) {
        double *const mean = block + 2 * n * d, *const target = mean + d;
        sim_bvpo_kmoments sum = sum_bags(mean, m, bags, bags + n, n);
        sum.mean2 = ref_norm2(mean, d);
        sum.variance -= sum.mean2;
        (void)sim_bvpo_marginal(m, t, pair, target);
        add_scaled(mean, -1.0, target, d);
        sum.bias = sqrt(ref_norm2(mean, d));
        *out = sum;
    }
    free(bags);
    free(block);
    free(count);
    return status;
}

/* ---- smoothness ---------------------------------------------------------------------- */

/* Largest |u - v| over the rows of feature (n,d). */
static double diameter(const double *feature, size_t n, size_t d)
{
    double largest = 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double square = 0.0;
            for (size_t k = 0; k < d; k++) {
                const double step = feature[i * d + k] - feature[j * d + k];
                square += step * step;
            }
            largest = fmax(largest, square);
        }
    return sqrt(largest);
}

sim_bvpo_smoothness sim_bvpo_smooth(const sim_bvpo *m)
{
    const size_t R = m->shape.R, Y = m->shape.Y, d = m->shape.d;
    sim_bvpo_smoothness out = {0};
    for (size_t x = 0; x < m->shape.P; x++) {
        out.D_phi = fmax(out.D_phi, diameter(&m->phi[x * R * d], R, d));
        for (size_t r = 0; r < R; r++) {
            const double D = diameter(&m->psi[(x * R + r) * Y * d], Y, d);
            out.D_psi = fmax(out.D_psi, D);
            if (r == 0) out.D_psi0 = fmax(out.D_psi0, D);
        }
    }
    const double beta = m->shape.beta;
    const double reach = out.D_phi + 2.0 * out.D_psi; /* bound of |s(r,y+) - s(q,y-)| */
    const double margin = 0.25 * beta * beta * reach * reach;
    const double answer = 0.25 * beta * out.D_psi * out.D_psi;
    out.L_t = margin + answer;
    out.L_m = margin + 0.25 * beta * reach * reach + answer;
    out.L_e = 0.25 * beta * beta * out.D_psi0 * out.D_psi0;
    return out;
}
