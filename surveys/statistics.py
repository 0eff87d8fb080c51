"""Scores with their uncertainty. Every function takes counts, so that a million responses cost nothing here.

All intervals are two-sided 95 %. A score of nobody has no value: `n` is 0 and the figures are None.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Literal

Z = NormalDist().inv_cdf(0.975)

Verdict = Literal["yes", "no", "cannot_tell"]

SAME_WITHIN = 5.0
"""Points of NPS that nobody would act upon: a difference surely smaller than this counts as none."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval, in the figure's own unit: NPS points, percent or points of a scale."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Later minus earlier, its interval, and whether the score is different."""

    value: float | None
    low: float | None
    high: float | None
    verdict: Verdict


NOTHING = Estimate(None, None, None, 0)


@dataclass(frozen=True, slots=True)
class Camps:
    """How many promoters (9 and 10), passives (7 and 8) and detractors (0 to 6) there are."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors


def camps(counts: Mapping[int, int]) -> Camps:
    """The three camps from counts by point 0 to 10 (Reichheld 2003)."""
    return Camps(
        promoters=sum(count for point, count in counts.items() if point >= 9),
        passives=sum(count for point, count in counts.items() if 7 <= point <= 8),
        detractors=sum(count for point, count in counts.items() if point <= 6),
    )


def nps(found: Camps) -> Estimate:
    """Net promoter score from -100 to 100 with an adjusted Wald interval.

    The interval is that of B. Rocks, "Interval estimation for the Net Promoter Score", The American Statistician
    70(4), 2016: pseudo-counts +0.75 promoters, +1.5 passives, +0.75 detractors, in the spirit of Agresti & Coull
    1998 (one proportion) and Bonett & Price 2012 (paired proportions). The plain Wald interval covers as little
    as 65 % with ten answers. It is clamped to ±100 and widened to hold the score itself, which it can miss
    when two or fewer people all say the same.
    """
    if found.n == 0:
        return NOTHING
    value = 100 * (found.promoters - found.detractors) / found.n
    centre, variance = _moments(found, 0.75)
    reach = Z * sqrt(variance)
    low, high = 100 * (centre - reach), 100 * (centre + reach)
    return Estimate(value, max(-100.0, min(low, value)), min(100.0, max(high, value)), found.n)


def _moments(found: Camps, weight: float) -> tuple[float, float]:
    """Centre and variance of the net share after adding weight : 2 × weight : weight."""
    n = found.n + 4 * weight
    up, down = (found.promoters + weight) / n, (found.detractors + weight) / n
    return up - down, (up + down - (up - down) ** 2) / n


def nps_difference(earlier: Camps, later: Camps, same_within: float = SAME_WITHIN) -> Difference:
    """Is the later NPS different from the earlier one: yes, no, or cannot tell.

    "Yes" when the 95 % interval of the difference excludes zero; "no" when it lies within ± `same_within` points
    (equivalence, as in two one-sided tests, Schuirmann 1987); else the answers are too few to tell. Each sample
    gets half the pseudo-counts of the single score, as Agresti & Caffo 2000 do for two proportions.
    """
    if earlier.n == 0 or later.n == 0:
        return Difference(None, None, None, "cannot_tell")
    value = 100 * (
        (later.promoters - later.detractors) / later.n - (earlier.promoters - earlier.detractors) / earlier.n
    )
    (before, spread_before), (after, spread_after) = _moments(earlier, 0.375), _moments(later, 0.375)
    centre, reach = 100 * (after - before), 100 * Z * sqrt(spread_before + spread_after)
    low, high = max(-200.0, centre - reach), min(200.0, centre + reach)
    return Difference(value, low, high, _verdict(low, high, same_within))


def _verdict(low: float, high: float, same_within: float) -> Verdict:
    if low > 0 or high < 0:
        return "yes"
    return "no" if -same_within <= low and high <= same_within else "cannot_tell"


MANY_MORE = 0.1
"""Part of a count that nobody would act upon: a change surely smaller than a tenth counts as none."""


def count_difference(earlier: int, later: int, same_within: float = MANY_MORE) -> Difference:
    """Did more (or fewer) come in the later of two periods of the same length: yes, no, or cannot tell.

    Both counts are taken as Poisson. Given their sum, the later one is binomial with one half when nothing changed
    (the conditional test of Przyborowski & Wilenski, Biometrika 31, 1940); the interval of its share is Wilson's,
    and gives that of the ratio of rates. Value and interval are the change in percent of the earlier count; None
    where nothing came before.
    """
    if earlier + later == 0:
        return Difference(None, None, None, "cannot_tell")
    found = share(later, earlier + later)
    low, high = ((found.low or 0) / 100, (found.high or 0) / 100)
    verdict = _verdict(_odds(low) - 1, _odds(high) - 1, same_within)
    if earlier == 0:
        return Difference(None, None, None, verdict)
    value = 100 * (later - earlier) / earlier
    return Difference(value, 100 * (_odds(low) - 1), 100 * (_odds(high) - 1), verdict)


def _odds(part: float) -> float:
    return part / (1 - part) if part < 1 else float("inf")


def share(chosen: int, n: int) -> Estimate:
    """A share in percent with the score interval of E. B. Wilson, JASA 22, 1927: never outside 0 to 100."""
    if n == 0:
        return NOTHING
    p, z2 = chosen / n, Z * Z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low = 0.0 if chosen == 0 else 100 * max(0.0, centre - reach)
    high = 100.0 if chosen == n else 100 * min(1.0, centre + reach)
    return Estimate(100 * p, low, high, n)


def csat(counts: Mapping[int, int]) -> Estimate:
    """Customer satisfaction: the share in percent that chose 4 or 5 of 5 (top two boxes)."""
    return share(sum(count for point, count in counts.items() if point >= 4), sum(counts.values()))


def mean(counts: Mapping[int, int], low: int, high: int) -> Estimate:
    """The mean of a scale from `low` to `high` with Student's t interval (1908), clamped to the scale.

    For CES and ratings. t rather than z because the spread is estimated from the same answers. On scales of few
    points it covers 93 to 95 % from thirty answers on, and 90 % with ten answers of a very skewed scale (seen in
    simulation); a bootstrap would give another figure each time it is looked at. One answer says nothing of the
    spread: its interval is the whole scale; so it is when all of fewer than ten agree.
    """
    n = sum(counts.values())
    if n == 0:
        return NOTHING
    centre = sum(point * count for point, count in counts.items()) / n
    squares = sum(count * (point - centre) ** 2 for point, count in counts.items())
    if n == 1 or (squares == 0 and n < 10):
        return Estimate(centre, float(low), float(high), n)
    reach = t_quantile(n - 1) * sqrt(squares / (n - 1) / n)
    return Estimate(centre, max(float(low), centre - reach), min(float(high), centre + reach), n)


def mean_of(n: int, centre: float, deviation: float) -> Estimate:
    """The mean of numbers without bounds, from their sample standard deviation, with Student's t interval."""
    if n < 2:
        return Estimate(centre, None, None, n)
    reach = t_quantile(n - 1) * deviation / sqrt(n)
    return Estimate(centre, centre - reach, centre + reach, n)


T_TABLE = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
)  # fmt: skip


def t_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t: a table to 30 degrees, then Abramowitz & Stegun 26.7.5 (error < 1e-4)."""
    if degrees <= len(T_TABLE):
        return T_TABLE[degrees - 1]
    x = Z
    first = (x**3 + x) / 4
    second = (5 * x**5 + 16 * x**3 + 3 * x) / 96
    third = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    return float(x + first / degrees + second / degrees**2 + third / degrees**3)
