"""Reference numbers of Tests/LinearAlgebraTests, StatisticsTests and AnalyzeTests, printed as literals.

Made with Python 3 and numpy (the version is printed). Run: python Tests/References/statistics_references.py
"""
import math
from fractions import Fraction
import numpy as np

print("numpy", np.__version__)


def grid(rows, columns, phase):
    """A matrix that both languages can write down: sin(phase + 1.7 i + 0.6 j + 0.1 i j)."""
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    return np.sin(phase + 1.7 * i + 0.6 * j + 0.1 * i * j)


a = grid(5, 3, 0.2)
print("singular values", np.linalg.svd(a, compute_uv=False).tolist())
print("eigenvalues", np.linalg.eigvalsh(a.T @ a)[::-1].tolist())
print("|r| diagonal", np.abs(np.diag(np.linalg.qr(a)[1])).tolist())

x = [0.3, -1.2, 4.0, 2.5, 2.5, 0.0, -3.1]
print("quantiles", np.quantile(x, [0.025, 0.25, 0.5, 0.9]).tolist(), "sd", np.std(x, ddof=1))

for b, c in [(3, 11), (0, 6), (5, 5), (40, 60)]:
    n = b + c
    tail = sum(Fraction(math.comb(n, k), 2**n) for k in range(min(b, c) + 1))
    print("mcnemar", b, c, float(min(1, 2 * tail)))

# Whole-space measures of float32 rows.
e0 = grid(12, 4, 0.2).astype(np.float32).astype(np.float64)
e1 = (grid(12, 4, 0.2) + 0.05 * grid(12, 4, 1.1)).astype(np.float32).astype(np.float64)
x0, x1 = e0 - e0.mean(0), e1 - e1.mean(0)
cka = np.linalg.norm(x0.T @ x1) ** 2 / np.linalg.norm(x0.T @ x0) / np.linalg.norm(x1.T @ x1)
u, s, vt = np.linalg.svd(x0.T @ x1)
print("cka", cka, "procrustes", np.linalg.norm(x0 @ u @ vt - x1) / np.linalg.norm(x1))
units = e0 / np.linalg.norm(e0, axis=1, keepdims=True)
cosines = units @ units.T
print("anisotropy", (cosines.sum() - 12) / 132)
top = np.linalg.eigvalsh(x0.T @ x0)
print("top variance", top[-1] / top.sum())
shares = np.linalg.svd(e1 - e0, compute_uv=False) ** 2
shares /= shares.sum()
print("effective rank", np.exp(-(shares * np.log(shares)).sum()))
print("mean displacement", np.linalg.norm(e1 - e0, axis=1).mean())
v1 = e1 / np.linalg.norm(e1, axis=1, keepdims=True)
print("mean angle", np.arccos((units * v1).sum(1)).mean())

# BCa intervals of a ratio and of ICAT over clusters; scipy draws other numbers, so that only some digits agree.
from scipy.stats import bootstrap
import scipy

print("scipy", scipy.__version__)
sizes = np.array([3 + (7 * t) % 5 for t in range(16)])
terms = np.repeat(np.arange(16), sizes)
i = np.arange(len(terms))
s, o, u = np.sin(1.7 * i + 0.3), np.sin(2.3 * i + 1) - 0.2, np.sin(0.9 * i + 2) - 0.6
sums = np.array(
    [[(s > o)[terms == t].mean(), ((s > u) * 1.0 + (o > u))[terms == t].mean() / 2] for t in range(16)])


def icat(stereotype, related, axis=-1):
    ss, lms = 100 * stereotype.mean(axis), 100 * related.mean(axis)
    return lms * np.minimum(ss, 100 - ss) / 50


for name, columns, statistic in [
    ("ss", (sums[:, 0],), lambda x, axis=-1: 100 * x.mean(axis)), ("icat", (sums[:, 0], sums[:, 1]), icat)]:
    found = bootstrap(columns, statistic, paired=len(columns) > 1, n_resamples=400_000, batch=10_000, method="BCa",
                      rng=np.random.default_rng(1))
    print(name, statistic(*columns), found.confidence_interval.low, found.confidence_interval.high)
