"""What the customers of the demo answer. One draws what happened to them first; score and words follow from it."""

from bisect import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random
from typing import Any, Literal

from web.demo.story import Story
from web.demo.texts import comment, phrase

Answers = dict[str, Any]
Mood = Literal["usual", "delivery", "mended"]
Temper = Literal["good", "fine", "poor"]

GERMAN = 0.65

SHARES: Mapping[tuple[str, Mood], tuple[float, ...]] = {
    ("nps", "usual"): (1, 0.5, 1, 1.5, 2, 4, 6, 11, 20, 24, 29),
    ("nps", "delivery"): (6, 4, 7, 10, 12, 17, 16, 13, 9, 4, 2),
    ("nps", "mended"): (0, 0, 0, 0, 0, 1, 2, 6, 18, 35, 38),
    ("five", "usual"): (3, 5, 11, 34, 47),
    ("five", "delivery"): (26, 32, 24, 13, 5),
    ("five", "mended"): (0, 1, 6, 38, 55),
    ("seven", "usual"): (2, 4, 6, 8, 17, 30, 33),
    ("seven", "delivery"): (17, 22, 22, 17, 12, 6, 4),
    ("seven", "mended"): (0, 0, 1, 5, 16, 36, 42),
}
"""How many of a hundred give each point of a scale, the lowest first."""

LOWEST = {"nps": 0, "five": 1, "seven": 1}
BOUNDS = {"nps": (7, 9), "five": (3, 4), "seven": (4, 6)}
"""From which point on somebody is fine, and good."""
TALKATIVE: Mapping[Temper, float] = {"good": 0.36, "fine": 0.3, "poor": 0.68}
"""How many write something; the annoyed write most."""


@dataclass(frozen=True, slots=True)
class Person:
    """One who answers: the luck of the draw, the language, and the day."""

    chance: Random
    language: str
    day: date
    story: Story

    def chosen(self, shares: Mapping[str, float]) -> str:
        """One of the keys by its share."""
        return self.chance.choices(list(shares), list(shares.values()))[0]

    def mood(self, exposure: float) -> Mood:
        """What happened to them; `exposure` is how likely one of them waits for a parcel."""
        luck = self.chance.random()
        if luck < exposure * self.story.severity(self.day):
            return "delivery"
        return "mended" if luck > 1 - 0.4 * exposure * self.story.relief(self.day) else "usual"

    def point(self, scale: str, mood: Mood) -> int:
        """A point of the scale."""
        sums = list(accumulate(SHARES[scale, mood]))
        return LOWEST[scale] + bisect(sums, self.chance.random() * sums[-1])

    def words(self, topic: str, mood: Mood, temper: Temper) -> str | None:
        """A comment, from those who write one."""
        eager = TALKATIVE[temper] + (0.15 if mood != "usual" else 0)
        if self.chance.random() >= eager:
            return None
        return comment(self.chance, self.language, _pool(topic, mood, temper))

    def several(self, codes: Mapping[str, float], most: int) -> list[str]:
        """Some of the codes, each at its own rate, at least one and at most so many."""
        found = [code for code, rate in codes.items() if self.chance.random() < rate]
        return found[:most] or [self.chosen(codes)]

    def own(self, answers: Answers, key: str, pool: str) -> None:
        """What they write beside the option of their own."""
        if "other" in answers[key]:
            answers[f"{key}.other"] = phrase(self.chance, self.language, pool)


def relationship(person: Person) -> Answers:
    """Recommendation."""
    where = person.chosen({"cafe": 0.38, "shop": 0.36, "both": 0.26})
    mood = person.mood({"cafe": 0.04, "shop": 0.85, "both": 0.6}[where])
    score = person.point("nps", mood)
    temper = _temper("nps", score)
    answers = _kept(q_recommend=score, q_reason=person.words("brand", mood, temper), q_where=where)
    if temper == "poor" and person.chance.random() < 0.4:
        pool = "improve.delivery" if mood == "delivery" else "improve"
        answers["q_improve"] = phrase(person.chance, person.language, pool)
    if temper == "good":
        answers["q_quote"] = person.chance.random() < 0.55
    return answers


def visit(person: Person) -> Answers:
    """A visit to a café. English is spoken in Dublin, German in the other two."""
    english = person.language == "en"
    cafe = person.chosen(
        {"dublin": 0.62, "berlin": 0.28, "hamburg": 0.1} if english else {"berlin": 3, "hamburg": 2}
    )
    score = person.point("five", "usual")
    temper = _temper("five", score)
    answers = _kept(q_cafe=cafe, q_satisfied=score)
    if person.chance.random() < 0.8:
        rates = {"coffee": 0.6, "people": 0.45, "speed": 0.25, "place": 0.35, "price": 0.12, "other": 0.08}
        answers["q_aspects"] = person.several(rates, 3)
        person.own(answers, "q_aspects", "other.aspects")
    written = person.words("cafe", "usual", temper)
    if written:
        answers["q_wrong" if score <= 2 else "q_comment"] = written
    return answers


def ordering(person: Person) -> Answers:
    """An order in the web shop, before and after the corrective action."""
    mood = person.mood(0.85)
    score = person.point("seven", mood)
    written = person.words("shop", mood, _temper("seven", score))
    answers = _kept(q_easy=score, q_found=person.chosen({"yes": 0.8, "partly": 0.14, "no": 0.06}))
    if written:
        answers["q_hard" if score <= 4 else "q_praise"] = written
    return answers


def ordering_with_parcel(person: Person) -> Answers:
    """As `ordering`, with the question about the parcel."""
    answers = ordering(person)
    hit = answers["q_easy"] <= 3
    parcel = {"fine": 0.45, "late": 0.3, "damaged": 0.15, "notyet": 0.1} if hit else {"fine": 0.94, "late": 0.06}
    return {**answers, "q_parcel": person.chosen(parcel)}


def coffee(person: Person) -> Answers:
    """What they think of the coffee itself."""
    mood = person.mood(0.25)
    answers: Answers = {"q_drink": person.chosen({"home": 0.72, "cafe": 0.2, "stopped": 0.08})}
    if mood == "delivery":
        answers["q_drink"] = person.chosen({"home": 0.6, "stopped": 0.4})
    if answers["q_drink"] == "stopped":
        reasons = {"price": 0.4, "taste": 0.3, "delivery": 0.12, "other": 0.18}
        answers["q_whyleft"] = "delivery" if mood == "delivery" else person.chosen(reasons)
        person.own(answers, "q_whyleft", "other.left")
    else:
        answers |= _at_home(person) if answers["q_drink"] == "home" else {}
        answers |= _taste(person)
    if person.chance.random() < 0.35:
        answers["q_wish"] = phrase(person.chance, person.language, "wish")
    return {**answers, "q_quote": person.chance.random() < 0.4}


def _at_home(person: Person) -> Answers:
    rates = {"espresso": 0.38, "automatic": 0.3, "filter": 0.42, "press": 0.18, "moka": 0.22, "other": 0.07}
    answers: Answers = {"q_brew": person.several(rates, 6)}
    person.own(answers, "q_brew", "other.brew")
    answers["q_often"] = person.chosen({"weekly": 0.22, "monthly": 0.53, "rarely": 0.25})
    cups = round(person.chance.lognormvariate(1.0, 0.5))
    return _kept(**answers, q_cups=str(min(cups, 40)) if person.chance.random() < 0.9 else None)


def _taste(person: Person) -> Answers:
    stars = person.point("five", "usual")
    rates = {"house": 0.5, "ethiopia": 0.42, "kenya": 0.28, "brazil": 0.3, "decaf": 0.14, "other": 0.06}
    answers = _kept(q_stars=stars, q_taste=person.words("coffee", "usual", _temper("five", stars)))
    answers["q_roasts"] = person.several(rates, 3)
    person.own(answers, "q_roasts", "other.roasts")
    if person.chance.random() < 0.85:
        answers["q_aspects"] = {row: _near(person, stars + more) for row, more in ASPECTS.items()}
    if person.chance.random() < 0.7:
        drawn = sorted(MATTERS, key=lambda code: person.chance.random() ** (1 / MATTERS[code]), reverse=True)
        answers["q_matters"] = {code: place for place, code in enumerate(drawn, 1)}
    return answers


ASPECTS = {"aroma": 0.3, "fresh": 0.2, "bag": -0.6, "price": -0.9}
"""How much better or worse than the coffee as a whole each is found."""
MATTERS = {"taste": 6.0, "origin": 2.5, "price": 2.0, "easy": 1.0}
"""How much weight people give to each."""


def _near(person: Person, middle: float) -> int:
    return max(1, min(5, round(person.chance.gauss(middle, 0.7))))


def checkout(person: Person) -> Answers:
    """Paying in the shop, before bank transfer was offered."""
    paid = person.chosen({"card": 0.36, "paypal": 0.46, "debit": 0.18})
    return _checkout(person, paid, "usual")


def checkout_with_transfer(person: Person) -> Answers:
    """Paying in the shop, bank transfer among the ways; people like it better."""
    paid = person.chosen({"card": 0.33, "paypal": 0.41, "debit": 0.14, "transfer": 0.12})
    return _checkout(person, paid, "mended" if person.chance.random() < 0.4 else "usual")


def _checkout(person: Person, paid: str, mood: Mood) -> Answers:
    wanting = person.chance.random() < 0.22
    missing = phrase(person.chance, person.language, "checkout") if wanting else None
    return _kept(q_clear=person.point("five", mood), q_paid=paid, q_missing=missing)


def _temper(scale: str, point: int) -> Temper:
    fine, good = BOUNDS[scale]
    return "good" if point >= good else "fine" if point >= fine else "poor"


def _pool(topic: str, mood: Mood, temper: Temper) -> str:
    if mood == "delivery" and temper != "good":
        return f"delivery.{temper}"
    return "mended.good" if mood == "mended" and temper == "good" else f"{topic}.{temper}"


def _kept(**answers: Any) -> Answers:
    """The answers that were given."""
    return {key: value for key, value in answers.items() if value is not None}


Voice = Callable[[Person], Answers]
