/* fuzz_model.c -- any bytes as a model file: refused in words, or a problem whose loss
 * and gradient can be asked for.
 */
#include "sim/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void evaluate(const sim_problem *p)
{
    double *theta = calloc(2 * p->d, sizeof *theta);
    double loss;
    ref_why why;
    if (theta == NULL) return;
    p->family->start(p, theta);
    (void)!sim_problem_loss(p, theta, &loss, theta + p->d, NULL, &why);
    free(theta);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ref_source source;
    ref_why why = {{0}};
    sim_problem p;
    if (ref_source_memory(&source, data, size, "fuzz", &why) != REF_OK) return 0;
    const ref_status s = sim_model_read(&p, &source, &why);
    ref_source_close(&source);
    if (s == REF_OK)
        evaluate(&p);
    else if (why.text[0] == '\0')
        abort(); /* a refusal without words */
    sim_problem_free(&p);
    return 0;
}
