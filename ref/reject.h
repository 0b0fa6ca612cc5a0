/* reject.h -- rejection sampling: the estimators of mu = grad log p and their errors.
 *
 * Symbols (paper -> code)
 *   n, K      n, K     draws and accepted draws of one prompt                  counts
 *   p, q      p, q     acceptance rate, 1-p
 *   s, h      -        score of an accepted draw; policy score of any draw
 *   mu, v     mu2, v   |E_Q s|^2 ; E_Q|s|^2 - |mu|^2
 *   S2        S2       E_Q|s|^2 = G^2
 *   H2, HR    H2, HR   E_P|h|^2 and its rejected part E_P (1-a)|h|^2
 *   W2        W2       E_P a^2|s|^2; p S2 with a verifier
 *   omega     -        factor on mu in the mean of an estimator, E g = omega mu
 */
#ifndef REF_REJECT_H
#define REF_REJECT_H

#include "ref/status.h"

#include <stddef.h>

/* name, formula */
#define REF_REJECT_LIST(X)                                                             \
    X(REF_REJECT_IW, "iw", "(1/(n p)) sum_acc s")                                      \
    X(REF_REJECT_RB, "rb", "(1/(n p)) sum a(y) s")                                     \
    X(REF_REJECT_SN, "sn", "mean_acc s, 0 if K = 0")                                   \
    X(REF_REJECT_LOO, "loo", "mean_acc s - mean_all h, 0 if K = 0")                    \
    X(REF_REJECT_POOL, "pool", "(m/N) sum_acc s over all prompts")                     \
    X(REF_REJECT_RRIS, "rris", "weight (mean_acc s - (pt/k) sum_all h)")

typedef enum ref_reject_estimator {
#define REF_REJECT_ENUM(id, name, formula) id,
    REF_REJECT_LIST(REF_REJECT_ENUM)
#undef REF_REJECT_ENUM
        REF_REJECT_COUNT
} ref_reject_estimator;

/* Every estimator of this project is  g = accepted sum_acc s + all sum_all h  for one
 * prompt. These are the two coefficients; the simulator and the trainer multiply. */
typedef struct ref_reject_coefficient {
    double accepted; /* on each accepted draw's s (RB: times a(y), on every draw) */
    double all;      /* on each draw's h */
} ref_reject_coefficient;

typedef struct ref_reject_case {
    size_t n, K;   /* draws, accepted */
    double p;      /* acceptance rate put into the denominator (IW, RB), pt (RRIS) */
    double pool;   /* POOL: m / N */
    double weight; /* RRIS: 1/kappa where kappa < 1, else 1 */
} ref_reject_case;

/* Coefficients of estimator e; n = 0 and K = 0 give zeros where the estimator is defined
 * as 0 there.   [spec:sim 1][gvm:eq6][gvm:alg1] */
REF_API ref_reject_coefficient ref_reject_coefficients(ref_reject_estimator e,
                                                       const ref_reject_case *c);

/* Look an estimator up by its short name, REF_REJECT_COUNT if there is none; its short
 * name, "unknown" outside the list. */
REF_API ref_reject_estimator ref_reject_find(const char *name);
REF_API const char *ref_reject_name(ref_reject_estimator e);

/* ---- exact laws ------------------------------------------------------------------ */

/* h(n,p) = E[1{K>0}/K], K ~ Bin(n,p), by  h(n) = q h(n-1) + (1-q^n)/n, h(0) = 0.
 *
 *   n         draws; all terms of the recursion are >= 0, so it is stable, O(n)
 *   p         in [0,1]; NaN outside
 *   label     [spec:gvm 2.4]
 */
REF_API double ref_reject_h(size_t n, double p);

/* Bounds  (1-q^n)^2/(n p) <= h(n,p) <= 2(1-q^(n+1))/((n+1)p);  0 for n = 0 or p = 0.
 *                                                                    [spec:gvm 2.4] */
REF_API double ref_reject_h_lower(size_t n, double p);
REF_API double ref_reject_h_upper(size_t n, double p);

/* Large np:  1/(np) + q/(np)^2, the rest is O((np)^-3); +inf at np = 0. [spec:gvm 2.4] */
REF_API double ref_reject_h_large(size_t n, double p);

/* What the law of an estimator depends on; the fields are named in the legend above. */
typedef struct ref_reject_moments {
    double p, S2, mu2, v;
    double H2, HR; /* LOO and RRIS only */
    double W2;     /* RB only */
} ref_reject_moments;

typedef struct ref_reject_law {
    double omega;    /* E g = omega mu */
    double variance; /* trace of the covariance */
    double mse;      /* E|g - mu|^2 = variance + (1-omega)^2 |mu|^2 */
} ref_reject_law;

/* Exact law of one prompt's estimator from n draws.
 *
 *   IW    omega 1               variance (S2/p - mu2)/n
 *   RB    1                     (W2/p^2 - mu2)/n
 *   SN    1-q^n                 v h + q^n (1-q^n) mu2
 *   LOO   1-q^(n-1)             v [h - 2(1-q^n)/n + p/n] + HR (1-q^(n-1))/n
 *                               + mu2 [(p/n)(1 + p q^(n-2)) + q^(n-2)(1-2p) - q^(2n-2)]
 *   POOL  pool n p              pool^2 n (p S2 - p^2 mu2)
 *
 *   n         draws; n = 0 gives g = 0. IW, RB and POOL take any real n >= 0
 *   pool      POOL: m/N; else ignored
 *   returns   all fields NaN outside the domain (p not in [0,1], n < 0, p = 0 in IW and
 *             RB, a fractional n in SN and LOO) and for RRIS, see ref_reject_rris.
 *             LOO assumes a verifier: h = s on accepted draws
 *   label     [gvm:lemma1][spec:gvm 2.2][spec:gvm 2.3][spec:sim 1]
 */
REF_API ref_reject_law ref_reject_exact(ref_reject_estimator e,
                                        const ref_reject_moments *x, double n,
                                        double pool);

/* Bound of the IW variance, S2/(n p); its slack is |mu|^2/n.            [gvm:lemma1] */
REF_API double ref_reject_bound(const ref_reject_moments *x, double n);

/* MSE of  g = sum_i w_i g_i  with SN estimators; the biases add coherently:
 *   sum_i w_i^2 [v_i h_i + q_i^n_i (1-q_i^n_i) mu2_i] + |sum_i w_i q_i^n_i mu_i|^2
 *
 *   w, x, n   (m) weights, moments, draws
 *   mu        (m,d) row-major
 *   returns   squared gradient units; NaN outside the domain
 *   label     [spec:gvm 2.3]
 */
REF_API double ref_reject_sn_mse(const double *w, const ref_reject_moments *x,
                                 const size_t *n, const double *mu, size_t m, size_t d);

/* ---- Russian-roulette inverse sampling ------------------------------------------- */

/* How RRIS spends: kappa expected successes, c the coefficient pt of its control
 * variate, cap the longest run of draws (0: none; a cap asks for kappa <= 1). */
typedef struct ref_reject_roulette {
    double kappa, c;
    size_t cap;
} ref_reject_roulette;

/* Exact law of RRIS with a verifier.  X = (1-c) s_acc - c sum_rej h  is one success.
 *
 *   Var X = (1-c)^2 v + c^2 R,  R = HR/p + mu2   ( = (q/p) vR + mu2/q )
 *   kappa <= 1:  omega 1, variance (Var X + mu2)/kappa - mu2
 *   kappa >= 1:  variance Var X [(1-f)/k + f/(k+1)], k + f = kappa, k integer, 0 <= f < 1
 *   with a cap C:  omega = 1 - q^C - c p C q^(C-1), second moment summed over the stopping
 *   time. A run without success returns 0, hence the last term of omega.
 *
 *   r         kappa > 0, 0 <= c <= 1
 *   returns   NaN fields outside the domain, for p = 0, and for a cap with kappa > 1
 *   label     [spec:sim 3.3]
 */
REF_API ref_reject_law ref_reject_rris(const ref_reject_moments *x,
                                       const ref_reject_roulette *r);

/* Expected draws of RRIS:  kappa (1-q^C)/p;  kappa/p without a cap.     [spec:sim 3.3] */
REF_API double ref_reject_rris_cost(double p, const ref_reject_roulette *r);

/* Best coefficient  c = v/(v + R).                                      [spec:sim 3.3] */
REF_API double ref_reject_rris_best(const ref_reject_moments *x);

/* ---- what a method optimises ----------------------------------------------------- */

/* F_n(p) = sum_{k=1..n} (1-q^k)/k, whose slope is (1-q^n)/p: E[SN] = grad F_n(p).
 *                                                                      [spec:sim 1] */
REF_API double ref_reject_truncation(size_t n, double p);

/* Factor rho = N' p h(N',p) on mu when IW divides by an independent pilot estimate and
 * skips a prompt whose pilot saw no success.                         [spec:gvm 2.5] */
REF_API double ref_reject_plugin(size_t pilot, double p);

/* omega(p) of a method whose n follows from a pilot of N' draws:  n = c / sqrt(phat),
 * 0 when the pilot saw no success; the mean over K' ~ Bin(N',p). SN and LOO need whole
 * draws and take the nearest integer; POOL is linear in n and takes n as it is.
 *
 *   e         IW, RB: 1-q^N';  SN: E[1-q^n];  LOO: E[1-q^max(n-1,0)];  POOL: E[n] p / c
 *   pilot     N' >= 1
 *   budget    c > 0, what n is at phat = 1
 *   returns   NaN outside the domain, and for RRIS
 *   label     [spec:sim 4.2][spec:gvm 2.6]
 */
REF_API double ref_reject_omega_pilot(ref_reject_estimator e, size_t pilot,
                                      double budget, double p);

/* omega(p) of GRPO with group size n, epsilon = 0:
 *   sqrt((n-1)/n) E[sqrt(S(n-S))] / (n q),  S ~ Bin(n,p).            [spec:sim 4.2]
 *
 *   returns   NaN for n < 1, p outside [0,1]; the limit at p = 1 for n >= 2
 */
REF_API double ref_reject_omega_grpo(size_t n, double p);

/* Ceiling of V_unif/V_gvm on the prompts a pilot of N' keeps, equal G:
 *   (1+sqrt N')^2 / (4 sqrt N').                                      [spec:sim 4.3] */
REF_API double ref_reject_pilot_ceiling(size_t pilot);

/* Efficiency  <g, E ghat>^2 / (|g|^2 E|ghat|^2): share of the exact gradient's progress
 * at the best step size.
 *
 *   inner     <g, E ghat>
 *   g2        |g|^2 > 0
 *   second    E|ghat|^2 > 0
 *   label     [spec:sim 1]
 */
REF_API double ref_reject_efficiency(double inner, double g2, double second);

#endif
