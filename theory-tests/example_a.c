/* example_a.c -- the paths of counterexample A, enumerated. */
#include "theory-tests/example_a.h"

#include <math.h>

static const double delta = 0.1;

static double loss(double u)
{
    return u * u / 2.0 + delta * delta / 2.0 - log(cosh(delta * u));
}

example_a_outcome example_a(size_t k, double eta, double H)
{
    example_a_outcome out = {.run = {.eta = eta, .gamma = 1.0, .k = k, .H = H}};
    const double P = ldexp(1.0, -(int)k);
    for (unsigned path = 0; path < 1u << k; path++) {
        double u = 0.0, grad_sum = 0.0;
        for (size_t r = 0; r < k; r++) {
            out.run.D1 += P * u * u;
            out.run.Omega += P * delta * delta;
            grad_sum += u;
            out.run.D3 += P * grad_sum * grad_sum;
            u -= eta * (u - ((path >> r & 1u) ? delta : -delta));
        }
        out.run.D2 += P * grad_sum * grad_sum;
        out.change += P * (loss(u) - loss(0.0));
    }
    return out;
}
