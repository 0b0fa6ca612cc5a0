/* family_table.c -- the arrays behind tabular and log-linear problems, and the features
 * that the specification draws into them.
 *
 * phi_iyk = c_i gauss(stream 0; i,y,k) / sqrt d.                       [spec:sim 2.4]
 */
#include "ref/numeric.h"
#include "sim/family.h"
#include "sim/family_private.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Largest array of one problem: 2^28 doubles, 2 GiB. */
static const size_t LARGEST_ARRAY = (size_t)1 << 28;

static bool product(size_t *out, size_t a, size_t b)
{
    if (a != 0 && b > LARGEST_ARRAY / a) return false;
    *out = a * b;
    return true;
}

static double *zeroed(size_t count)
{
    const size_t bytes = (count * sizeof(double) + 63) / 64 * 64;
    double *x = aligned_alloc(64, bytes == 0 ? 64 : bytes);
    if (x != NULL) memset(x, 0, bytes);
    return x;
}

ref_status sim_loglinear_alloc(sim_loglinear *t, size_t m, size_t Y, size_t d,
                               bool with_phi, ref_why *why)
{
    *t = (sim_loglinear){0};
    size_t rows, all;
    if (m == 0 || Y == 0 || d == 0 || !product(&rows, m, Y) || !product(&all, rows, d))
        return ref_fail(why, REF_ESHAPE,
                        "%zu prompts, %zu latents, %zu features: each must be positive "
                        "and their product at most 2^28",
                        m, Y, d);

    *t = (sim_loglinear){.m = m, .Y = Y, .d = d};
    t->offset = zeroed(rows);
    t->accept = zeroed(rows);
    if (with_phi) t->phi = zeroed(all);
    if (t->offset != NULL && t->accept != NULL && (t->phi != NULL || !with_phi))
        return REF_OK;
    sim_loglinear_free(t);
    return ref_fail(why, REF_ENOMEM, "no memory for %zu features", all);
}

void sim_loglinear_free(sim_loglinear *t)
{
    free(t->phi);
    free(t->offset);
    free(t->accept);
    *t = (sim_loglinear){0};
}

void sim_loglinear_data_free(sim_loglinear_data *data)
{
    if (data == NULL) return;
    sim_loglinear_free(&data->table);
    sim_loglinear_free(&data->test);
    free(data->start);
    free(data);
}

ref_status sim_shape_open(double **p, const sim_shape *s, bool has_features,
                          ref_why *why)
{
    *p = NULL;
    if (s->m == 0 || s->Y < 2 || s->kA == 0 || s->kA >= s->Y
        || (has_features && s->d == 0) || s->m > UINT32_MAX / 2 || s->Y > UINT32_MAX
        || s->d > UINT32_MAX)
        return ref_fail(why, REF_ESHAPE,
                        "%zu prompts, %zu latents, %zu of them accepted, %zu features: "
                        "the accepted must be at least 1 and fewer than the latents, "
                        "prompts and features of a shared policy at least 1",
                        s->m, s->Y, s->kA, s->d);
    if (!(s->lambda >= 0.0 && isfinite(s->lambda)))
        return ref_fail(why, REF_EDOM, "ridge %g is not a number >= 0", s->lambda);

    double *rate = calloc(s->m, sizeof *rate);
    if (rate == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the profile");
    ref_status status = sim_profile_fill(rate, s->m, &s->profile);
    if (status != REF_OK) status = ref_fail(why, status, "profile outside its domain");
    for (size_t i = 0; status == REF_OK && i < s->m; i++)
        if (!(rate[i] > 0.0 && rate[i] < 1.0))
            status =
                ref_fail(why, REF_EDOM,
                         "profile: prompt %zu has acceptance rate %g, outside (0,1)", i,
                         rate[i]);
    if (status != REF_OK) {
        free(rate);
        return status;
    }
    *p = rate;
    return REF_OK;
}

/* Features of one prompt, which the random stream knows as number `who`. */
static void fill_features(sim_loglinear *t, size_t i, uint32_t who, uint32_t seed,
                          double scale)
{
    const double root = sqrt((double)t->d);
    for (size_t y = 0; y < t->Y; y++)
        for (size_t k = 0; k < t->d; k++)
            t->phi[(i * t->Y + y) * t->d + k] =
                scale * ref_rng_feature_gauss(seed, 0, who, (uint32_t)y, (uint32_t)k)
                / root;
}

/* The top kA latents under a teacher; equal scores go to the lower index. */
static void accept_top(sim_loglinear *t, size_t i, const double *teacher, size_t kA)
{
    double *accept = t->accept + i * t->Y;
    for (size_t round = 0; round < kA; round++) {
        size_t best = t->Y;
        double best_score = 0.0;
        for (size_t y = 0; y < t->Y; y++) {
            const double *phi = t->phi + (i * t->Y + y) * t->d;
            const double score = ref_dot(phi, teacher, t->d);
            if (accept[y] == 0.0 && (best == t->Y || score > best_score)) {
                best = y;
                best_score = score;
            }
        }
        accept[best] = 1.0;
    }
}

/* The offset that makes p_i(0) the profile's:
 * o_iy = log(1/Y) + 1{accepted} log(p S0/((1-p) S1)), S1 = kA/Y.       [spec:sim 2.4] */
static void fill_offset(sim_loglinear *t, size_t i, double p, size_t kA)
{
    const double S1 = (double)kA / (double)t->Y;
    const double lift = log(p * (1.0 - S1) / ((1.0 - p) * S1));
    for (size_t y = 0; y < t->Y; y++) {
        const size_t at = i * t->Y + y;
        t->offset[at] = -log((double)t->Y) + (t->accept[at] == 1.0 ? lift : 0.0);
    }
}

/* Prompts `first`.. of the random streams, p (m) their rates; teacher NULL: frustrated,
 * the first kA latents are accepted. */
static void fill_table(sim_loglinear *t, const sim_shape *s, uint32_t first,
                       const double *p, const double *teacher)
{
    for (size_t i = 0; i < t->m; i++) {
        const double scale = s->long_is_hard ? pow(p[i], -0.25) : 1.0;
        fill_features(t, i, first + (uint32_t)i, s->seed, scale);
        if (teacher != NULL)
            accept_top(t, i, teacher, s->kA);
        else
            for (size_t y = 0; y < s->kA; y++) t->accept[i * t->Y + y] = 1.0;
        fill_offset(t, i, p[i], s->kA);
    }
}

static ref_status fill_realisable(sim_loglinear_data *data, const sim_shape *s,
                                  const double *p, ref_why *why)
{
    REF_TRY(sim_loglinear_alloc(&data->test, s->m, s->Y, s->d, true, why));
    double *teacher = calloc(s->d, sizeof *teacher);
    if (teacher == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the teacher");

    for (size_t k = 0; k < s->d; k++)
        teacher[k] = ref_rng_feature_gauss(s->seed, 2, 0, 0, (uint32_t)k);
    const double norm = sqrt(ref_norm2(teacher, s->d));
    for (size_t k = 0; k < s->d; k++) teacher[k] /= norm;

    fill_table(&data->table, s, 0, p, teacher);
    fill_table(&data->test, s, (uint32_t)s->m, p, teacher);
    free(teacher);
    return REF_OK;
}

ref_status sim_loglinear_init(sim_problem *p, const sim_shape *s, char variant,
                              ref_why *why)
{
    *p = (sim_problem){0};
    if (variant != 'R' && variant != 'F')
        return ref_fail(why, REF_EUSAGE, "variant '%c' is neither R nor F", variant);
    double *rate;
    REF_TRY(sim_shape_open(&rate, s, true, why));

    sim_loglinear_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        free(rate);
        return ref_fail(why, REF_ENOMEM, "no memory for the problem");
    }
    ref_status status = sim_loglinear_alloc(&data->table, s->m, s->Y, s->d, true, why);
    if (status == REF_OK && variant == 'R')
        status = fill_realisable(data, s, rate, why);
    else if (status == REF_OK)
        fill_table(&data->table, s, 0, rate, NULL);
    free(rate);

    if (status != REF_OK) {
        sim_loglinear_data_free(data);
        return status;
    }
    sim_loglinear_problem(p, data, s->lambda);
    return REF_OK;
}

/* The first entry that is not finite, or not in [0,1] where a probability is wanted. */
static ref_status check_array(const char *what, const double *x, size_t rows,
                              size_t columns, bool probability, ref_why *why)
{
    for (size_t at = 0; at < rows * columns; at++) {
        const bool good =
            isfinite(x[at]) && (!probability || (x[at] >= 0.0 && x[at] <= 1.0));
        if (!good)
            return ref_fail(why, REF_EDOM, "%s[%zu][%zu] = %g is %s", what,
                            at / columns, at % columns, x[at],
                            probability ? "not a probability" : "not finite");
    }
    return REF_OK;
}

static ref_status copy_table(sim_loglinear_data *data, const sim_loglinear *from,
                             const double *start, ref_why *why)
{
    const size_t rows = from->m * from->Y;
    REF_TRY(check_array("phi", from->phi, rows, from->d, false, why));
    REF_TRY(check_array("offset", from->offset, from->m, from->Y, false, why));
    REF_TRY(check_array("accept", from->accept, from->m, from->Y, true, why));
    memcpy(data->table.phi, from->phi, rows * from->d * sizeof(double));
    memcpy(data->table.offset, from->offset, rows * sizeof(double));
    memcpy(data->table.accept, from->accept, rows * sizeof(double));
    if (start == NULL) return REF_OK;

    REF_TRY(check_array("theta", start, 1, from->d, false, why));
    data->start = zeroed(from->d);
    if (data->start == NULL) return ref_fail(why, REF_ENOMEM, "no memory for theta");
    memcpy(data->start, start, from->d * sizeof(double));
    return REF_OK;
}

ref_status sim_loglinear_from(sim_problem *p, const sim_loglinear *table,
                              const double *start, double lambda, ref_why *why)
{
    *p = (sim_problem){0};
    if (!(lambda >= 0.0 && isfinite(lambda)))
        return ref_fail(why, REF_EDOM, "ridge %g is not a number >= 0", lambda);
    sim_loglinear_data *data = calloc(1, sizeof *data);
    if (data == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the problem");
    ref_status s =
        sim_loglinear_alloc(&data->table, table->m, table->Y, table->d, true, why);
    if (s == REF_OK) s = copy_table(data, table, start, why);
    if (s != REF_OK) {
        sim_loglinear_data_free(data);
        return s;
    }
    sim_loglinear_problem(p, data, lambda);
    return REF_OK;
}

/* Spell out one-hot features only while they are small.                 16 MiB */
static bool spell_out(size_t m, size_t Y)
{
    const size_t limit = (size_t)1 << 21;
    return m <= limit / Y && m * Y <= limit / (m * Y);
}

static void fill_one_hot(sim_loglinear *t)
{
    for (size_t row = 0; t->phi != NULL && row < t->m * t->Y; row++)
        t->phi[row * t->d + row] = 1.0;
}

static ref_status tabular_data(sim_loglinear_data **out, size_t m, size_t Y,
                               ref_why *why)
{
    size_t d = 0;
    if (m == 0 || Y == 0 || !product(&d, m, Y))
        return ref_fail(why, REF_ESHAPE, "%zu prompts of %zu latents", m, Y);
    sim_loglinear_data *data = calloc(1, sizeof *data);
    if (data == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the problem");
    data->start = zeroed(d);
    const bool with_phi = spell_out(m, Y);
    /* without features only the arrays of (m,Y) count: ask for d = 1 and put d right */
    const ref_status s =
        sim_loglinear_alloc(&data->table, m, Y, with_phi ? d : 1, with_phi, why);
    if (s != REF_OK || data->start == NULL) {
        sim_loglinear_data_free(data);
        return s != REF_OK ? s : ref_fail(why, REF_ENOMEM, "no memory for theta");
    }
    data->table.d = d;
    fill_one_hot(&data->table);
    *out = data;
    return REF_OK;
}

static void tabular_problem(sim_problem *p, sim_loglinear_data *data, double lambda)
{
    sim_loglinear_problem(p, data, lambda);
    p->family = &sim_family_tabular;
    p->scratch = 5 * data->table.Y;
}

ref_status sim_tabular_init(sim_problem *p, const sim_shape *s, ref_why *why)
{
    *p = (sim_problem){0};
    double *rate;
    sim_loglinear_data *data = NULL;
    REF_TRY(sim_shape_open(&rate, s, false, why));
    const ref_status status = tabular_data(&data, s->m, s->Y, why);
    if (status != REF_OK) {
        free(rate);
        return status;
    }
    assert(rate != NULL && data != NULL);
    for (size_t i = 0; i < s->m; i++) {
        const double lift =
            log(rate[i] * (double)(s->Y - s->kA) / ((1.0 - rate[i]) * (double)s->kA));
        for (size_t y = 0; y < s->kA; y++) {
            data->start[i * s->Y + y] = lift;
            data->table.accept[i * s->Y + y] = 1.0;
        }
    }
    free(rate);
    tabular_problem(p, data, s->lambda);
    return REF_OK;
}

ref_status sim_tabular_from(sim_problem *p, size_t m, size_t Y, const double *logit,
                            const double *accept, double lambda, ref_why *why)
{
    *p = (sim_problem){0};
    sim_loglinear_data *data = NULL;
    if (!(lambda >= 0.0 && isfinite(lambda)))
        return ref_fail(why, REF_EDOM, "ridge %g is not a number >= 0", lambda);
    REF_TRY(tabular_data(&data, m, Y, why));
    assert(data != NULL && data->table.accept != NULL);
    ref_status s = check_array("logit", logit, m, Y, false, why);
    if (s == REF_OK) s = check_array("accept", accept, m, Y, true, why);
    if (s != REF_OK) {
        sim_loglinear_data_free(data);
        return s;
    }
    memcpy(data->start, logit, m * Y * sizeof(double));
    memcpy(data->table.accept, accept, m * Y * sizeof(double));
    tabular_problem(p, data, lambda);
    return REF_OK;
}
