"""Acme's surveys: which were published when, and how many answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from surveys.intake import Submission
from web.demo import documents, respondents
from web.demo.documents import Document
from web.demo.product import COFFEE
from web.demo.respondents import GERMAN, Person, Voice
from web.demo.story import CAFE, LENGTH, SHOP, ZONE, Rhythm, Story

SEED = "acme coffee roasters"
ABANDONED = 0.068
"""How many begin and do not finish."""
SPACE = uuid5(NAMESPACE_URL, "https://acme.example/demo")


@dataclass(frozen=True, slots=True)
class Edition:
    """A version: from how many days ago it was shown, and how people answer it."""

    document: Document
    voice: Voice
    since: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A survey with its editions, oldest first. `until` is how many days ago it was withdrawn; 0 is live."""

    name: str
    address: str
    editions: Sequence[Edition]
    rhythm: Rhythm
    people: int
    until: int = 0


def planned(story: Story) -> tuple[Planned, ...]:
    """All surveys with answers, in the order in which they were made."""
    year = LENGTH - 1
    action = (story.last_day - story.action).days
    return (
        Planned(
            "Checkout in the web shop",
            "checkout",
            (
                Edition(documents.CHECKOUT, respondents.checkout, 340),
                Edition(documents.CHECKOUT_2, respondents.checkout_with_transfer, 262),
            ),
            SHOP,
            350,
            until=196,
        ),
        Planned("Our coffee", "our-coffee", (Edition(COFFEE, respondents.coffee, year),), SHOP, 520),
        Planned(
            "Ordering in the web shop",
            "ordering",
            (
                Edition(documents.ORDERING, respondents.ordering, year),
                Edition(documents.ORDERING_2, respondents.ordering_with_parcel, action),
            ),
            SHOP,
            1080,
        ),
        Planned(
            "After a café visit", "cafe-visit", (Edition(documents.VISIT, respondents.visit, year),), CAFE, 1430
        ),
        Planned(
            "Would you recommend us?",
            "recommend",
            (Edition(documents.RELATIONSHIP, respondents.relationship, year),),
            SHOP,
            1780,
        ),
    )


def submissions(story: Story, survey: Planned, scale: float) -> Iterator[tuple[int, Submission]]:
    """Everybody who answered, in order of time, with the index of the edition they saw.

    `scale` thins out the crowd. The same person answers the same at each run, as long as the end of the story is
    the same.
    """
    begin = survey.editions[0].since
    seed = f"{SEED} {survey.address}"
    times = story.moments(survey.rhythm, max(1, round(survey.people * scale)), begin, survey.until, seed)
    for index, at in enumerate(times):
        edition = _edition_at(story, survey, at)
        yield edition, _submission(story, survey, edition, f"{seed} {index}", at)


def _edition_at(story: Story, survey: Planned, at: datetime) -> int:
    day = at.astimezone(ZoneInfo(ZONE)).date()
    return max(
        index for index, edition in enumerate(survey.editions) if index == 0 or story.day(edition.since) <= day
    )


def _submission(story: Story, survey: Planned, edition: int, seed: str, at: datetime) -> Submission:
    chance = Random(seed)
    language = "de" if chance.random() < GERMAN else "en"
    finished = chance.random() >= ABANDONED
    person = Person(chance, language, at.astimezone(ZoneInfo(ZONE)).date(), story)
    answers = survey.editions[edition].voice(person)
    if not finished:
        answers = dict(list(answers.items())[: chance.randint(0, 2)])
    return Submission(
        key=uuid5(SPACE, seed),
        revision=1,
        language=language,
        answers=answers,
        finished=finished,
        started_at=at - timedelta(seconds=chance.randint(25, 260)),
        at=at,
    )
