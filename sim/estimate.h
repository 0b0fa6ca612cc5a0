/* estimate.h -- one gradient estimate: pilot, allocation, draws, coefficients.
 *
 * A method is data: which rule looks at which numbers, how draws are stopped, which
 * estimator weighs them. The same code serves one replica of any family and eight of a
 * table (sampler.h).
 *
 * Symbols (paper -> code)
 *   N/m       draws       training draws per prompt and step             samples
 *   N'        pilot       pilot draws per prompt                         samples
 *   K~, n~    K, n        memory of successes and draws, decayed         samples
 *   pt        p           smoothed acceptance rate (K~+a)/(n~+a+b)
 *   kappa     kappa       expected successes of a prompt, RRIS
 */
#ifndef SIM_ESTIMATE_H
#define SIM_ESTIMATE_H

#include "ref/allocate_rule.h"
#include "ref/reject.h"
#include "sim/sampler.h"

/* Where the p and G that a rule reads come from. */
typedef enum sim_source {
    SIM_SOURCE_EXACT, /* the true ones at this theta: an oracle, free of charge */
    SIM_SOURCE_PILOT, /* pilot draws, counted */
    SIM_SOURCE_MEMORY /* this run's own past draws, decayed */
} sim_source;

/* How the number of draws of a prompt is decided. */
typedef enum sim_scheme {
    SIM_SCHEME_FIXED, /* shares of the rule, rounded by largest remainder */
    SIM_SCHEME_RRIS, /* inverse sampling until the k-th success          [spec:sim 3.3] */
    SIM_SCHEME_DAPO, /* groups until one is mixed, only that one is used [spec:sim 3.2] */
    SIM_SCHEME_ADA, /* rounds until `target` successes, total capped    [spec:sim 3.2] */
    SIM_SCHEME_PLUS, /* an opening round, then the rule on what is known [spec:sim 3.2] */
    SIM_SCHEME_MORE /* the rule is asked for more draws, round by round, total capped */
} sim_scheme;

typedef struct sim_method {
    const char *name;
    ref_reject_estimator estimator;
    const char *rule; /* name in ref_allocate_rules */
    sim_source source;
    sim_scheme scheme;
    double draws;       /* training draws per prompt; RRIS: expected */
    size_t pilot;       /* N'; PLUS: draws of the opening round */
    size_t refresh;     /* fresh shares every so many steps; 0 and 1: every step */
    bool reuse;         /* pilot draws count as training draws (rule gvm-reuse) */
    bool mean_norm;     /* G is the mean norm instead of the root mean square */
    bool no_control;    /* RRIS without its control variate */
    double alpha, beta; /* GVM's regulariser */
    size_t cap;         /* RRIS: most draws of a prompt; 0: 128 */
    size_t group;  /* DAPO: draws per group; ADA: per round; 0: 8, in a rule its own */
    size_t target; /* ADA: successes at which a prompt leaves; 0: 4, likewise */
    double decay;  /* memory factor per step; 0: 0.8 */
    size_t min, max;     /* of a rule that has bounds; 0: its own */
    double tau, explore; /* of a rule that has them; 0: its own */
    const double *n; /* NULL, or (m) whole draws per prompt in place of the rule's */
} sim_method;

/* The methods of section 5 by name, "uniform-iw", "gvm-oracle-iw", "rris", ...: defaults
 * of 8 draws, pilot 8. NULL if there is none. The list ends with a NULL name. */
const sim_method *sim_methods(void);
const sim_method *sim_method_find(const char *name);

/* What the rule of a method lacks: REF_EUSAGE naming the column that its source cannot
 * fill, an unknown rule, an estimator that does not go with it; REF_OK otherwise.
 *                                                                      [spec:gvm 9] */
REF_MUST ref_status sim_method_check(const sim_method *method, ref_why *why);

/* Everything one block of replicas needs from step to step. */
typedef struct sim_estimator {
    sim_method method;
    const ref_allocate_rule *rule;
    sim_sampler sampler;
    uint32_t seed, replica;     /* replica of lane 0 */
    bool alive[SIM_LANES];      /* a diverged lane draws no more */
    double draws[SIM_LANES];    /* draws of the last estimate, pilot included */
    double log_p[SIM_LANES];    /* mean log p over the prompts of the last estimate */
    double control[SIM_LANES];  /* RRIS: slow factor on the budget */
    double *column;             /* (8, m) one lane's inputs to a rule */
    double *n;                  /* (m, 8) draws wanted */
    double *rate, *weight;      /* (m, 8) RRIS: pt and 1/kappa */
    double *share;              /* (m, 8) shares of a pilot that goes stale */
    double *K, *memory, *norm2; /* (m, 8) K~, n~ and the memory of accepted |s|^2 */
    size_t *count;              /* (2, m) whole draws; an order of prompts */
    sim_moments *truth; /* (m, 8) for an oracle's rule that reads |mu|^2, or NULL */
    double *scratch;    /* one lane's theta and the family's scratch, likewise */
    bool has_share;
} sim_estimator;

/* Prepare for a problem; REF_EUSAGE for a rule that is not in the table. */
REF_MUST ref_status sim_estimator_init(sim_estimator *e, const sim_problem *p,
                                       const sim_method *method, uint32_t seed,
                                       uint32_t replica, ref_why *why);
void sim_estimator_free(sim_estimator *e);

/* g (d, lanes) <- (1/count) sum_i ghat_i, the estimate of grad mean log p (no ridge) at
 * theta (d, lanes), from the prompts listed.
 *
 *   step      names the draws: the same step, seed and replica draw the same numbers
 *   prompts   (count) numbers of prompts; NULL: all
 *   returns   REF_OK; what the rule says; REF_ENOMEM
 *   label     [gvm:alg1][gvm:alg2][spec:sim 3]
 */
REF_MUST ref_status sim_estimate(sim_estimator *e, double *g, const double *theta,
                                 uint32_t step, const size_t *prompts, size_t count,
                                 ref_why *why);

#endif
