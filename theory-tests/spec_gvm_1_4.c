/* spec_gvm_1_4.c -- the smoothness constant of log-linear models. */
#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <gsl/gsl_eigen.h>
#include <math.h>

/* Largest and smallest eigenvalue of a symmetric (d,d) matrix, which is destroyed. */
static void extremes(double *matrix, size_t d, double *least, double *largest)
{
    gsl_matrix_view view = gsl_matrix_view_array(matrix, d, d);
    gsl_vector *value = gsl_vector_alloc(d);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(d);
    gsl_eigen_symm(&view.matrix, value, work);
    *least = gsl_vector_min(value);
    *largest = gsl_vector_max(value);
    gsl_eigen_symm_free(work);
    gsl_vector_free(value);
}

/* property 40, at random parameters small and large */
static void curvature_is_below_a_quarter_of_the_squared_diameter(void)
{
    double worst = -HUGE_VAL, most_negative = 0.0, tightest = 0.0;
    for (uint32_t seed = 0; seed < 30; seed++) {
        finite_model f;
        double theta[FINITE_D], curvature[FINITE_Y * FINITE_D * FINITE_D];
        finite_model_init(&f, &(finite_shape){3, 5, 4, seed % 3, 2100 + seed});
        const double smooth = finite_model_smoothness(&f);
        for (uint32_t which = 0; which < 10; which++) {
            finite_model_theta(&f, theta, 0.2 * which, which);
            finite_model_at(&f, theta);
            for (size_t i = 0; i < f.shape.m; i++) {
                finite_model_curvature(&f, i, curvature);
                for (size_t y = 0; y < f.shape.Y; y++) {
                    double least, largest;
                    extremes(curvature + y * 16, 4, &least, &largest);
                    worst = check_worse(worst, largest - smooth);
                    tightest = check_worse(tightest, largest / smooth);
                    most_negative = check_least(most_negative, least);
                }
            }
        }
    }
    CHECK_AT_MOST(0.5, tightest); /* the bound is not idle */
    CLAIM_HOLDS("spec:gvm 1.4",
                "No curvature of -log P(y,z) exceeds the squared feature diameter over "
                "4 (statistic: the largest excess)",
                worst, 1e-12);
    CLAIM_HOLDS("spec:gvm 1.4",
                "-log P(y,z) of the log-linear model is convex, also with sigmoid "
                "acceptance (statistic: minus the least eigenvalue)",
                -most_negative, 1e-12);
}

static void tabular_half_is_attained_at_two_equal_outcomes(void)
{
    finite_model f;
    double curvature[FINITE_Y * FINITE_D * FINITE_D], least, largest;
    finite_model_init(&f, &(finite_shape){1, 4, 4, 1, 1});
    finite_model_one_hot(&f);
    CHECK_EQUAL(finite_model_smoothness(&f), 0.5);
    finite_model_at(&f, (double[]){40.0, 40.0, 0.0, 0.0});
    finite_model_curvature(&f, 0, curvature);
    extremes(curvature, 4, &least, &largest);
    CLAIM_HOLDS("spec:gvm 1.4",
                "One-hot features attain the smoothness bound 1/gamma = 1/2",
                fabs(largest - 0.5), 1e-12);
}

SUITE("[spec:gvm 1.4] smoothness of the finite test model", NULL,
      {"curvature is below a quarter of the squared diameter",
       curvature_is_below_a_quarter_of_the_squared_diameter},
      {"the tabular half is attained at two equal outcomes",
       tabular_half_is_attained_at_two_equal_outcomes});
