"""Scores against tables computed by hand and published figures, and their coverage."""

import random

import pytest

from surveys import statistics
from surveys.statistics import Camps, Estimate


def rounded(found: Estimate) -> tuple[float | None, ...]:
    return tuple(None if value is None else round(value, 1) for value in (found.value, found.low, found.high))


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "expected"),
    [
        # 70/20/10: n' 103, p' .68689, d' .10437; centre .58252, variance .0043906, reach .12987 -> 45.3 to 71.2
        (70, 20, 10, (60.0, 45.3, 71.2)),
        # 5/3/2: n' 13, p' .44231, d' .21154; centre .23077, variance .046199, reach .42127 -> -19.1 to 65.2
        (5, 3, 2, (30.0, -19.1, 65.2)),
        # 0/0/10: centre -.76923, variance .022534, reach .29421 -> -106.3 to -47.5, clamped
        (0, 0, 10, (-100.0, -100.0, -47.5)),
        # 1/0/0: centre .25, variance .140625, reach .73498 -> -48.5 to 98.5, widened to the score
        (1, 0, 0, (100.0, -48.5, 100.0)),
    ],
)
def test_nps_with_its_adjusted_wald_interval(
    promoters: int, passives: int, detractors: int, expected: tuple[float, ...]
) -> None:
    assert rounded(statistics.nps(Camps(promoters, passives, detractors))) == expected


def test_camps_are_cut_at_seven_and_nine() -> None:
    assert statistics.camps(dict.fromkeys(range(11), 1)) == Camps(2, 2, 7)


def test_nobody_has_no_score() -> None:
    assert statistics.nps(Camps(0, 0, 0)) == statistics.csat({}) == statistics.mean({}, 1, 7) == statistics.NOTHING


@pytest.mark.parametrize(
    ("chosen", "n", "expected"),
    [
        (8, 10, (80.0, 49.0, 94.3)),  # Wilson 1927; as in Brown, Cai & DasGupta 2001
        (0, 10, (0.0, 0.0, 27.8)),
        (10, 10, (100.0, 72.2, 100.0)),
        (1, 1, (100.0, 20.7, 100.0)),
        (50, 100, (50.0, 40.4, 59.6)),
    ],
)
def test_shares_with_wilson_intervals(chosen: int, n: int, expected: tuple[float, ...]) -> None:
    assert rounded(statistics.share(chosen, n)) == expected


def test_csat_is_the_top_two_boxes() -> None:
    assert rounded(statistics.csat({5: 5, 4: 3, 1: 2})) == (80.0, 49.0, 94.3)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({5: 5, 7: 5}, (6.0, 5.2, 6.8)),  # s 1.0541, t(9) 2.2622 -> reach .7541
        ({4: 1}, (4.0, 1.0, 7.0)),
        ({7: 3}, (7.0, 1.0, 7.0)),
        ({7: 10}, (7.0, 7.0, 7.0)),
        ({1: 1, 7: 1}, (4.0, 1.0, 7.0)),
    ],
)
def test_means_with_t_intervals(counts: dict[int, int], expected: tuple[float, ...]) -> None:
    assert rounded(statistics.mean(counts, 1, 7)) == expected


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.706), (9, 2.262), (30, 2.042), (31, 2.0395), (60, 2.0003), (120, 1.9799), (10_000, 1.9602)],
)
def test_quantiles_of_student(degrees: int, quantile: float) -> None:
    assert statistics.t_quantile(degrees) == pytest.approx(quantile, abs=6e-4)


@pytest.mark.parametrize(
    ("earlier", "later", "verdict"),
    [
        (Camps(70, 20, 10), Camps(40, 20, 40), "yes"),
        (Camps(7, 2, 1), Camps(5, 2, 3), "cannot_tell"),
        (Camps(7000, 2000, 1000), Camps(7010, 1990, 1000), "no"),
        (Camps(0, 0, 0), Camps(5, 2, 3), "cannot_tell"),
        (Camps(1, 0, 0), Camps(0, 0, 1), "cannot_tell"),
    ],
)
def test_whether_a_score_is_different(earlier: Camps, later: Camps, verdict: str) -> None:
    assert statistics.nps_difference(earlier, later).verdict == verdict


@pytest.mark.parametrize(
    ("shares", "n", "least"),
    [
        ((0.7, 0.25, 0.05), 10, 0.93),
        ((0.7, 0.25, 0.05), 30, 0.935),
        ((0.9, 0.08, 0.02), 10, 0.91),  # the plain Wald interval covers 65 % here
        ((0.4, 0.3, 0.3), 50, 0.93),
    ],
)
def test_nps_intervals_cover_what_they_promise(shares: tuple[float, ...], n: int, least: float) -> None:
    chance = random.Random(7)
    truth = 100 * (shares[0] - shares[2])
    rounds, covered, alarms = 2_000, 0, 0

    def sample() -> Camps:
        drawn = chance.choices((0, 1, 2), weights=shares, k=n)
        return Camps(drawn.count(0), drawn.count(1), drawn.count(2))

    for _ in range(rounds):
        one = sample()
        found = statistics.nps(one)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
        alarms += statistics.nps_difference(one, sample()).verdict == "yes"

    assert covered / rounds >= least
    assert alarms / rounds <= 0.08


@pytest.mark.parametrize(
    ("earlier", "later", "verdict"),
    [
        (0, 0, "cannot_tell"),
        (0, 3, "cannot_tell"),
        (0, 12, "yes"),
        (5, 6, "cannot_tell"),
        (20, 60, "yes"),
        (60, 20, "yes"),
        (100_000, 100_300, "no"),
        (100_000, 102_000, "yes"),
    ],
)
def test_more_came_in_only_when_chance_rarely_makes_such_a_difference(
    earlier: int, later: int, verdict: str
) -> None:
    assert statistics.count_difference(earlier, later).verdict == verdict


def test_a_change_of_counts_is_a_ratio_of_rates() -> None:
    found = statistics.count_difference(40, 60)
    assert found.value == pytest.approx(50.0)
    assert (found.low, found.high) == pytest.approx(
        (0.804, 123.205), abs=0.001
    )  # Wilson's 50.20 to 69.06 % as odds
    assert statistics.count_difference(0, 12).value is None
