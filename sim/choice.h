/* choice.h -- problems and methods chosen by name, for `gvm-sim run compare`.
 *
 * A method is RULE/ESTIMATOR, with modifiers behind colons: gvm/sn:pilot=16:age=5. RULE is
 * any name of ref_allocate_rules, RULE-oracle is short for RULE/...:oracle; ESTIMATOR is
 * iw, rb, sn, loo, pool or rris. A word without a slash is one of sim_methods.
 *
 *   oracle      the rule reads the truth at the current theta; in place of a pilot
 *   pilot[=N']  the rule reads N' pilot draws, 8; they are counted. PLUS: opening draws
 *   reuse       pilot draws count as training draws too, within the same budget
 *   age=k       fresh shares (and a fresh pilot) every k steps only
 *   draws=b     a budget of its own, draws per prompt and step
 *   alpha= beta= cap= group= target= decay= min= max= tau= explore=
 *               parameters of the rules that have them
 *   mean-norm   G is the mean norm, not the root mean square
 *   no-control  RRIS without its control variate
 *
 * Rules that decide draw by draw do so here, in rounds over the prompts, their total capped
 * at the budget: rris, plus and dapo as in section 3, the others as their papers say.
 */
#ifndef SIM_CHOICE_H
#define SIM_CHOICE_H

#include "sim/em.h"
#include "sim/experiment.h"

/* Parameters that choose a problem; put them first in an experiment's table. */
#define SIM_CHOICE_PARAMETERS                                                          \
    {"family", "realisable", "tabular, realisable, frustrated, head, chain or model"}, \
        {"model", "none", "FILE.json of family=model, gvm-model(5)"},                  \
        {"profile", "U>=1e-3", "difficulty profile"}, {"prompts", "64", "prompts m"},  \
        {"latents", "16", "latents per prompt Y"}, {"features", "12", "features d"},   \
        {"accepted", "3", "accepted latents kA"}, {"lambda", "0", "ridge"},            \
        {"feature-seed", "11", "seed of the features"},                                \
        {"long-is-hard", "0", "1: feature norms p^(-1/4)"},                            \
        {"answers", "4", "head: answers Z"}, {"kappa", "0.5", "head: its scale"},      \
        {"states", "6", "chain: states"},                                              \
        {"lengths", "2:48:2", "chain: FIRST:LAST:STEP or a list"},                     \
        {"eps", "0.1", "chain: noise at the start"},                                   \
    {                                                                                  \
        "back", "1e-3", "chain: chance of a step back"                                 \
    }

/* The problem of the settings above.
 *
 *   infimum   L's infimum where it is known without a search (0 of a realisable or tabular
 *             problem without ridge), NaN otherwise; may be NULL
 *   returns   REF_OK; REF_EUSAGE naming the parameter and, of a family, the known ones;
 *             what the family or the file says
 *   label     [spec:sim 2]
 */
REF_MUST ref_status sim_choice_problem(sim_problem *p, double *infimum,
                                       const sim_config *c, ref_why *why);

/* The method of a word.
 *
 *   budget    draws per prompt and step, where the word has no draws=
 *   whole     the budget holds the pilot too, spread over the steps that use it
 *   returns   REF_OK; REF_EUSAGE naming the word, what is wrong and what there is, also
 *             for a rule that reads a column its source does not have
 *   label     [spec:sim 3]
 */
REF_MUST ref_status sim_choice_method(sim_method *out, const char *word, double budget,
                                      bool whole, ref_why *why);

#endif
