"""How unlikely is what was counted, if a site goes on as before?

- Of the next `m` readings `x` lack an author, where 0 of 300 did: the beta-binomial distribution, which is what a
  binomial becomes whose rate is only known from counts (Jeffreys' prior; Gelman et al., Bayesian Data Analysis, 3rd
  ed., 2.4 and 2.8).
- A week has 3 posts, where the weeks before had 20 to 30: the negative binomial, a Poisson whose rate varies, with the
  dispersion by moments (Noufaily et al., An improved algorithm for outbreak detection, Statistics in Medicine 2013).
- Lengths are compared by median and MAD (Hampel, JASA 1974), which half of the values may not mislead.

Whoever looks each hour looks often, and some look will meet chance. So every test has the bound `FALSE_ALARMS_A_YEAR`
divided by the number of its looks in a year (Bonferroni); looks between which nothing new was counted are one look.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, lgamma, log
from statistics import fmean, median, variance

#: False alarms of one kind that a site may give in a year, as the tests reckon. With a higher number the breakages of slow
#: sites would be told sooner.
FALSE_ALARMS_A_YEAR = 0.001
#: What Jeffreys' prior adds to each of both counts.
PRIOR = 0.5
#: Factor from a median absolute deviation to the standard deviation of a normal distribution.
MAD_FACTOR = 1.4826


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def many_of(x: int, m: int, before: int, total: int) -> float:
    """The probability that of `m` further cases at least `x` are such as `before` of `total` were.

    >>> [f"{many_of(n, n, 0, 300):.0e}" for n in (1, 2, 3)]
    ['2e-03', '8e-06', '7e-08']
    """
    a, b = before + PRIOR, total - before + PRIOR
    terms = (_log_choose(m, k) + _log_beta(a + k, b + m - k) - _log_beta(a, b) for k in range(x, m + 1))
    return min(1.0, sum(map(exp, terms)))


def few_of(x: int, counts: Sequence[int], recent: int) -> float:
    """The probability of at most `x`, where equal spans before had `counts` (two at least), the newest first.

    The mean is that of the `recent` newest, because a blog may have become slower; the dispersion is that of all.

    >>> few_of(0, [14, 15, 13, 16, 14, 15], 4) < 1e-5, few_of(0, [14, 3, 29, 0, 24, 20], 4) > 0.01
    (True, True)
    """
    mean, whole = fmean(counts[:recent]), fmean(counts)
    if mean <= 0:
        return 1.0
    excess = variance(counts) - whole
    size = whole * whole / excess if excess > 0 else inf
    if size == inf:
        return min(1.0, sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(x + 1)))
    share = mean / (mean + size)
    ways = (lgamma(k + size) - lgamma(size) - lgamma(k + 1) for k in range(x + 1))
    logs = (count + size * log(1 - share) + k * log(share) for k, count in enumerate(ways))
    return min(1.0, sum(map(exp, logs)))


def middle(values: Sequence[float]) -> tuple[float, float]:
    """The median of values, and their spread as a standard deviation that far ones do not change.

    >>> middle([1, 2, 3, 4, 900])
    (3, 1.4826)
    """
    centre = median(values)
    return centre, MAD_FACTOR * median(abs(value - centre) for value in values)
