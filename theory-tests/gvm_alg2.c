/* gvm_alg2.c -- the pilot's estimates of p and G. */
#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>

enum { MODELS = 24, PILOT = 4 };

static void make(finite_model *f, uint32_t seed)
{
    const finite_shape shape = {1, 3, 3, seed % 3, 2900 + seed};
    double theta[FINITE_D];
    finite_model_init(f, &shape);
    finite_model_theta(f, theta, 0.8, 0);
    finite_model_at(f, theta);
}

/* Means over all pilots of N' = 4 draws. */
typedef struct pilot_law {
    double rate;       /* E phat, phat = K/N' */
    double norm;       /* E G, G = mean norm of the accepted, 0 without one */
    double success;    /* P(K > 0) */
    double square_rms; /* E [mean squared norm of the accepted] */
} pilot_law;

static pilot_law enumerate(const finite_model *f)
{
    const size_t kinds = 2 * f->shape.Y, d = f->shape.d;
    ref_sum rate = {0}, norm = {0}, success = {0}, square = {0};
    size_t total = 1;
    for (size_t j = 0; j < PILOT; j++) total *= kinds;
    for (size_t code = 0; code < total; code++) {
        double P = 1.0, K = 0.0, sum = 0.0, sum2 = 0.0;
        for (size_t j = 0, rest = code; j < PILOT; j++, rest /= kinds) {
            const size_t outcome = rest % kinds;
            P *= finite_model_outcome(f, 0, outcome);
            if (outcome % 2 == 0) continue;
            const double s2 = ref_norm2(&f->s[0][outcome / 2 * d], d);
            K += 1.0;
            sum += sqrt(s2);
            sum2 += s2;
        }
        if (P == 0.0 || K == 0.0) continue;
        ref_sum_add(&rate, P * K / PILOT);
        ref_sum_add(&norm, P * sum / K);
        ref_sum_add(&square, P * sum2 / K);
        ref_sum_add(&success, P);
    }
    return (pilot_law){ref_sum_value(&rate), ref_sum_value(&norm),
                       ref_sum_value(&success), ref_sum_value(&square)};
}

/* property 48 */
static void pilot_estimates_have_their_means(void)
{
    double worst_rate = 0.0, worst_norm = 0.0, worst_plain = 0.0, worst_jensen = -1.0;
    double worst_square = 0.0, gap = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        const ref_elbo_moments x = finite_model_moments(&f, 0, NULL);
        const pilot_law law = enumerate(&f);
        const double hit = ref_hit_probability(PILOT, x.reject.p);
        worst_rate = check_worse(worst_rate, fabs(law.rate - x.reject.p));
        worst_norm = check_worse(worst_norm, fabs(law.norm / law.success - x.G1));
        worst_plain = check_worse(worst_plain, fabs(law.norm - hit * x.G1));
        worst_square =
            check_worse(worst_square, fabs(law.square_rms / hit - x.reject.S2));
        worst_jensen = check_worse(worst_jensen, x.G1 - sqrt(x.reject.S2));
        gap = check_worse(gap, sqrt(x.reject.S2) - x.G1);
    }
    CHECK_AT_MOST(worst_square, 1e-12);
    CHECK_AT_MOST(0.01, gap); /* mean of norms and RMS are different numbers */
    CLAIM_HOLDS("gvm:alg2",
                "The pilot's acceptance rate K/N' has mean p (N' = 4, all outcomes)",
                worst_rate, 1e-12);
    CLAIM_HOLDS("gvm:alg2",
                "Given a success, the pilot's mean norm G has mean E_Q|s| (N' = 4, all "
                "outcomes)",
                worst_norm, 1e-12);
    CLAIM_HOLDS("spec:gvm 4.1",
                "With G = 0 for a pilot without success, E G = (1-q^N') E_Q|s|",
                worst_plain, 1e-12);
    CLAIM_HOLDS("spec:gvm 4.1",
                "The mean norm E_Q|s| of Algorithm 2 never exceeds the root mean "
                "square that the variance bound needs",
                worst_jensen, 1e-15);
}

SUITE("[gvm:alg2][spec:gvm 4.1] the pilot's estimates", NULL,
      {"pilot estimates have their means", pilot_estimates_have_their_means});
