/* floor.c -- see floor.h. */
#include "sim/floor.h"

#include "ref/allocate.h"
#include "ref/allocate_round.h"
#include "sim/exact_moments.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void sim_floor_free(sim_floor *f)
{
    free(f->theta);
    *f = (sim_floor){0};
}

/* Eigenvalues ascending, eigenvectors as rows. */
static ref_status decompose(sim_floor *f, const double *hessian, ref_why *why)
{
    gsl_matrix *a = gsl_matrix_alloc(f->d, f->d);
    gsl_matrix *v = gsl_matrix_alloc(f->d, f->d);
    gsl_vector *h = gsl_vector_alloc(f->d);
    gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(f->d);
    ref_status s = REF_OK;
    if (a == NULL || v == NULL || h == NULL || w == NULL) {
        s = ref_fail(why, REF_ENOMEM, "no room for %zu eigenvectors", f->d);
    } else {
        memcpy(a->data, hessian, f->d * f->d * sizeof *hessian);
        (void)gsl_eigen_symmv(a, h, v, w);
        (void)gsl_eigen_symmv_sort(h, v, GSL_EIGEN_SORT_VAL_ASC);
        for (size_t j = 0; j < f->d; j++) {
            f->h[j] = gsl_vector_get(h, j);
            for (size_t k = 0; k < f->d; k++)
                f->axis[j * f->d + k] = gsl_matrix_get(v, k, j);
        }
    }
    gsl_matrix_free(a);
    gsl_matrix_free(v);
    gsl_vector_free(h);
    gsl_eigen_symmv_free(w);
    return s;
}

static ref_status fill(sim_floor *f, const sim_problem *p, double *hessian,
                       ref_why *why)
{
    p->family->start(p, f->theta);
    REF_TRY(sim_problem_minimise(p, f->theta, 1e-12, why));
    REF_TRY(sim_problem_loss(p, f->theta, &f->best, NULL, NULL, why));
    REF_TRY(p->family->hessian(p, f->theta, hessian));
    return decompose(f, hessian, why);
}

ref_status sim_floor_init(sim_floor *f, const sim_problem *p, ref_why *why)
{
    *f = (sim_floor){.d = p->d};
    if (p->family->hessian == NULL)
        return ref_fail(why, REF_EUNSUPPORTED, "%s has no Hessian", p->family->name);
    double *hessian = calloc(p->d * p->d, sizeof *hessian);
    f->theta = calloc(p->d * (p->d + 2), sizeof *f->theta);
    ref_status s = REF_ENOMEM;
    if (hessian != NULL && f->theta != NULL) {
        f->h = f->theta + p->d;
        f->axis = f->h + p->d;
        s = fill(f, p, hessian, why);
    } else {
        (void)ref_fail(why, s, "no room for a Hessian of %zu parameters", p->d);
    }
    free(hessian);
    if (s != REF_OK) sim_floor_free(f);
    return s;
}

/* sigma_j += Sigma_i's share along axis j, latent by latent; w (2d) is scratch. */
static void prompt_noise(double *sigma, const sim_floor *f, const sim_problem *p,
                         size_t i, double n, double *scratch, double *w)
{
    const sim_loglinear *t = sim_problem_loglinear(p);
    const double scale = 1.0 / (n * (double)(p->m * p->m));
    double *mu = w;
    double *s = w + f->d;
    sim_moments x;
    p->family->moments(p, f->theta, i, scratch, &x, mu);
    p->family->open(p, f->theta, i, scratch);
    for (size_t j = 0; j < f->d; j++) {
        double inner = 0.0;
        for (size_t k = 0; k < f->d; k++) inner += f->axis[j * f->d + k] * mu[k];
        sigma[j] -= scale * inner * inner;
    }
    for (uint32_t y = 0; y < t->Y; y++) {
        if (t->accept[i * t->Y + y] == 0.0) continue;
        memset(s, 0, f->d * sizeof *s);
        p->family->add_score(p, i, scratch, &y, 1.0, 0.0, s);
        for (size_t j = 0; j < f->d; j++) {
            double inner = 0.0;
            for (size_t k = 0; k < f->d; k++) inner += f->axis[j * f->d + k] * s[k];
            sigma[j] += scale * scratch[y] * inner * inner / (x.p * x.p);
        }
    }
}

ref_status sim_floor_noise(double *sigma, const sim_floor *f, const sim_problem *p,
                           const double *n, ref_why *why)
{
    if (sim_problem_loglinear(p) == NULL)
        return ref_fail(why, REF_EUNSUPPORTED, "the floor needs an explicit table");
    double *scratch = calloc(p->scratch + 2 * f->d, sizeof *scratch);
    if (scratch == NULL) return ref_fail(why, REF_ENOMEM, "no room for a prompt");
    memset(sigma, 0, f->d * sizeof *sigma);
    for (size_t i = 0; i < p->m; i++)
        prompt_noise(sigma, f, p, i, n[i], scratch, scratch + p->scratch);
    free(scratch);
    return REF_OK;
}

double sim_floor_predict(const sim_floor *f, const double *sigma, double eta)
{
    double total = 0.0;
    for (size_t j = 0; j < f->d; j++) total += sigma[j] / (2.0 - eta * f->h[j]);
    return 0.5 * eta * total;
}

ref_status sim_floor_draws(double *n, const double *w, size_t m, double each,
                           ref_why *why)
{
    double *share = calloc(m, sizeof *share);
    size_t *whole = calloc(m, sizeof *whole);
    ref_status s = share != NULL && whole != NULL ? REF_OK : REF_ENOMEM;
    if (s == REF_OK) s = ref_allocate_shares(share, w, m, why);
    if (s == REF_OK)
        s = ref_allocate_round_remainder(whole, share, m,
                                         (size_t)llround(each * (double)m), why);
    for (size_t i = 0; s == REF_OK && i < m; i++)
        n[i] = whole[i] > 0 ? (double)whole[i] : 1.0;
    free(share);
    free(whole);
    return s;
}
