/* block_plain.c -- the definition of the block engine, one lane after the other. */
#include "sim/block_plain.h"

#include "sim/block.h"

#include <math.h>
#include <string.h>

double sim_exp(double x)
{
    if (x < SIM_EXP_LAST) x = SIM_EXP_LAST;
    const double shifted = x * SIM_EXP_INVERSE + SIM_EXP_SHIFT;
    const double n = shifted - SIM_EXP_SHIFT;
    const double r = (x - n * SIM_EXP_HIGH) - n * SIM_EXP_LOW;
    double sum = 0.0;
#define TERM(c) sum = sum * r + (c);
    SIM_EXP_TERMS(TERM)
#undef TERM
    uint64_t bits = 0;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 52) + (UINT64_C(1023) << 52);
    double power = 0.0;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

static bool always(void)
{
    return true;
}

static void open_plain(const sim_block_prompt *b, const double *theta, double *p)
{
    for (size_t l = 0; l < SIM_LANES; l++) {
        double top = -HUGE_VAL;
        for (size_t y = 0; y < b->Y; y++) {
            double logit = b->offset[y];
            for (size_t k = 0; k < b->d; k++)
                logit += b->phi[y * b->d + k] * theta[k * SIM_LANES + l];
            b->row[y * SIM_LANES + l] = logit;
            if (logit > top) top = logit;
        }
        double total = 0.0;
        double accepted = 0.0;
        for (size_t y = 0; y < b->Y; y++) {
            const size_t at = y * SIM_LANES + l;
            b->e[at] = sim_exp(b->row[at] - top);
            total += b->e[at];
            accepted += b->accept[y] * b->e[at];
            b->C[at] = total;
        }
        p[l] = accepted / total;
    }
}

static void norms_plain(const sim_block_prompt *b)
{
    for (size_t l = 0; l < SIM_LANES; l++) {
        const double total = b->C[(b->Y - 1) * SIM_LANES + l];
        double mean2 = 0.0;
        for (size_t k = 0; k < b->d; k++) {
            double sum = 0.0;
            for (size_t y = 0; y < b->Y; y++)
                sum += b->phi[y * b->d + k] * b->e[y * SIM_LANES + l];
            const double mean = sum / total;
            b->mean[k * SIM_LANES + l] = mean;
            mean2 += mean * mean;
        }
        for (size_t y = 0; y < b->Y; y++) {
            double inner = 0.0;
            for (size_t k = 0; k < b->d; k++)
                inner += b->phi[y * b->d + k] * b->mean[k * SIM_LANES + l];
            const double norm2 = b->phi2[y] - 2.0 * inner + mean2;
            b->norm2[y * SIM_LANES + l] = norm2 > 0.0 ? norm2 : 0.0;
        }
    }
}

/* First index with u C_last < C_y; the last one if rounding leaves none. */
static size_t index_of(const sim_block_prompt *b, size_t lane, double u)
{
    const double target = u * b->C[(b->Y - 1) * SIM_LANES + lane];
    size_t y = 0;
    while (y + 1 < b->Y && b->C[y * SIM_LANES + lane] <= target) y++;
    return y;
}

static void invert_plain(const sim_block_prompt *b, uint32_t prompt,
                         const sim_order *order, uint32_t pair, int64_t *y0,
                         int64_t *y1)
{
    for (size_t l = 0; l < SIM_LANES; l++) {
        const ref_rng_stream stream = {.seed = order->seed,
                                       .stream = order->stream,
                                       .prompt = prompt,
                                       .step = order->step,
                                       .replica = order->replica + (uint32_t)l};
        y0[l] = (int64_t)index_of(b, l, ref_rng_uniform(&stream, 2 * pair));
        y1[l] = (int64_t)index_of(b, l, ref_rng_uniform(&stream, 2 * pair + 1));
    }
}

static void add_plain(const sim_block_prompt *b, const double *accepted,
                      const double *all, double *g)
{
    for (size_t l = 0; l < SIM_LANES; l++) {
        double sum = 0.0;
        for (size_t y = 0; y < b->Y; y++) {
            const size_t at = y * SIM_LANES + l;
            b->row[at] = b->count[at] * (b->accept[y] * accepted[l] + all[l]);
            sum += b->row[at];
        }
        const double scale = sum / b->C[(b->Y - 1) * SIM_LANES + l];
        for (size_t y = 0; y < b->Y; y++) {
            const size_t at = y * SIM_LANES + l;
            b->row[at] -= scale * b->e[at];
        }
        for (size_t k = 0; k < b->d; k++)
            for (size_t y = 0; y < b->Y; y++)
                g[k * SIM_LANES + l] +=
                    b->phi[y * b->d + k] * b->row[y * SIM_LANES + l];
    }
}

static double peak_plain(double *x, size_t n)
{
    double a[8];
    const double shrink = x[0];
    const double shift = x[1];
    for (size_t r = 0; r < 8; r++) a[r] = (double)r;
    for (size_t k = 0; k < n; k++)
        for (size_t r = 0; r < 8; r++) a[r] = a[r] * shrink + shift;
    for (size_t r = 1; r < 8; r++) a[0] += a[r];
    x[0] = a[0];
    return 16.0 * (double)n;
}

const sim_block_kernel sim_block_plain = {
    "plain", always, open_plain, norms_plain, invert_plain, add_plain, peak_plain};
