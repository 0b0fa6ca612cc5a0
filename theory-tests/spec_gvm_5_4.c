/* spec_gvm_5_4.c -- the KL penalty: its value, derivative, and what each estimates. */
#include "ref/loss_token.h"
#include "ref/numeric.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <math.h>

enum { V = 5 };

static double k3(double x)
{
    return ref_loss_token_kl(REF_LOSS_KL_K3, 10.0, 0.0, x).value;
}

/* property 35: k3 >= 0, zero iff x = 0, derivative 1 - e^x, 0 when clamped */
static void k3_value_and_derivative(void)
{
    const double h = 1e-6;
    double slope = 0.0;
    double negative = 0.0;
    for (int i = -13000; i <= 4000; i += 7) {
        const double x = i / 1000.0;
        negative = check_worse(negative, -k3(x));
        CHECK((k3(x) == 0.0) == (i == 0));
        if (fabs(x - 2.6108686) < 1e-3 || fabs(x + 10.9999833) < 1e-3) continue;
        /* x = ref - logp: raising logp by h lowers x by h */
        const double d = (k3(x - h) - k3(x + h)) / (2.0 * h);
        const double got = ref_loss_token_kl(REF_LOSS_KL_K3, 10.0, -x, 0.0).d;
        slope = check_worse(slope, fabs(got - d));
    }
    CHECK_EQUAL(k3(0.0), 0.0);
    CHECK(k3(1e-160) >= 0.0 && k3(1e-9) > 0.0 && k3(-1e-9) > 0.0);
    CLAIM_HOLDS("spec:gvm 5.4", "k3 is never negative", negative, 0.0);
    CLAIM_HOLDS("spec:gvm 5.4", "dk3/dlogp = 1 - e^x inside the clamp and 0 outside it",
                slope, 1e-7);
}

static double root(double inside, double outside)
{
    for (int i = 0; i < 200; i++) {
        const double middle = 0.5 * (inside + outside);
        if (k3(middle) < 10.0)
            inside = middle;
        else
            outside = middle;
    }
    return inside;
}

/* property 35 */
static void clamp_roots(void)
{
    CLAIM_HOLDS("spec:gvm 5.4", "The clamp of k3 at 10 acts above x = 2.6108686381",
                fabs(root(0.0, 20.0) - 2.6108686381), 5e-11);
    CLAIM_HOLDS("spec:gvm 5.4", "The clamp of k3 at 10 acts below x = -10.9999832980",
                fabs(root(0.0, -20.0) + 10.9999832980), 5e-11);
    const ref_loss_penalty high = ref_loss_token_kl(REF_LOSS_KL_K3, 10.0, 0.0, 3.0);
    CHECK(high.value == 10.0 && high.d == 0.0);
    const ref_loss_penalty low = ref_loss_token_kl(REF_LOSS_KL_K3, 10.0, 0.0, -12.0);
    CHECK(low.value == 10.0 && low.d == 0.0);
    const ref_loss_penalty free = ref_loss_token_kl(REF_LOSS_KL_K3, HUGE_VAL, 0., 3.);
    CHECK_RELATIVE(free.value, exp(3.0) - 4.0, 1e-15);
    CHECK_RELATIVE(free.d, 1.0 - exp(3.0), 1e-15);
    CHECK(isnan(ref_loss_token_kl(REF_LOSS_KL_K3, 0.0, 0.0, 3.0).value));
}

static void k1_and_k2(void)
{
    const ref_loss_penalty k1 = ref_loss_token_kl(REF_LOSS_KL_K1, 0.0, -1.25, -2.0);
    CHECK(k1.value == 0.75 && k1.d == 1.0);
    const ref_loss_penalty k2 = ref_loss_token_kl(REF_LOSS_KL_K2, 0.0, -1.25, -2.0);
    CHECK(k2.value == 0.28125 && k2.d == 0.75);
    const ref_loss_penalty none = ref_loss_token_kl(REF_LOSS_KL_NONE, 0.0, -1., -2.);
    CHECK(none.value == 0.0 && none.d == 0.0);
}

/* ---- five outcomes: everything is a finite sum ----------------------------------- */

typedef struct pair {
    double z[V], logpi[V], logref[V];
} pair;

static void normalise(double *logp, const double *z)
{
    const double lse = ref_logsumexp(z, V);
    for (size_t v = 0; v < V; v++) logp[v] = z[v] - lse;
}

static void draw(pair *x, uint32_t seed)
{
    const ref_rng_stream stream = {.seed = 54, .prompt = seed};
    double zr[V];
    for (uint32_t v = 0; v < V; v++) {
        x->z[v] = 3.0 * ref_rng_uniform(&stream, v) - 1.5;
        zr[v] = 3.0 * ref_rng_uniform(&stream, V + v) - 1.5;
    }
    normalise(x->logpi, x->z);
    normalise(x->logref, zr);
}

/* Expectations under pi at logits z, as functions whose gradient is wanted. */
typedef double functional(const double *logpi, const double *logref);

static double forward_kl(const double *logpi, const double *logref)
{
    double sum = 0.0;
    for (size_t v = 0; v < V; v++) sum += exp(logpi[v]) * (logpi[v] - logref[v]);
    return sum;
}

static double reverse_kl(const double *logpi, const double *logref)
{
    return forward_kl(logref, logpi);
}

static double half_square(const double *logpi, const double *logref)
{
    double sum = 0.0;
    for (size_t v = 0; v < V; v++) {
        const double x = logref[v] - logpi[v];
        sum += exp(logpi[v]) * 0.5 * x * x;
    }
    return sum;
}

/* Fourth-order central difference: error about 1e-12 at h = 1e-3. */
static double slope(functional *f, const pair *x, size_t v)
{
    const double h = 1e-3;
    double at[4];
    const double step[4] = {-2.0 * h, -h, h, 2.0 * h};
    for (int i = 0; i < 4; i++) {
        double z[V];
        double logp[V];
        for (size_t u = 0; u < V; u++) z[u] = x->z[u] + (u == v ? step[i] : 0.0);
        normalise(logp, z);
        at[i] = f(logp, x->logref);
    }
    return (at[0] - 8.0 * at[1] + 8.0 * at[2] - at[3]) / (12.0 * h);
}

/* E_pi[c(y) dlogpi(y)/dz_v] with c = k' (in the loss) or k (in the reward). */
static double estimated(ref_loss_kl_kind kind, bool in_loss, const pair *x, size_t v)
{
    double sum = 0.0;
    for (size_t y = 0; y < V; y++) {
        const ref_loss_penalty k =
            ref_loss_token_kl(kind, HUGE_VAL, x->logpi[y], x->logref[y]);
        const double score = (y == v ? 1.0 : 0.0) - exp(x->logpi[v]);
        sum += exp(x->logpi[y]) * (in_loss ? k.d : k.value) * score;
    }
    return sum;
}

/* property 35 */
static void mean_of_k1_and_k3_is_the_kl(void)
{
    double worst[2] = {0.0, 0.0};
    for (uint32_t seed = 0; seed < 50; seed++) {
        pair x;
        draw(&x, seed);
        double k[2] = {0.0, 0.0};
        for (size_t y = 0; y < V; y++)
            for (int i = 0; i < 2; i++)
                k[i] += exp(x.logpi[y])
                        * ref_loss_token_kl(i == 0 ? REF_LOSS_KL_K1 : REF_LOSS_KL_K3,
                                            HUGE_VAL, x.logpi[y], x.logref[y])
                              .value;
        for (int i = 0; i < 2; i++)
            worst[i] =
                check_worse(worst[i], fabs(k[i] - forward_kl(x.logpi, x.logref)));
    }
    CLAIM_HOLDS("spec:gvm 5.4",
                "The mean of k1 = log pi - log ref under pi is KL(pi||ref)", worst[0],
                1e-13);
    CLAIM_HOLDS("spec:gvm 5.4", "The mean of unclamped k3 under pi is KL(pi||ref)",
                worst[1], 1e-13);
}

typedef struct errors {
    double k1_loss, k2_loss, k3_loss, k1_reward, k2_reward, k3_reward, confusion;
} errors;

static void collect(errors *e, const pair *x)
{
    for (size_t v = 0; v < V; v++) {
        const double fwd = slope(forward_kl, x, v);
        const double rev = slope(reverse_kl, x, v);
        const double half = slope(half_square, x, v);
        const double loss1 = estimated(REF_LOSS_KL_K1, true, x, v);
        const double loss2 = estimated(REF_LOSS_KL_K2, true, x, v);
        const double loss3 = estimated(REF_LOSS_KL_K3, true, x, v);
        const double reward1 = estimated(REF_LOSS_KL_K1, false, x, v);
        const double reward2 = estimated(REF_LOSS_KL_K2, false, x, v);
        const double reward3 = estimated(REF_LOSS_KL_K3, false, x, v);
        e->k1_loss = check_worse(e->k1_loss, fabs(loss1));
        e->k2_loss = check_worse(e->k2_loss, fabs(loss2 - fwd));
        e->k3_loss = check_worse(e->k3_loss, fabs(loss3 - rev));
        e->k1_reward = check_worse(e->k1_reward, fabs(reward1 - fwd));
        e->k2_reward = check_worse(e->k2_reward, fabs(reward2 - (half - fwd)));
        e->k3_reward = check_worse(e->k3_reward, fabs(reward3 - (fwd - rev)));
        e->confusion = check_worse(e->confusion, fabs(loss3 - fwd));
    }
}

/* property 35, and which gradient each kind estimates in each place */
static void what_the_gradients_estimate(void)
{
    errors e = {0};
    for (uint32_t seed = 0; seed < 50; seed++) {
        pair x;
        draw(&x, seed);
        collect(&e, &x);
    }
    CLAIM_HOLDS("spec:gvm 5.4", "k3 in the loss has the mean gradient of KL(ref||pi)",
                e.k3_loss, 1e-9);
    CLAIM_REFUTED("spec:gvm 5.4", "k3 in the loss has the mean gradient of KL(pi||ref)",
                  e.confusion, 0.1);
    CLAIM_HOLDS("spec:gvm 5.4",
                "k2 = x^2/2 in the loss has the mean gradient of KL(pi||ref)",
                e.k2_loss, 1e-9);
    CLAIM_HOLDS("spec:gvm 5.4", "k1 in the loss has mean gradient zero", e.k1_loss,
                1e-14);
    CLAIM_HOLDS("spec:gvm 5.4", "k1 in the reward has the mean gradient of KL(pi||ref)",
                e.k1_reward, 1e-9);
    CLAIM_HOLDS(
        "spec:gvm 5.4",
        "k2 in the reward has the mean gradient grad E[x^2/2] - grad KL(pi||ref)",
        e.k2_reward, 1e-9);
    CLAIM_HOLDS(
        "spec:gvm 5.4",
        "k3 in the reward has the mean gradient grad KL(pi||ref) - grad KL(ref||pi)",
        e.k3_reward, 1e-9);
}

SUITE("[spec:gvm 5.4] KL penalty", NULL,
      {"k3 and its derivative", k3_value_and_derivative},
      {"the clamp acts where it should", clamp_roots},
      {"k1 and k2 are what they say", k1_and_k2},
      {"the means of k1 and k3 are the KL", mean_of_k1_and_k3_is_the_kl},
      {"which gradient each kind follows, in the loss and in the reward",
       what_the_gradients_estimate});
