from datetime import date

import pytest

from surveys import statistics
from surveys.definition import Question
from surveys.results import Bar, Filters, Point, QuestionResult
from surveys.statistics import NOTHING, Camps, Estimate
from web.console.surveys.comparison import difference
from web.console.surveys.findings import before, finding, score, statement, trend


def nps(camps: Camps) -> QuestionResult:
    question = Question("q_nnnn", "nps", "nps", {"en": "Recommend?"})
    bars = (Bar("9", {}, camps.promoters, NOTHING), Bar("6", {}, camps.detractors, NOTHING))
    return QuestionResult(question, camps.n, bars, statistics.nps(camps), camps, (), (), True)


@pytest.mark.parametrize(
    ("camps", "words"),
    [
        (Camps(60, 30, 10), "More people recommend you"),
        (Camps(10, 30, 60), "More people advise against you"),
        (Camps(3, 4, 2), "about even"),
        (Camps(0, 0, 0), "Nobody has answered"),
    ],
)
def test_a_statement_says_no_more_than_the_interval_allows(camps: Camps, words: str) -> None:
    assert words in statement(nps(camps), "en")


def test_nobody_has_no_score() -> None:
    assert score(nps(Camps(0, 0, 0))) is None


def test_the_bars_say_who_promotes() -> None:
    found = finding(nps(Camps(60, 30, 10)), "en", "week", None)
    assert found.spread == "60% promoters (9 and 10), 10% detractors (0 to 6)"


def test_a_trend_has_gaps_where_nobody_answered() -> None:
    here = Estimate(5.0, 4.0, 6.0, 9)
    weeks = trend([Point(date(2026, 3, 2), here), Point(date(2026, 3, 23), here)], "week")
    assert [(spot.value, spot.n) for spot in weeks] == [(5.0, 9), (None, 0), (None, 0), (5.0, 9)]
    months = trend([Point(date(2025, 11, 1), here), Point(date(2026, 2, 1), here)], "month")
    assert [spot.label for spot in months] == ["November 2025", "December 2025", "January 2026", "February 2026"]


def test_the_period_before_has_the_same_length_and_touches() -> None:
    assert before(Filters(date(2026, 3, 1), date(2026, 3, 30))) == Filters(date(2026, 1, 30), date(2026, 2, 28))
    assert before(Filters(None, date(2026, 3, 30))) is None


def test_newcombes_own_example() -> None:
    """Newcombe 1998, table II (a): 56/70 against 48/80 is 0.20 with 0.0524 to 0.3339."""
    found = difference(statistics.share(48, 80), statistics.share(56, 70), same_within=5)
    assert found.value == pytest.approx(20.0)
    assert found.low == pytest.approx(5.24, abs=0.01)
    assert found.high == pytest.approx(33.39, abs=0.01)
    assert found.verdict == "yes"


def test_few_answers_cannot_tell_and_very_many_equal_ones_say_no() -> None:
    assert difference(statistics.share(3, 5), statistics.share(4, 5), same_within=5).verdict == "cannot_tell"
    assert difference(statistics.share(500, 1000), statistics.share(501, 1000), same_within=5).verdict == "no"
    assert difference(NOTHING, statistics.share(3, 5), same_within=5).verdict == "cannot_tell"
