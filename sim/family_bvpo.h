/* family_bvpo.h -- a finite preference model whose every moment can be enumerated.
 *
 * log pi(r|x)   = phi[x][r].theta + o[r]  - logsumexp over r
 * log pi(y|x,r) = psi[x][r][y].theta      - logsumexp over y
 * psi[x][r][y]  = a[x][y] + kappa b[x][r][y];  o[0] = -2 (empty trace), else 0
 * theta         = theta_ref + tau delta;  the reference is the model at theta_ref.
 *
 * Symbols (paper -> code)
 *   x r y        x r y        prompt, trace (0 = empty), answer             indices
 *   sizes        P R Y d      prompts, traces, answers, parameters          counts
 *   kappa        kappa        dependence of the answer on the trace: the bias knob
 *   s(r,y)       s            grad log pi(r,y|x)                            (P,R,Y,d)
 *   S(y)         S            grad log pi(y|x) = E_post s                   (P,Y,d)
 *   w            weight       probability of the pair (x, y+, y-)
 */
#ifndef SIM_FAMILY_BVPO_H
#define SIM_FAMILY_BVPO_H

#include "ref/bvpo.h"
#include "ref/rng.h"
#include "ref/status.h"

#include <stddef.h>
#include <stdint.h>

/* Sizes and knobs of a model; sim_bvpo_default() gives those of the golden tables. */
typedef struct sim_bvpo_shape {
    size_t P, R, Y, d;
    uint64_t seed; /* state of splitmix64 */
    double beta, tau, kappa;
} sim_bvpo_shape;

/* (P,R,Y,d) = (3,5,4,8), seed 20251006, beta 1, tau 1, kappa 1/2.    [spec:bvpo 3.1] */
sim_bvpo_shape sim_bvpo_default(void);

/* Everything that depends on theta. */
typedef struct sim_bvpo_table {
    double *log_r;  /* (P,R)    log pi(r|x) */
    double *log_y;  /* (P,R,Y)  log pi(y|x,r) */
    double *log_ry; /* (P,R,Y)  log pi(r,y|x) */
    double *log_m;  /* (P,Y)    log pi(y|x) */
    double *s;      /* (P,R,Y,d) score of (r,y) */
    double *s_phi;  /* (P,R,d)  its trace part, grad log pi(r|x) */
    double *S;      /* (P,Y,d)  score of y */
    double *block;  /* owned: all of the above in one allocation */
} sim_bvpo_table;

typedef struct sim_bvpo {
    sim_bvpo_shape shape;
    double *phi;       /* (P,R,d) */
    double *a;         /* (P,Y,d) */
    double *b;         /* (P,R,Y,d) */
    double *psi;       /* (P,R,Y,d) */
    double *theta_ref; /* (d) */
    double *delta;     /* (d) */
    double *theta;     /* (d) theta_ref + tau delta */
    double *reward;    /* (P,Y) */
    double *block;     /* owned: all of the above in one allocation */
    sim_bvpo_table ref;
} sim_bvpo;

/* The model of a shape, drawn in the order phi, a, b, theta_ref, delta, reward.
 *
 *   returns   REF_OK; REF_ESHAPE for a size of 0, fewer than 2 answers or more than
 *             2^24 table entries; REF_EDOM for beta <= 0 or a knob that is not finite;
 *             REF_ENOMEM
 *   label     [spec:bvpo 3.1]
 */
REF_MUST ref_status sim_bvpo_init(sim_bvpo *m, const sim_bvpo_shape *shape,
                                  ref_why *why);
void sim_bvpo_free(sim_bvpo *m);

/* Tables at theta (d); init allocates and fills, fill refreshes.     [spec:bvpo 3.2] */
REF_MUST ref_status sim_bvpo_table_init(sim_bvpo_table *t, const sim_bvpo *m,
                                        const double *theta);
void sim_bvpo_table_fill(sim_bvpo_table *t, const sim_bvpo *m, const double *theta);
void sim_bvpo_table_free(sim_bvpo_table *t);

/* ---- preference pairs ---------------------------------------------------------------- */

typedef struct sim_bvpo_pair {
    size_t x, plus, minus; /* prompt, preferred answer, the other; plus != minus */
} sim_bvpo_pair;

size_t sim_bvpo_pairs(const sim_bvpo *m); /* P Y (Y-1) */

/* The k-th pair, k < sim_bvpo_pairs(m): x slowest, then y+, then y-. */
sim_bvpo_pair sim_bvpo_pair_at(const sim_bvpo *m, size_t k);

/* Law of the answers behind a pair: with thinking p(y) = ref(y|x), else ref(y|x,r=0). */
typedef enum sim_bvpo_law { SIM_BVPO_MARGINAL, SIM_BVPO_NO_TRACE } sim_bvpo_law;

/* w(x,y+,y-) = (1/P) 2 p(y+) p(y-) sigma(reward+ - reward-) / (1 - sum_y p(y)^2).
 *                                                                    [spec:bvpo 3.3] */
double sim_bvpo_weight(const sim_bvpo *m, sim_bvpo_pair pair, sim_bvpo_law law);

/* ref(r|x,y), the posterior of the trace under the reference.        [spec:bvpo 3.3] */
double sim_bvpo_posterior(const sim_bvpo *m, size_t x, size_t r, size_t y);

/* log w(r,y) = log pi(r,y|x) - log ref(r,y|x).                       [spec:bvpo 1.6] */
double sim_bvpo_log_weight(const sim_bvpo *m, const sim_bvpo_table *t, size_t x,
                           size_t r, size_t y);

/* Loss of one pair and, where g (d) is not NULL, its gradient: the marginal l_m, the
 * trace-based l_t with traces r+ and r-, the empty-trace l_e.    [spec:bvpo 1.2] */
double sim_bvpo_marginal(const sim_bvpo *m, const sim_bvpo_table *t, sim_bvpo_pair pair,
                         double *g);
double sim_bvpo_trace(const sim_bvpo *m, const sim_bvpo_table *t, sim_bvpo_pair pair,
                      size_t r_plus, size_t r_minus, double *g);
double sim_bvpo_empty(const sim_bvpo *m, const sim_bvpo_table *t, sim_bvpo_pair pair,
                      double *g);

/* Most traces per answer that the K-trace functions below take. */
#define SIM_BVPO_TRACES_MAX 64

/* Loss and gradient of the K-trace family, traces r+ (K) and r- (K), K <= 64.
 *                                                                    [spec:bvpo 1.6] */
REF_MUST ref_status sim_bvpo_ktrace(double *loss, double *g, const sim_bvpo *m,
                                    const sim_bvpo_table *t, sim_bvpo_pair pair,
                                    const size_t *r_plus, const size_t *r_minus,
                                    size_t K);

/* Population loss L_m at the table's theta, and its gradient mu where not NULL. */
double sim_bvpo_loss(const sim_bvpo *m, const sim_bvpo_table *t, double *mu);

/* ---- exact moments ------------------------------------------------------------------- */

typedef enum sim_bvpo_coupling {
    SIM_BVPO_PAIRED, /* g_e on the same pair */
    SIM_BVPO_PROMPT, /* same prompt, an independent pair without traces: the paper's D_e */
    SIM_BVPO_INDEP /* independent prompt too */
} sim_bvpo_coupling;

/* REF_EUSAGE where the name is none of paired, prompt, indep. */
REF_MUST ref_status sim_bvpo_coupling_parse(sim_bvpo_coupling *out, const char *name,
                                            ref_why *why);

typedef struct sim_bvpo_exact {
    double L_m, L_t,
        L_e;    /* population losses; L_t under ref's posterior of the traces */
    double mu2; /* |grad L_m|^2 */
    ref_bvpo_pieces pieces; /* of one item */
    double condvar;         /* E tr Var_r(g_t | pair): the trace noise inside tr_S_t */
} sim_bvpo_exact;

/* Moments of (g_t, g_e) by enumeration of prompts, pairs and traces.
 *
 *   out       untouched on failure
 *   mu        out, (d); may be NULL
 *   returns   REF_OK; REF_ENOMEM
 *   label     [spec:bvpo 3.3]
 */
REF_MUST ref_status sim_bvpo_moments(sim_bvpo_exact *out, double *mu, const sim_bvpo *m,
                                     const sim_bvpo_table *t,
                                     sim_bvpo_coupling coupling);

/* The same given one pair (mu = grad l_m of the pair; g_e is constant), g_e on the pair
 * itself.  out->L_* are the pair's losses, condvar = tr_S_t.         [spec:bvpo 3.4] */
REF_MUST ref_status sim_bvpo_pair_moments(sim_bvpo_exact *out, const sim_bvpo *m,
                                          const sim_bvpo_table *t, sim_bvpo_pair pair);

/* Most multisets of K traces per answer, C(K+R-1, K), that the enumeration below takes:
 * K = 16 of 5 traces has 4845, and 23 million pairs of them. */
#define SIM_BVPO_BAGS_MAX 5000

/* Bias norm, variance and mean loss of the K-trace gradient of one pair, by enumeration
 * of all pairs of multisets of traces.
 *
 *   K         1 <= K <= 64 with at most SIM_BVPO_BAGS_MAX multisets (REF_ESHAPE)
 *   returns   REF_OK; REF_ESHAPE; REF_ENOMEM; out untouched then
 *   label     [spec:bvpo 1.6]
 */
typedef struct sim_bvpo_kmoments {
    double bias, variance, loss;
    double mean2; /* |E g_K|^2 */
} sim_bvpo_kmoments;

REF_MUST ref_status sim_bvpo_ktrace_moments(sim_bvpo_kmoments *out, const sim_bvpo *m,
                                            const sim_bvpo_table *t, sim_bvpo_pair pair,
                                            size_t K);

/* ---- smoothness ---------------------------------------------------------------------- */

typedef struct sim_bvpo_smoothness {
    double D_phi, D_psi, D_psi0; /* feature diameters */
    double L_m, L_t, L_e;        /* smoothness constants of any pair's losses */
} sim_bvpo_smoothness;

sim_bvpo_smoothness sim_bvpo_smooth(const sim_bvpo *m); /* [spec:bvpo 3.5] */

/* ---- sampling ------------------------------------------------------------------------ */

/* One item of preference data: a pair with a trace per answer, and a pair for g_e. */
typedef struct sim_bvpo_draw {
    sim_bvpo_pair t, e;
    size_t r_plus, r_minus;
} sim_bvpo_draw;

/* The j-th item of a stream (uses the uniforms 8j .. 8j+7).          [spec:bvpo 3.3] */
sim_bvpo_draw sim_bvpo_sample(const sim_bvpo *m, sim_bvpo_coupling coupling,
                              const ref_rng_stream *stream, uint32_t j);

/* A trace from ref(r|x,y) by inversion of u in (0,1].                [spec:bvpo 3.3] */
size_t sim_bvpo_sample_trace(const sim_bvpo *m, size_t x, size_t y, double u);

#endif
