/* loss_model.c -- softmax over features, and the walk over all outcomes. */
#include "theory-tests/loss_model.h"

#include "ref/numeric.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

enum { Y = CHECK_LOSS_Y, D = CHECK_LOSS_D, ROOM = CHECK_LOSS_ROOM };

void check_loss_prompt_draw(check_loss_prompt *x, uint32_t seed, size_t accepted)
{
    const ref_rng_stream stream = {.seed = 58, .prompt = seed};
    *x = (check_loss_prompt){0};
    double phi[Y][D];
    uint32_t j = 0;
    for (size_t y = 0; y < Y; y++)
        for (size_t k = 0; k < D; k++) {
            phi[y][k] = 2.0 * ref_rng_uniform(&stream, j++) - 1.0;
            x->logpi[y] += 1.3 * phi[y][k]; /* theta = 1.3 everywhere */
        }
    const double lse = ref_logsumexp(x->logpi, Y);
    double mean[D] = {0};
    for (size_t y = 0; y < Y; y++) {
        x->logpi[y] -= lse;
        x->accept[y] = y < accepted;
        for (size_t k = 0; k < D; k++) mean[k] += exp(x->logpi[y]) * phi[y][k];
    }
    for (size_t y = 0; y < Y; y++)
        for (size_t k = 0; k < D; k++) x->score[y][k] = phi[y][k] - mean[k];
    for (size_t y = 0; y < accepted; y++) {
        x->p += exp(x->logpi[y]);
        for (size_t k = 0; k < D; k++)
            x->grad_p[k] += exp(x->logpi[y]) * x->score[y][k];
    }
}

/* One outcome: sequence j of prompt key[j] came out as y[j]. */
typedef struct outcome {
    size_t N;
    size_t key[ROOM], y[ROOM], offset[ROOM + 1];
    double logp[ROOM], reward[ROOM], p[ROOM];
} outcome;

static void add_update(ref_sum *sum, const ref_loss_choices *c,
                       const check_loss_prompt *prompt, const outcome *o, size_t m)
{
    double d[ROOM];
    double probability = 0.0;
    const ref_loss_batch batch = {.sequences = o->N,
                                  .offset = o->offset,
                                  .logp = o->logp,
                                  .old = o->logp,
                                  .reward = o->reward,
                                  .key = o->key,
                                  .p = o->p,
                                  .prompts = m,
                                  .padded = 1.0};
    ref_loss_result out = {.d = d};
    CHECK_OK(ref_loss_evaluate(&out, c, &batch, NULL));
    for (size_t j = 0; j < o->N; j++) probability += o->logp[j];
    for (size_t j = 0; j < o->N; j++)
        for (size_t k = 0; k < D; k++)
            ref_sum_add(&sum[k],
                        -exp(probability) * d[j] * prompt[o->key[j]].score[o->y[j]][k]);
}

void check_loss_update(double *mean, const ref_loss_choices *c,
                       const check_loss_prompt *prompt, const size_t *n, size_t m,
                       double right, double wrong)
{
    outcome o = {0};
    size_t outcomes = 1;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < n[i]; k++) {
            o.key[o.N++] = i;
            o.offset[o.N] = o.N;
            outcomes *= Y;
        }
    ref_sum sum[D] = {{0}};
    for (size_t code = 0; code < outcomes; code++) {
        size_t rest = code;
        for (size_t j = 0; j < o.N; j++) {
            const check_loss_prompt *const x = &prompt[o.key[j]];
            o.y[j] = rest % Y;
            rest /= Y;
            o.logp[j] = x->logpi[o.y[j]];
            o.reward[j] = x->accept[o.y[j]] ? right : wrong;
            o.p[j] = x->p;
        }
        add_update(sum, c, prompt, &o, m);
    }
    for (size_t k = 0; k < D; k++) mean[k] = ref_sum_value(&sum[k]);
}
