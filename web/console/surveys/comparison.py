"""Is a share or a mean different from what it was: from the two intervals alone.

The interval of the difference is put together from the limits of the single ones: R. G. Newcombe, Statistics in
Medicine 17, 1998, method 10 for shares with Wilson's limits; G. Zou and A. Donner, Statistics in Medicine 27, 2008
("MOVER") for any pair of estimates. The NPS has its own in `surveys.statistics.nps_difference`.
"""

from math import hypot

from surveys.statistics import Difference, Estimate

UNKNOWN = Difference(None, None, None, "cannot_tell")


def difference(earlier: Estimate, later: Estimate, *, same_within: float) -> Difference:
    """Later minus earlier, in their unit. "No" when the whole interval lies within ± `same_within`."""
    before, after = _limits(earlier), _limits(later)
    if before is None or after is None:
        return UNKNOWN
    (value_1, low_1, high_1), (value_2, low_2, high_2) = before, after
    value = value_2 - value_1
    low = value - hypot(value_2 - low_2, high_1 - value_1)
    high = value + hypot(high_2 - value_2, value_1 - low_1)
    if low > 0 or high < 0:
        return Difference(value, low, high, "yes")
    same = -same_within <= low and high <= same_within
    return Difference(value, low, high, "no" if same else "cannot_tell")


def _limits(found: Estimate) -> tuple[float, float, float] | None:
    if found.value is None or found.low is None or found.high is None:
        return None
    return found.value, found.low, found.high
