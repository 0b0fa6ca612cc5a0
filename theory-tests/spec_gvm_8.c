/* spec_gvm_8.c -- the same bits with one thread and with many. */
#include "ref/allocate.h"
#include "ref/allocate_integer.h"
#include "ref/loss.h"
#include "ref/loss_dialect.h"
#include "ref/rng.h"

#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>
#include <string.h>

enum { CELLS = 64, PROMPTS = 24, SEQUENCES = 8, LENGTH = 5, NUMBERS = 64 };

/* Everything one cell computes; compared byte by byte. */
typedef struct cell {
    double number[NUMBERS];
    size_t samples[PROMPTS];
} cell;

static double uniform(uint32_t seed, uint32_t i, uint32_t k)
{
    return ref_rng_feature_uniform(seed, 9, i, 0, k);
}

/* GVM's shares, then the exact integer split of 8 samples per prompt. */
static ref_status allocate(uint32_t seed, double *share, size_t *samples)
{
    double p[PROMPTS], G[PROMPTS], c[PROMPTS];
    for (uint32_t i = 0; i < PROMPTS; i++) {
        p[i] = 0.01 + 0.98 * uniform(seed, i, 0);
        G[i] = 0.5 + uniform(seed, i, 1);
        c[i] = G[i] * G[i] / p[i];
    }
    REF_TRY(ref_allocate_gvm(share, p, G, PROMPTS, 1e-3, 2.0, NULL));
    return ref_allocate_integer(samples, c, NULL, NULL, PROMPTS, 8 * PROMPTS,
                                REF_ALLOCATE_AUTO, NULL);
}

/* GRPO loss and advantages of a batch of random log-probs. */
static ref_status evaluate(uint32_t seed, double *loss, double *advantage)
{
    size_t offset[SEQUENCES + 1];
    double logp[SEQUENCES * LENGTH], old[SEQUENCES * LENGTH], ref[SEQUENCES * LENGTH];
    double reward[SEQUENCES];
    for (uint32_t j = 0; j < SEQUENCES; j++) {
        offset[j] = j * LENGTH;
        reward[j] = uniform(seed, j, 2) < 0.5 ? 1.0 : 0.0;
        for (uint32_t t = 0; t < LENGTH; t++) {
            logp[j * LENGTH + t] = log(uniform(seed, j, 10 + t));
            old[j * LENGTH + t] = logp[j * LENGTH + t] + 0.1 * uniform(seed, j, 20 + t);
            ref[j * LENGTH + t] = logp[j * LENGTH + t] - 0.1 * uniform(seed, j, 30 + t);
        }
    }
    offset[SEQUENCES] = SEQUENCES * LENGTH;
    ref_loss_choices choices;
    REF_TRY(ref_loss_standard(&choices, REF_LOSS_GRPO));
    const ref_loss_batch batch = {.sequences = SEQUENCES,
                                  .offset = offset,
                                  .logp = logp,
                                  .old = old,
                                  .ref = ref,
                                  .reward = reward};
    ref_loss_result out = {.advantage = advantage};
    REF_TRY(ref_loss_evaluate(&out, &choices, &batch, NULL));
    *loss = out.loss;
    return REF_OK;
}

static ref_status compute(uint32_t seed, cell *out)
{
    memset(out, 0, sizeof *out);
    finite_model f;
    double theta[FINITE_D];
    finite_model_init(&f, &(finite_shape){2, 4, 3, seed % 3, seed});
    finite_model_theta(&f, theta, 0.5, 0);
    finite_model_at(&f, theta);
    const ref_elbo_moments x = finite_model_moments(&f, 0, out->number);
    out->number[4] = x.reject.S2;
    out->number[5] = ref_reject_exact(REF_REJECT_SN, &x.reject, 50.0, 0.0).mse;
    out->number[6] = ref_elbo_loss(&f.elbo);
    REF_TRY(evaluate(seed, &out->number[7], out->number + 8));
    return allocate(seed, out->number + 16, out->samples);
}

/* property 50: 1 to 8 threads, also more than there are cores */
static void bits_do_not_depend_on_threads(void)
{
    static cell once[CELLS];
    double failures = 0.0, differences = 0.0;
    for (uint32_t i = 0; i < CELLS; i++)
        if (compute(i, &once[i]) != REF_OK) failures += 1.0;
    for (int threads = 1; threads <= 8; threads++) {
#pragma omp parallel for num_threads(threads) schedule(dynamic) reduction(+ : differences)
        for (uint32_t i = 0; i < CELLS; i++) {
            cell again;
            if (compute(i, &again) != REF_OK
                || memcmp(&again, &once[i], sizeof again) != 0)
                differences += 1.0;
        }
    }
    CHECK_EQUAL(failures, 0.0);
    CLAIM_HOLDS("spec:gvm 8",
                "Allocations, losses and moments have the same bits with 1 and with "
                "many threads",
                differences, 0.0);
}

/* The comparison can fail: another seed is another cell. */
static void another_seed_gives_other_bits(void)
{
    cell a, b;
    CHECK_OK(compute(1, &a));
    CHECK_OK(compute(2, &b));
    CHECK(memcmp(a.number, b.number, sizeof a.number) != 0);
    CHECK(memcmp(a.samples, b.samples, sizeof a.samples) != 0);
}

SUITE("[spec:gvm 8] determinism", NULL,
      {"bits do not depend on threads", bits_do_not_depend_on_threads},
      {"another seed gives other bits", another_seed_gives_other_bits});
