#!/usr/bin/python3
"""The yardstick: the simulator's replica-step in vectorised NumPy, one thread.

The same step as `gvm-sim bench`: logits of a shared log-linear policy, softmax, 8 draws per
prompt by inverse CDF, self-normalised estimate, one SGD update, for a block of replicas at
once. Matrix products go through BLAS; draws are one searchsorted over all rows.

    numpy_step.py m,Y,d [seconds]      prints microseconds of processor time per
                                       replica-step, median of 5
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy is imported

import sys
import time

try:
    import numpy as np
except ImportError:
    sys.exit(77)

DRAWS = 8
REPLICAS = 32  # enough for BLAS, small enough for the caches: 8 to 128 were tried


class Step:
    def __init__(self, m, Y, d):
        rng = np.random.default_rng(1)
        self.m, self.Y, self.d = m, Y, d
        self.phi = rng.standard_normal((m * Y, d)) / np.sqrt(d)
        self.phi_t = np.ascontiguousarray(self.phi.T)
        self.accept = np.zeros((m, Y))
        self.accept[:, :4] = 1.0
        self.rows = np.arange(REPLICAS * m, dtype=float).reshape(REPLICAS, m, 1)
        self.first = (np.arange(REPLICAS * m) * Y).reshape(REPLICAS, m, 1)
        self.theta = np.zeros((REPLICAS, d))
        self.rng = np.random.Generator(np.random.Philox(7))

    def step(self, eta):
        m, Y = self.m, self.Y
        logit = (self.theta @ self.phi_t).reshape(REPLICAS, m, Y)
        logit -= logit.max(axis=2, keepdims=True)
        np.exp(logit, out=logit)
        P = logit / logit.sum(axis=2, keepdims=True)
        # row r of the flattened table holds C in (r, r+1]: sorted as a whole
        C = np.cumsum(P, axis=2)
        C[:, :, -1] = 1.0
        C += self.rows
        u = self.rng.random((REPLICAS, m, DRAWS)) + self.rows
        y = np.searchsorted(C.ravel(), u.ravel(), side="right")
        np.minimum(y, REPLICAS * m * Y - 1, out=y)
        count = np.bincount(y, minlength=REPLICAS * m * Y).reshape(REPLICAS, m, Y)
        accepted = count * self.accept
        K = accepted.sum(axis=2, keepdims=True)
        weight = accepted / np.maximum(K, 1.0)
        weight -= (K > 0) * P
        g = weight.reshape(REPLICAS, m * Y) @ self.phi
        self.theta += eta / m * g


def main():
    m, Y, d = (int(x) for x in sys.argv[1].split(","))
    budget = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    step = Step(m, Y, d)
    start = time.process_time()
    for _ in range(3):
        step.step(0.1)
    steps = max(2, int(budget / 5 / ((time.process_time() - start) / 3)))
    times = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(steps):
            step.step(0.1)
        times.append((time.process_time() - start) / (steps * REPLICAS))
    print("%.6g" % (1e6 * sorted(times)[2]))


main()
