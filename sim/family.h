/* family.h -- a finite latent-variable problem: what every family can do.
 *
 * L(theta) = -sum_i w_i log p_i(theta) + (lambda/2) |theta|^2,  w_i = 1/m.
 *
 * Symbols (paper -> code)
 *   m, d      m, d     prompts, parameters                                   counts
 *   p_i       p        acceptance rate = marginal likelihood P(z_i|x_i)      probability
 *   h, s      h, s     grad log P(y|x) and grad log P(y,z|x)                 length d
 *   Q_i       Q        posterior P(y|x_i,z_i)
 *   mu_i      mu       E_Q s = grad log p_i                                  length d
 *   a(y)      a        P(z_i|x_i,y), 0 or 1 with a verifier                  probability
 *
 * A family is a const table of functions; a problem is its data. Nothing here holds
 * mutable state: scratch is an argument, so prompts and replicas run in parallel.
 */
#ifndef SIM_FAMILY_H
#define SIM_FAMILY_H

#include "ref/rng.h"
#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exact quantities of one prompt at theta.                             [spec:sim 1] */
typedef struct sim_moments {
    double log_p; /* log p_i; finite also where p underflows */
    double p, q;  /* p_i and 1 - p_i */
    double S2;    /* E_Q |s|^2 = G^2 */
    double G1;    /* E_Q |s|, the mean norm; NaN where a family has no exact form */
    double mu2;   /* |mu|^2 */
    double v;     /* S2 - |mu|^2 */
    double H2;    /* E_P |h|^2 */
    double HR;    /* E_P (1-a) |h|^2, the rejected part of H2 */
    double W2;    /* E_P a^2 |s|^2; equals p S2 with a verifier */
} sim_moments;

typedef struct sim_problem sim_problem;

typedef struct sim_family {
    const char *name; /* "tabular", "loglinear", "head", "chain", ... */
    const char *what; /* one line for `gvm-sim list` */

    /* theta (d) <- the family's documented starting point */
    void (*start)(const sim_problem *p, double *theta);

    /* Exact moments of prompt i; mu (d) may be NULL. scratch has p->scratch doubles. */
    void (*moments)(const sim_problem *p, const double *theta, size_t i,
                    double *scratch, sim_moments *out, double *mu);

    /* Hessian (d,d) of L at theta, ridge included; NULL where there is none. */
    ref_status (*hessian)(const sim_problem *p, const double *theta, double *hessian);

    /* Certified smoothness constant of L over all theta, ridge included. */
    double (*smoothness)(const sim_problem *p);

    /* Fill scratch with prompt i's tables at theta; draw and add_score read them. */
    void (*open)(const sim_problem *p, const double *theta, size_t i, double *scratch);

    /* latent (p->latent words) <- the j-th draw y ~ P(.|x_i); returns a(y). The stream's
     * prompt field must be i. Uses the uniforms j p->uniforms ... of the stream. */
    double (*draw)(const sim_problem *p, size_t i, const double *scratch,
                   const ref_rng_stream *stream, uint32_t j, uint32_t *latent);

    /* g (d) += c_s s(latent) + c_h h(latent) */
    void (*add_score)(const sim_problem *p, size_t i, const double *scratch,
                      const uint32_t *latent, double c_s, double c_h, double *g);

    /* |s(latent)|, what the pilot stage averages into G */
    double (*score_norm)(const sim_problem *p, size_t i, const double *scratch,
                         const uint32_t *latent);

    void (*free)(sim_problem *p); /* releases p->data */
} sim_family;

struct sim_problem {
    const sim_family *family;
    size_t m, d;
    double lambda;   /* ridge */
    size_t latent;   /* words that name one latent */
    size_t uniforms; /* uniforms that one draw uses */
    size_t scratch;  /* doubles that open and moments need */
    void *data;      /* the family's own, owned */
    size_t policy; /* leading coordinates that P(y|x) depends on; the rest is the answer
                      * head's; d in every family but head */
};

/* Release a problem; valid after any outcome of its init, any number of times. */
void sim_problem_free(sim_problem *p);

/* Exact L(theta) and, where g (d) is not NULL, its gradient. moments (m) may be NULL.
 *
 *   returns   REF_OK; REF_ENOMEM; REF_ENONFINITE when a p_i is not positive
 *   label     [gvm:eq3]
 */
REF_MUST ref_status sim_problem_loss(const sim_problem *p, const double *theta,
                                     double *loss, double *g, sim_moments *moments,
                                     ref_why *why);

/* The finite log-linear data that tabular, loglinear and head share; also the input of
 * the block engine.  P(y|x_i) is softmax_y(phi[i][y] . theta + offset[i][y]). */
typedef struct sim_loglinear {
    size_t m, Y, d;
    double *phi;    /* (m,Y,d) row-major, 64-byte aligned */
    double *offset; /* (m,Y) */
    double *accept; /* (m,Y) a(y) in [0,1]; 0 or 1 with a verifier */
} sim_loglinear;

/* ---- constructors -------------------------------------------------------------- */

/* Difficulty profile u_i = (i+1/2)/m -> p_i; a Beta profile is also cut at 1 - 1e-4, as
 * the specification's numbers were.                                  [spec:sim 2.2] */
typedef enum sim_profile_kind {
    SIM_PROFILE_CONST, /* p = a */
    SIM_PROFILE_LOGU,  /* p = b (a/b)^u, from b down to a */
    SIM_PROFILE_POW,   /* p = max(b u^c, a) */
    SIM_PROFILE_BETA   /* p = min(max(BetaInv(u; b, c), a), 1 - 1e-4) */
} sim_profile_kind;

typedef struct sim_profile {
    sim_profile_kind kind;
    double a, b, c;
} sim_profile;

/* p (m) <- the profile. Names: "const:.3", "logu:1e-3,.9", "pow:LO,HI,KAPPA",
 * "beta:LO,A,B", and the short ones of the specification: "U>=1e-3" (= beta:1e-3,.4,.4),
 * "logu3" (= logu:1e-3,.9), "logu2" (= logu:1e-2,.9), "easy" (= beta(8,1)).
 *
 *   returns   REF_OK; REF_EUSAGE with the names there are; REF_EDOM outside the domain
 *   label     [spec:sim 2.2]
 */
REF_MUST ref_status sim_profile_parse(sim_profile *out, const char *text, ref_why *why);
REF_MUST ref_status sim_profile_fill(double *p, size_t m, const sim_profile *profile);

typedef struct sim_shape {
    size_t m, Y, d, kA; /* prompts, latents, features, accepted latents */
    double lambda;
    uint32_t seed;       /* feature seed */
    sim_profile profile; /* p_i at the starting point */
    bool long_is_hard;   /* feature scale c_i = p_i^-1/4 */
} sim_shape;

/* A tabular problem: one logit per prompt and latent, the first kA latents accepted; it
 * starts where p_i is the profile. s->d is not read.
 *
 *   returns   REF_OK; REF_ESHAPE; REF_EDOM for a rate outside (0,1) or a ridge below 0;
 *             REF_ENOMEM
 *   label     [spec:sim 2.3]
 */
REF_MUST ref_status sim_tabular_init(sim_problem *p, const sim_shape *s, ref_why *why);

/* A log-linear problem whose policy all prompts share; p_i is the profile at theta = 0.
 *
 *   variant   'R' realisable: the kA latents that a teacher ranks first are accepted;
 *             'F' frustrated: the first kA, whatever their features
 *   returns   as above; REF_EUSAGE for another variant
 *   label     [spec:sim 2.4]
 */
REF_MUST ref_status sim_loglinear_init(sim_problem *p, const sim_shape *s, char variant,
                                       ref_why *why);

/* A log-linear policy over Y rationales and an answer head over Z answers:
 *   P(z|x_i,y) = softmax_z(psi . (a_iz + kappa b_iyz)),  theta = (policy, psi) of 2 d.
 *
 *   returns   REF_OK; REF_ESHAPE for a size of 0, Z < 2 or more than 2^28 features;
 *             REF_EDOM for kappa that is not finite; REF_ENOMEM
 *   label     [spec:sim 2.4]
 */
REF_MUST ref_status sim_head_init(sim_problem *p, size_t m, size_t Y, size_t Z,
                                  size_t d, double kappa, uint32_t seed, ref_why *why);

/* A chain of thought: one transition matrix softmax_b theta[a,b] for all steps and
 * prompts, theta of states^2; prompt i is accepted where its length[i] steps end in the
 * right state.
 *
 *   length    (m) steps of each prompt, >= 1; copied
 *   eps       in (0,1), chance of an error from a good state at the start
 *   back      in (0,1), chance of leaving the error state
 *   returns   REF_OK; REF_ESHAPE for too few or too many states, m = 0 or a length out of
 *             range; REF_EDOM; REF_ENOMEM
 *   label     [spec:sim 2.5]
 */
REF_MUST ref_status sim_chain_init(sim_problem *p, size_t states, const size_t *length,
                                   size_t m, double eps, double back, ref_why *why);

/* Lengths of a chain's prompts from "FIRST:LAST:STEP" (":STEP" may be left out) or a list
 * with commas.
 *
 *   length    out, at most room of them; what it holds after a failure is unspecified
 *   returns   REF_OK; REF_EUSAGE
 */
REF_MUST ref_status sim_chain_lengths(size_t *length, size_t *count, size_t room,
                                      const char *text, ref_why *why);

/* The explicit table behind a tabular or loglinear problem; NULL for other families, and
 * for tabular problems whose one-hot features would take more than 16 MiB. */
const sim_loglinear *sim_problem_loglinear(const sim_problem *p);

/* A log-linear problem from explicit arrays, which are copied.
 *
 *   table     phi (m,Y,d), offset (m,Y), accept (m,Y) in [0,1]; all finite, m, Y, d >= 1
 *   start     (d) starting point, or NULL for zeros
 *   returns   REF_OK; REF_ESHAPE, REF_EDOM with the first bad entry; REF_ENOMEM
 *   label     [spec:gvm 1.4]
 */
REF_MUST ref_status sim_loglinear_from(sim_problem *p, const sim_loglinear *table,
                                       const double *start, double lambda,
                                       ref_why *why);

/* A tabular problem from explicit logits and acceptance (m,Y), which are copied; theta
 * starts at the logits.                                              [spec:sim 2.3] */
REF_MUST ref_status sim_tabular_from(sim_problem *p, size_t m, size_t Y,
                                     const double *logit, const double *accept,
                                     double lambda, ref_why *why);

/* Test set of a realisable problem: prompts m..2m-1 under the same teacher, with the
 * difficulty profile of prompts 0..m-1; NULL for other problems.     [spec:sim 2.4] */
const sim_loglinear *sim_problem_test_set(const sim_problem *p);

/* Test accuracy: the expected acceptance rate, mean p_i over the test set; it needs no
 * draws, and its expectation equals that of pass@1. scratch has p->scratch doubles.
 * NaN without a test set.                                            [spec:sim 5.2] */
double sim_problem_test_accuracy(const sim_problem *p, const double *theta,
                                 double *scratch);

/* g (d) <- grad log P(z_i | x_i, empty rationale) of a head problem: exact, biased, zero
 * on the policy block; the quiet estimator that BVPO mixes in.  scratch has p->scratch
 * doubles. Returns false, g untouched, for other families.           [spec:sim 7] */
bool sim_head_quiet(const sim_problem *p, const double *theta, size_t i,
                    double *scratch, double *g);

/* Minimiser theta (d) of L from theta as given: damped Newton, eigenvalues floored at
 * 1e-4, Armijo halving, until |grad| <= tolerance.
 *
 *   theta     in and out, (d); untouched on failure
 *   returns   REF_OK; REF_EUNSUPPORTED for a family without a Hessian; REF_EDOM for a
 *             tolerance that is not positive; REF_ENONFINITE where it does not get there;
 *             REF_ENOMEM
 *   label     [spec:sim 9]
 */
REF_MUST ref_status sim_problem_minimise(const sim_problem *p, double *theta,
                                         double tolerance, ref_why *why);

#endif
