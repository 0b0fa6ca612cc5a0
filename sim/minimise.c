/* minimise.c -- damped Newton on L: eigenvalues floored, Armijo halving.
 *
 * step = -sum_j e_j <e_j,g> / max(|h_j|, floor),  H = sum_j h_j e_j e_j'. [spec:sim 9]
 */
#include "ref/numeric.h"
#include "sim/family.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double EIGENVALUE_FLOOR = 1e-4; /* [spec:sim 9] */
static const double ARMIJO = 1e-4;           /* share of the linear decrease to reach */
enum { NEWTON_STEPS = 500, HALVINGS = 60 };

/* One block of everything that a minimisation holds. */
typedef struct newton {
    size_t d;
    double *block;
    double *theta, *g, *trial, *trial_g, *step, *hessian;
    gsl_vector *value;
    gsl_matrix *vector;
    gsl_eigen_symmv_workspace *eigen;
} newton;

static void newton_free(newton *w)
{
    free(w->block);
    if (w->value != NULL) gsl_vector_free(w->value);
    if (w->vector != NULL) gsl_matrix_free(w->vector);
    if (w->eigen != NULL) gsl_eigen_symmv_free(w->eigen);
    *w = (newton){0};
}

static ref_status newton_open(newton *w, size_t d)
{
    *w = (newton){.d = d};
    w->block = calloc(5 * d + d * d, sizeof *w->block);
    if (w->block == NULL) return REF_ENOMEM;
    w->theta = w->block;
    w->g = w->block + d;
    w->trial = w->block + 2 * d;
    w->trial_g = w->block + 3 * d;
    w->step = w->block + 4 * d;
    w->hessian = w->block + 5 * d;
    w->value = gsl_vector_alloc(d);
    w->vector = gsl_matrix_alloc(d, d);
    w->eigen = gsl_eigen_symmv_alloc(d);
    if (w->value != NULL && w->vector != NULL && w->eigen != NULL) return REF_OK;
    newton_free(w);
    return REF_ENOMEM;
}

/* step <- -|H|^-1 g with floored eigenvalues: a descent direction wherever H points. */
static ref_status newton_direction(newton *w, const sim_problem *p)
{
    REF_TRY(p->family->hessian(p, w->theta, w->hessian));
    gsl_matrix_view h = gsl_matrix_view_array(w->hessian, w->d, w->d);
    if (gsl_eigen_symmv(&h.matrix, w->value, w->vector, w->eigen) != 0)
        return REF_ENONFINITE;

    memset(w->step, 0, w->d * sizeof *w->step);
    for (size_t j = 0; j < w->d; j++) {
        double along = 0.0;
        for (size_t k = 0; k < w->d; k++)
            along += gsl_matrix_get(w->vector, k, j) * w->g[k];
        const double size = fmax(fabs(gsl_vector_get(w->value, j)), EIGENVALUE_FLOOR);
        for (size_t k = 0; k < w->d; k++)
            w->step[k] -= gsl_matrix_get(w->vector, k, j) * along / size;
    }
    return REF_OK;
}

/* Move along step to the first halving with enough decrease; *moved says whether there
 * was one, *loss is updated. Near the minimum L stands still in rounding: there a
 * smaller gradient decides. */
static ref_status newton_line(newton *w, const sim_problem *p, double *loss,
                              bool *moved, ref_why *why)
{
    const double slope = ref_dot(w->g, w->step, w->d);
    const double g2 = ref_norm2(w->g, w->d);
    const double noise = 1e-14 * (1.0 + fabs(*loss));
    double t = 1.0;
    *moved = false;
    for (int halving = 0; halving < HALVINGS && !*moved; halving++, t *= 0.5) {
        double trial = 0.0;
        for (size_t k = 0; k < w->d; k++) w->trial[k] = w->theta[k] + t * w->step[k];
        const ref_status s =
            sim_problem_loss(p, w->trial, &trial, w->trial_g, NULL, why);
        if (s == REF_ENONFINITE) continue; /* a step too long; halve it */
        REF_TRY(s);
        const bool flat = trial <= *loss + noise && ref_norm2(w->trial_g, w->d) < g2;
        if (!(trial <= *loss + ARMIJO * t * slope || flat)) continue;
        memcpy(w->theta, w->trial, w->d * sizeof *w->theta);
        memcpy(w->g, w->trial_g, w->d * sizeof *w->g);
        *loss = trial;
        *moved = true;
    }
    return REF_OK;
}

static ref_status newton_run(newton *w, const sim_problem *p, double tolerance,
                             ref_why *why)
{
    double loss;
    REF_TRY(sim_problem_loss(p, w->theta, &loss, w->g, NULL, why));
    for (int step = 0; step < NEWTON_STEPS; step++) {
        if (sqrt(ref_norm2(w->g, w->d)) <= tolerance) return REF_OK;
        bool moved;
        REF_TRY(newton_direction(w, p));
        REF_TRY(newton_line(w, p, &loss, &moved, why));
        if (!moved) break;
    }
    return ref_fail(why, REF_ENONFINITE,
                    "no minimum found: |grad| = %g is above %g after at most %d Newton "
                    "steps",
                    sqrt(ref_norm2(w->g, w->d)), tolerance, (int)NEWTON_STEPS);
}

ref_status sim_problem_minimise(const sim_problem *p, double *theta, double tolerance,
                                ref_why *why)
{
    if (p->family->hessian == NULL)
        return ref_fail(why, REF_EUNSUPPORTED, "family %s has no Hessian",
                        p->family->name);
    if (!(tolerance > 0.0))
        return ref_fail(why, REF_EDOM, "tolerance %g is not positive", tolerance);

    newton w;
    if (newton_open(&w, p->d) != REF_OK)
        return ref_fail(why, REF_ENOMEM, "no memory for a Hessian of %zu parameters",
                        p->d);
    memcpy(w.theta, theta, p->d * sizeof *theta);
    const ref_status s = newton_run(&w, p, tolerance, why);
    if (s == REF_OK) memcpy(theta, w.theta, p->d * sizeof *theta);
    newton_free(&w);
    return s;
}
