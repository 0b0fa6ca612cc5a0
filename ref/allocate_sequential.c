/* allocate_sequential.c -- rules that decide draw by draw, and their expected cost.
 *
 * Symbols (paper -> code)
 *   n, K      n, K     drawn, accepted so far                             counts
 *   k         right    accepted samples wanted
 *   cap       max      most draws of a prompt
 */
#include "ref/allocate.h"
#include "ref/allocate_private.h"
#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>

enum { CAP = 128, GROUP = 8 };

static size_t capped(size_t wanted, size_t n, size_t cap)
{
    const size_t room = n < cap ? cap - n : 0;
    return wanted < room ? wanted : room;
}

static size_t cap_of(const ref_allocate_input *in, size_t otherwise)
{
    return rule_default(in->max, otherwise);
}

/* ---- waiting for successes ------------------------------------------------------- */

/* P(Bin(t,p) < k) for t = 0, 1, 2, ...: each draw takes p P(Bin(t,p) = k-1). */
typedef struct waiting {
    double p, q;
    size_t k, t;
    double below; /* P(Bin(t,p) < k) */
    double brink; /* P(Bin(t,p) = k-1) */
} waiting;

static waiting waiting_start(double p, size_t k)
{
    return (waiting){.p = p,
                     .q = 1.0 - p,
                     .k = k,
                     .below = k > 0 ? 1.0 : 0.0,
                     .brink = k == 1 ? 1.0 : 0.0};
}

static void waiting_draw(waiting *w)
{
    w->below = fmax(w->below - w->p * w->brink, 0.0);
    w->t++;
    if (w->k == 0) return;
    if (w->t + 1 == w->k)
        w->brink =
            pow(w->p, (double)w->t); /* the first t at which k-1 can be reached */
    else if (w->t >= w->k)
        w->brink *= w->q * (double)w->t / (double)(w->t - (w->k - 1));
}

double ref_allocate_expected_draws(double p, size_t right, size_t wrong, size_t round,
                                   size_t cap)
{
    if (!(p >= 0.0 && p <= 1.0) || round == 0) return nan("");
    waiting yes = waiting_start(p, right), no = waiting_start(1.0 - p, wrong);
    ref_sum draws = {0};
    for (size_t t = 0; t < cap; t++) {
        /* with t >= right + wrong - 1 draws not both counts can be short */
        const bool early = t < right + wrong;
        const double short_of = early ? 1.0 : fmin(yes.below + no.below, 1.0);
        if (t % round == 0)
            ref_sum_add(&draws, short_of * (double)capped(round, t, cap));
        waiting_draw(&yes);
        waiting_draw(&no);
    }
    return ref_sum_value(&draws);
}

/* ---- shares = expected draws ----------------------------------------------------- */

static ref_status by_draws(double *share, const ref_allocate_input *in,
                           rule_weight *draws, ref_why *why)
{
    return rule_by_weight(share, in, draws, RULE_PLAIN, why);
}

/* ---- Reinforce-Ada, sequential --------------------------------------------------- */

enum { ADA_ROUND = 4, ADA_RIGHT = 4, ADA_EACH = 2 };

static double ada_seq_draws(const rule_prompt *x)
{
    return ref_allocate_expected_draws(x->p, rule_default(x->in->target, ADA_RIGHT), 0,
                                       rule_default(x->in->group, ADA_ROUND),
                                       cap_of(x->in, CAP));
}

ref_status rule_ada_seq(double *share, const ref_allocate_input *in, void *user,
                        ref_why *why)
{
    (void)user;
    return by_draws(share, in, ada_seq_draws, why);
}

size_t more_ada_seq(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                    double uniform, void *user)
{
    (void)i, (void)uniform, (void)user;
    if (K >= rule_default(in->target, ADA_RIGHT)) return 0;
    return capped(rule_default(in->group, ADA_ROUND), n, cap_of(in, CAP));
}

static double ada_balance_draws(const rule_prompt *x)
{
    const size_t each = rule_default(x->in->target, ADA_EACH);
    return ref_allocate_expected_draws(
        x->p, each, each, rule_default(x->in->group, ADA_ROUND), cap_of(x->in, CAP));
}

ref_status rule_ada_balance(double *share, const ref_allocate_input *in, void *user,
                            ref_why *why)
{
    (void)user;
    return by_draws(share, in, ada_balance_draws, why);
}

size_t more_ada_balance(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                        double uniform, void *user)
{
    (void)i, (void)uniform, (void)user;
    const size_t each = rule_default(in->target, ADA_EACH);
    if (K >= each && n - K >= each) return 0;
    return capped(rule_default(in->group, ADA_ROUND), n, cap_of(in, CAP));
}

/* ---- DAPO ------------------------------------------------------------------------ */

/* group sum_{r < rounds} pure^r, pure = p^g + q^g the chance of a group without signal;
 * the last round may be cut by the cap */
static double dapo_draws(const rule_prompt *x)
{
    const size_t group = rule_default(x->in->group, GROUP), cap = cap_of(x->in, CAP);
    const double size = (double)group, pure = pow(x->p, size) + pow(x->q, size);
    ref_sum draws = {0};
    double reached = 1.0;
    for (size_t n = 0; n < cap && reached > 0.0; n += group) {
        ref_sum_add(&draws, reached * (double)capped(group, n, cap));
        reached *= pure;
    }
    return ref_sum_value(&draws);
}

ref_status rule_dapo(double *share, const ref_allocate_input *in, void *user,
                     ref_why *why)
{
    (void)user;
    return by_draws(share, in, dapo_draws, why);
}

size_t more_dapo(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                 double uniform, void *user)
{
    (void)i, (void)uniform, (void)user;
    const size_t group = rule_default(in->group, GROUP);
    /* earlier groups were all right or all wrong: the last is mixed iff K mod g > 0 */
    return K % group != 0 ? 0 : capped(group, n, cap_of(in, CAP));
}

/* ---- DARS ------------------------------------------------------------------------ */

enum { DARS_CAP = 32 };

/* draws after the first group; lift = 1 (ET) or 2q (HW) */
static size_t dars_extra(const ref_allocate_input *in, double rate, bool hardness)
{
    const size_t first = rule_default(in->group, GROUP);
    const double N = (double)first;
    const double a = rate > 0.0 ? rate : 0.5 / N;
    if (a >= 0.5) return 0;
    const double S = 2.0 * sqrt(a * (1.0 - a)), lift = hardness ? 2.0 * (1.0 - a) : 1.0;
    const double extra = fmax(ceil((lift * N - N * S) / S), 0.0);
    const size_t cap = cap_of(in, DARS_CAP), room = cap > first ? cap - first : 0;
    return extra < (double)room ? (size_t)extra : room;
}

/* first + E extra(K/first), K ~ Bin(first, p); where p is itself what a pilot stage
 * saw, the extra draws that it earns */
static double dars_draws(const rule_prompt *x, bool hardness)
{
    const size_t first = rule_default(x->in->group, GROUP);
    if (x->in->pilot > 0 || x->in->draws != NULL)
        return (double)(first + dars_extra(x->in, x->p, hardness));
    ref_sum draws = {0};
    ref_sum_add(&draws, (double)first);
    for (size_t K = 0; 2 * K < first; K++) {
        const double rate = (double)K / (double)first, N = (double)first, k = (double)K;
        const double choose = exp(lgamma(N + 1) - lgamma(k + 1) - lgamma(N - k + 1));
        const double chance = choose * pow(x->p, k) * pow(x->q, N - k);
        ref_sum_add(&draws, chance * (double)dars_extra(x->in, rate, hardness));
    }
    return ref_sum_value(&draws);
}

static double dars_et_draws(const rule_prompt *x)
{
    return dars_draws(x, false);
}

static double dars_hw_draws(const rule_prompt *x)
{
    return dars_draws(x, true);
}

ref_status rule_dars_et(double *share, const ref_allocate_input *in, void *user,
                        ref_why *why)
{
    (void)user;
    return by_draws(share, in, dars_et_draws, why);
}

ref_status rule_dars_hw(double *share, const ref_allocate_input *in, void *user,
                        ref_why *why)
{
    (void)user;
    return by_draws(share, in, dars_hw_draws, why);
}

/* first group, then the extra draws by the rate that it showed */
static size_t more_dars(const ref_allocate_input *in, size_t n, size_t K, bool hardness)
{
    const size_t first = rule_default(in->group, GROUP);
    if (n == 0) return first;
    return n == first ? dars_extra(in, (double)K / (double)n, hardness) : 0;
}

size_t more_dars_et(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                    double uniform, void *user)
{
    (void)i, (void)uniform, (void)user;
    return more_dars(in, n, K, false);
}

size_t more_dars_hw(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                    double uniform, void *user)
{
    (void)i, (void)uniform, (void)user;
    return more_dars(in, n, K, true);
}

/* ---- DART-Math ------------------------------------------------------------------- */

enum { DART_RIGHT = 4 };

/* at least k - K draws are needed for k - K successes: none of them is regretted */
static size_t until(size_t k, size_t n, size_t K, size_t cap)
{
    return K < k ? capped(k - K, n, cap) : 0;
}

static size_t prop2diff_target(const ref_allocate_input *in, double q)
{
    return (size_t)ceil((double)rule_default(in->target, DART_RIGHT) * q);
}

static double dart_uniform_draws(const rule_prompt *x)
{
    return ref_allocate_expected_draws(x->p, rule_default(x->in->target, DART_RIGHT), 0,
                                       1, cap_of(x->in, CAP));
}

static double dart_prop2diff_draws(const rule_prompt *x)
{
    return ref_allocate_expected_draws(x->p, prop2diff_target(x->in, x->q), 0, 1,
                                       cap_of(x->in, CAP));
}

ref_status rule_dart_uniform(double *share, const ref_allocate_input *in, void *user,
                             ref_why *why)
{
    (void)user;
    return by_draws(share, in, dart_uniform_draws, why);
}

ref_status rule_dart_prop2diff(double *share, const ref_allocate_input *in, void *user,
                               ref_why *why)
{
    (void)user;
    return by_draws(share, in, dart_prop2diff_draws, why);
}

size_t more_dart_uniform(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                         double uniform, void *user)
{
    (void)i, (void)uniform, (void)user;
    return until(rule_default(in->target, DART_RIGHT), n, K, cap_of(in, CAP));
}

size_t more_dart_prop2diff(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                           double uniform, void *user)
{
    (void)uniform, (void)user;
    const size_t k = prop2diff_target(in, 1.0 - ref_allocate_rate(in, i));
    return until(k, n, K, cap_of(in, CAP));
}

/* ---- SPEED-RL and GRESO ---------------------------------------------------------- */

enum { SPEED_CAP = 24 };

static size_t speed_more_draws(const ref_allocate_input *in)
{
    return capped(SIZE_MAX, rule_default(in->group, GROUP), cap_of(in, SPEED_CAP));
}

static double speed_draws(const rule_prompt *x)
{
    const double first = (double)rule_default(x->in->group, GROUP);
    const double mixed = 1.0 - pow(x->p, first) - pow(x->q, first);
    return first + fmax(mixed, 0.0) * (double)speed_more_draws(x->in);
}

ref_status rule_speed(double *share, const ref_allocate_input *in, void *user,
                      ref_why *why)
{
    (void)user;
    return by_draws(share, in, speed_draws, why);
}

size_t more_speed(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                  double uniform, void *user)
{
    (void)i, (void)uniform, (void)user;
    const size_t first = rule_default(in->group, GROUP);
    if (n == 0) return first;
    return n == first && K > 0 && K < n ? speed_more_draws(in) : 0;
}

static double greso_chance(const ref_allocate_input *in, size_t i)
{
    return pow(in->explore > 0.0 ? in->explore : 0.5, in->visits[i]);
}

static double greso_draws(const rule_prompt *x)
{
    return greso_chance(x->in, x->i) * (double)rule_default(x->in->group, GROUP);
}

ref_status rule_greso(double *share, const ref_allocate_input *in, void *user,
                      ref_why *why)
{
    (void)user;
    return rule_by_weight(share, in, greso_draws, RULE_VISITS, why);
}

size_t more_greso(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                  double uniform, void *user)
{
    (void)K, (void)user;
    if (n > 0 || !(uniform <= greso_chance(in, i))) return 0;
    return rule_default(in->group, GROUP);
}

/* ---- RRIS ------------------------------------------------------------------------ */

double ref_allocate_rris_kappa(const ref_allocate_input *in, size_t i)
{
    return in->budget * in->share[i] * ref_allocate_rate(in, i);
}

size_t ref_allocate_rris_successes(double kappa, double uniform)
{
    const double whole = floor(kappa);
    return (size_t)whole + (uniform <= kappa - whole ? 1 : 0);
}

size_t more_rris(const ref_allocate_input *in, size_t i, size_t n, size_t K,
                 double uniform, void *user)
{
    (void)user;
    const double kappa = ref_allocate_rris_kappa(in, i);
    return until(ref_allocate_rris_successes(kappa, uniform), n, K, cap_of(in, CAP));
}
