/* block_vector.h -- the vector kernels, written once and included for each instruction
 * set with these macros defined:
 *
 *   SIM_BLOCK(name)   the name with the set's suffix
 *   SIM_BLOCK_TARGET  attribute that selects the set
 *   SIM_BLOCK_WIDTH   lanes per vector: the set's registers hold 8, 4 or 2 doubles
 *   SIM_BLOCK_MUL32   product of the low 32 bits of each lane
 *
 * A kernel walks the eight lanes in groups of WIDTH. Tiles of 8 rows hide the latency of
 * an addition and fit the 16 registers of the narrow sets.
 */
/* No include guard: included several times on purpose. */

typedef double SIM_BLOCK(real)
    __attribute__((vector_size(8 * SIM_BLOCK_WIDTH), may_alias));
typedef int64_t SIM_BLOCK(mask)
    __attribute__((vector_size(8 * SIM_BLOCK_WIDTH), may_alias));
typedef uint64_t SIM_BLOCK(word)
    __attribute__((vector_size(8 * SIM_BLOCK_WIDTH), may_alias));

#define VR          SIM_BLOCK(real)
#define VM          SIM_BLOCK(mask)
#define VW          SIM_BLOCK(word)
#define STRIDE      (SIM_LANES / SIM_BLOCK_WIDTH) /* vectors from one row to the next */
#define ROWS        8
#define CONST_VR(p) ((const VR *)(const void *)(p))
#define REAL_VR(p)  ((VR *)(void *)(p))

#define INLINE SIM_BLOCK_TARGET static inline __attribute__((always_inline))

INLINE VR SIM_BLOCK(pick)(VM mask, VR yes, VR no)
{
    return (VR)((mask & (VM)yes) | (~mask & (VM)no));
}

INLINE VR SIM_BLOCK(exp)(VR x)
{
    const VR last = SIM_EXP_LAST - (VR){0};
    x = SIM_BLOCK(pick)(x < last, last, x);
    const VR shifted = x * SIM_EXP_INVERSE + SIM_EXP_SHIFT;
    const VR n = shifted - SIM_EXP_SHIFT;
    const VR r = (x - n * SIM_EXP_HIGH) - n * SIM_EXP_LOW;
    VR sum = {0};
#define TERM(c) sum = sum * r + (c);
    SIM_EXP_TERMS(TERM)
#undef TERM
    const VW bits = ((VW)shifted << 52) + (UINT64_C(1023) << 52);
    return sum * (VR)bits;
}

/* ROWS rows of out <- start + phi x, sums over k in index order. */
INLINE void SIM_BLOCK(rows)(VR *out, const double *phi, const double *start,
                            const VR *x, size_t d)
{
    VR sum[ROWS];
#pragma GCC unroll 8
    for (size_t r = 0; r < ROWS; r++) sum[r] = start[r] - (VR){0};
    for (size_t k = 0; k < d; k++) {
        const VR x_k = x[k * STRIDE];
#pragma GCC unroll 8
        for (size_t r = 0; r < ROWS; r++) sum[r] += phi[r * d + k] * x_k;
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < ROWS; r++) out[r * STRIDE] = sum[r];
}

/* out (Y) <- start + phi x. */
INLINE void SIM_BLOCK(product)(VR *out, const double *phi, const double *start,
                               const VR *x, size_t Y, size_t d)
{
    size_t y = 0;
    for (; y + ROWS <= Y; y += ROWS)
        SIM_BLOCK(rows)(out + y * STRIDE, phi + y * d, start + y, x, d);
    for (; y < Y; y++) {
        VR sum = start[y] - (VR){0};
        for (size_t k = 0; k < d; k++) sum += phi[y * d + k] * x[k * STRIDE];
        out[y * STRIDE] = sum;
    }
}

/* out (d) += phi' w, sums over y in index order. */
INLINE void SIM_BLOCK(transposed)(VR *out, const double *phi, const VR *w, size_t Y,
                                  size_t d)
{
    size_t k = 0;
    for (; k + ROWS <= d; k += ROWS) {
        VR sum[ROWS];
#pragma GCC unroll 8
        for (size_t r = 0; r < ROWS; r++) sum[r] = out[(k + r) * STRIDE];
        for (size_t y = 0; y < Y; y++) {
            const VR w_y = w[y * STRIDE];
            const double *phi_y = phi + y * d + k;
#pragma GCC unroll 8
            for (size_t r = 0; r < ROWS; r++) sum[r] += phi_y[r] * w_y;
        }
#pragma GCC unroll 8
        for (size_t r = 0; r < ROWS; r++) out[(k + r) * STRIDE] = sum[r];
    }
    for (; k < d; k++) {
        VR sum = out[k * STRIDE];
        for (size_t y = 0; y < Y; y++) sum += phi[y * d + k] * w[y * STRIDE];
        out[k * STRIDE] = sum;
    }
}

/* Lanes lane ... lane + WIDTH - 1 of open. */
INLINE void SIM_BLOCK(open_group)(const sim_block_prompt *b, const double *theta,
                                  double *p, size_t lane)
{
    VR *row = REAL_VR(b->row + lane);
    VR *e = REAL_VR(b->e + lane);
    VR *C = REAL_VR(b->C + lane);
    SIM_BLOCK(product)(row, b->phi, b->offset, CONST_VR(theta + lane), b->Y, b->d);
    VR top = -HUGE_VAL - (VR){0};
    for (size_t y = 0; y < b->Y; y++)
        top = SIM_BLOCK(pick)(row[y * STRIDE] > top, row[y * STRIDE], top);
    VR total = {0};
    VR accepted = {0};
    for (size_t y = 0; y < b->Y; y++) {
        const VR e_y = SIM_BLOCK(exp)(row[y * STRIDE] - top);
        e[y * STRIDE] = e_y;
        total += e_y;
        accepted += b->accept[y] * e_y;
        C[y * STRIDE] = total;
    }
    *REAL_VR(p + lane) = accepted / total;
}

SIM_BLOCK_TARGET static void SIM_BLOCK(open)(const sim_block_prompt *b,
                                             const double *theta, double *p)
{
    for (size_t lane = 0; lane < SIM_LANES; lane += SIM_BLOCK_WIDTH)
        SIM_BLOCK(open_group)(b, theta, p, lane);
}

INLINE void SIM_BLOCK(norms_group)(const sim_block_prompt *b, size_t lane)
{
    const VR total = *CONST_VR(b->C + (b->Y - 1) * SIM_LANES + lane);
    VR *mean = REAL_VR(b->mean + lane);
    VR *norm2 = REAL_VR(b->norm2 + lane);
    for (size_t k = 0; k < b->d; k++) mean[k * STRIDE] = (VR){0};
    SIM_BLOCK(transposed)(mean, b->phi, CONST_VR(b->e + lane), b->Y, b->d);
    VR mean2 = {0};
    for (size_t k = 0; k < b->d; k++) {
        mean[k * STRIDE] /= total;
        mean2 += mean[k * STRIDE] * mean[k * STRIDE];
    }
    SIM_BLOCK(product)(norm2, b->phi, b->zero, mean, b->Y, b->d);
    for (size_t y = 0; y < b->Y; y++) {
        const VR value = b->phi2[y] - 2.0 * norm2[y * STRIDE] + mean2;
        norm2[y * STRIDE] = SIM_BLOCK(pick)(value > 0.0, value, (VR){0});
    }
}

SIM_BLOCK_TARGET static void SIM_BLOCK(norms)(const sim_block_prompt *b)
{
    for (size_t lane = 0; lane < SIM_LANES; lane += SIM_BLOCK_WIDTH)
        SIM_BLOCK(norms_group)(b, lane);
}

/* One Philox4x32-10 block per lane; w: four words in the low halves. */
INLINE void SIM_BLOCK(philox)(VW *w, VW c0, VW c1, VW c2, VW c3, uint32_t k0,
                              uint32_t k1)
{
    const VW low = UINT64_C(0xffffffff) - (VW){0};
    const VW m0 = (uint64_t)SIM_PHILOX_M0 - (VW){0};
    const VW m1 = (uint64_t)SIM_PHILOX_M1 - (VW){0};
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        const VW p0 = SIM_BLOCK_MUL32(c0, m0);
        const VW p1 = SIM_BLOCK_MUL32(c2, m1);
        c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
        c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
        c1 = p1 & low;
        c3 = p0 & low;
        k0 += SIM_PHILOX_W0;
        k1 += SIM_PHILOX_W1;
    }
    w[0] = c0;
    w[1] = c1;
    w[2] = c2;
    w[3] = c3;
}

/* ref_rng_unit for each lane. The 53 bits become a double in two exact pieces. */
INLINE VR SIM_BLOCK(unit)(VW w0, VW w1)
{
    const VW bits = ((w1 << 32) | w0) >> 11;
    const VW exponent = UINT64_C(0x4330000000000000) - (VW){0}; /* 2^52 */
    const VR high = (VR)((bits >> 32) | exponent) - 0x1p52;
    const VR low = (VR)((bits & UINT64_C(0xffffffff)) | exponent) - 0x1p52;
    return ((high * 0x1p32 + low) + 0.5) * 0x1p-53;
}

/* Latents y0 and y1 of draws 2 pair and 2 pair + 1 for every lane: the number of running
 * sums at or below u C_last. */
SIM_BLOCK_TARGET static void SIM_BLOCK(invert)(const sim_block_prompt *b,
                                               uint32_t prompt, const sim_order *order,
                                               uint32_t pair, int64_t *y0, int64_t *y1)
{
    for (size_t lane = 0; lane < SIM_LANES; lane += SIM_BLOCK_WIDTH) {
        const VR *C = CONST_VR(b->C + lane);
        const VR total = C[(b->Y - 1) * STRIDE];
        VW replica;
        for (size_t l = 0; l < SIM_BLOCK_WIDTH; l++)
            replica[l] = order->replica + (uint32_t)(lane + l);
        VW w[4];
        SIM_BLOCK(philox)
        (w, (uint64_t)pair - (VW){0}, (uint64_t)prompt - (VW){0},
         (uint64_t)order->step - (VW){0}, replica, order->seed, order->stream);
        const VR target0 = SIM_BLOCK(unit)(w[0], w[1]) * total;
        const VR target1 = SIM_BLOCK(unit)(w[2], w[3]) * total;
        VM below0 = {0};
        VM below1 = {0};
        for (size_t y = 0; y + 1 < b->Y; y++) {
            below0 -= C[y * STRIDE] <= target0; /* a comparison that holds is -1 */
            below1 -= C[y * STRIDE] <= target1;
        }
        *(VM *)(void *)(y0 + lane) = below0;
        *(VM *)(void *)(y1 + lane) = below1;
    }
}

SIM_BLOCK_TARGET static void SIM_BLOCK(add)(const sim_block_prompt *b,
                                            const double *accepted, const double *all,
                                            double *g)
{
    for (size_t lane = 0; lane < SIM_LANES; lane += SIM_BLOCK_WIDTH) {
        VR *row = REAL_VR(b->row + lane);
        const VR *e = CONST_VR(b->e + lane);
        const VR *count = CONST_VR(b->count + lane);
        const VR c_accepted = *CONST_VR(accepted + lane);
        const VR c_all = *CONST_VR(all + lane);
        VR sum = {0};
        for (size_t y = 0; y < b->Y; y++) {
            const VR c = count[y * STRIDE] * (b->accept[y] * c_accepted + c_all);
            row[y * STRIDE] = c;
            sum += c;
        }
        const VR scale = sum / *CONST_VR(b->C + (b->Y - 1) * SIM_LANES + lane);
        for (size_t y = 0; y < b->Y; y++) row[y * STRIDE] -= scale * e[y * STRIDE];
        SIM_BLOCK(transposed)(REAL_VR(g + lane), b->phi, row, b->Y, b->d);
    }
}

/* n rounds of eight independent chains of a product and a sum: what the registers can do
 * without fused multiply-add. Returns the operations done. */
SIM_BLOCK_TARGET static double SIM_BLOCK(peak)(double *x, size_t n)
{
    VR a[8];
    const VR shrink = x[0] - (VR){0};
    const VR shift = x[1] - (VR){0};
    for (size_t r = 0; r < 8; r++) a[r] = (double)r - (VR){0};
    for (size_t k = 0; k < n; k++) {
#pragma GCC unroll 8
        for (size_t r = 0; r < 8; r++) a[r] = a[r] * shrink + shift;
    }
    for (size_t r = 1; r < 8; r++) a[0] += a[r];
    x[0] = a[0][0];
    return 16.0 * SIM_BLOCK_WIDTH * (double)n;
}

#undef INLINE
#undef VR
#undef VM
#undef VW
#undef STRIDE
#undef ROWS
#undef CONST_VR
#undef REAL_VR
