"""The story without a database: seasons, the bad month, and answers that fit what is asked."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from surveys.answers import compile_survey, normalise
from surveys.definition import parse, problems_for_publishing
from surveys.definition.changes import changed_meaning
from surveys.intake import Submission
from surveys.statistics import camps, nps, nps_difference
from web.demo.brand import logo_png
from web.demo.people import COLLEAGUES
from web.demo.plan import Planned, planned, submissions
from web.demo.story import CAFE, LENGTH, Story
from web.demo.texts import POOLS

ENDS = [datetime(2026, month, day, 9, 30, tzinfo=UTC) for month, day in ((1, 1), (3, 31), (7, 15), (11, 30))]


def survey(story: Story, address: str) -> Planned:
    return next(plan for plan in planned(story) if plan.address == address)


def everybody(story: Story) -> list[tuple[Planned, int, Submission]]:
    return [(plan, edition, sent) for plan in planned(story) for edition, sent in submissions(story, plan, 1.0)]


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_every_answer_fits_its_survey_whenever_the_story_ends(end: datetime) -> None:
    story = Story(end)
    compiled = {
        (plan.address, number): compile_survey(parse(edition.document))
        for plan in planned(story)
        for number, edition in enumerate(plan.editions)
    }
    for plan, edition, sent in everybody(story):
        checked = normalise(compiled[plan.address, edition], sent.answers, sent.language, finished=sent.finished)
        asked = {key for key in sent.answers if not key.endswith(".other")}
        assert checked.problems == {}
        assert asked == checked.answers.keys() | checked.texts.keys()


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_the_bad_month_lies_about_four_and_a_half_months_back(end: datetime) -> None:
    story = Story(end)
    first, last = story.trouble
    assert first.day == 1
    assert (last + timedelta(days=1)).day == 1
    assert timedelta(days=105) <= story.last_day - last
    assert story.last_day - first <= timedelta(days=168)


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_nobody_answers_before_the_year_or_after_its_end(end: datetime) -> None:
    story = Story(end)
    times = [sent.at for _, _, sent in everybody(story) if sent.at is not None]
    assert min(times) > end - timedelta(days=LENGTH + 1)
    assert max(times) < end


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_recommendation_falls_in_the_bad_month_and_comes_back(end: datetime) -> None:
    story = Story(end)
    first, last = story.trouble
    before: Counter[int] = Counter()
    trouble: Counter[int] = Counter()
    after: Counter[int] = Counter()
    for _, sent in submissions(story, survey(story, "recommend"), 1.0):
        assert sent.at is not None
        day = sent.at.date()
        if sent.finished:
            period = before if day < first else trouble if day <= last else after
            if period is not after or day > last + timedelta(days=40):
                period[sent.answers["q_recommend"]] += 1
    assert nps_difference(camps(before), camps(trouble)).verdict == "yes"
    assert nps_difference(camps(trouble), camps(after)).verdict == "yes"
    low, usual, late = (nps(camps(counts)).value or 0 for counts in (trouble, before, after))
    assert low < usual - 25
    assert late > low + 25


def test_the_same_end_tells_the_same_story() -> None:
    story = Story(ENDS[0])
    assert everybody(story) == everybody(Story(ENDS[0]))


def test_december_is_busy_and_summer_calm() -> None:
    story = Story(datetime(2026, 11, 20, tzinfo=UTC))
    months = Counter(moment.month for moment in story.moments(CAFE, 4000, LENGTH - 1, 0, "test"))
    assert months[12] > 1.6 * months[9]
    assert months[7] < 0.8 * months[9]


def test_saturday_is_busier_in_the_cafe_than_monday() -> None:
    story = Story(datetime(2026, 11, 20, tzinfo=UTC))
    days = Counter(moment.weekday() for moment in story.moments(CAFE, 4000, LENGTH - 1, 0, "test"))
    assert days[5] > 1.7 * days[0]


def test_late_parcels_are_complained_of_when_they_were_late() -> None:
    story = Story(ENDS[2])
    first, last = story.trouble
    complaints = {words for pools in POOLS.values() for words in pools["delivery.poor"]}
    days: list[date] = []
    for _, _, sent in everybody(story):
        written = " ".join(value for key, value in sent.answers.items() if isinstance(value, str))
        if sent.at is not None and any(words in written for words in complaints):
            days.append(sent.at.date())
    assert len(days) > 50
    assert min(days) >= first - timedelta(days=1)
    assert max(days) < last + timedelta(days=22)


def test_each_document_may_be_published_and_each_version_keeps_its_meaning() -> None:
    for plan in planned(Story(ENDS[0])):
        definitions = [parse(edition.document) for edition in plan.editions]
        for definition in definitions:
            assert problems_for_publishing(definition) == {}
            assert set(definition.languages) == {"en", "de"}
        for earlier, later in pairwise(definitions):
            assert changed_meaning(earlier, later) == {}


def test_both_languages_have_the_same_pools_without_names_or_addresses() -> None:
    assert POOLS["en"].keys() == POOLS["de"].keys()
    names = [part for colleague in COLLEAGUES for part in colleague.name.split()]
    for pools in POOLS.values():
        for sentences in pools.values():
            assert len(set(sentences)) == len(sentences) >= 4
            for words in sentences:
                assert not any(name in words for name in names)
                assert "@" not in words
                assert not any(character.isdigit() for character in words)


def test_the_logo_is_the_same_each_time() -> None:
    assert logo_png() == logo_png()
