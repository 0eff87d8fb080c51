"""What the answers to questions of several parts say, and to those that are numbers, moments or contact data."""

from dataclasses import dataclass

from infra.i18n import format_number, gettext, ngettext
from surveys.definition import Question, words
from surveys.results import QuestionResult
from surveys.statistics import Estimate


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Rows by columns: the share of those who answered the row, between 0 and 1, and how many chose the cell."""

    columns: list[str]
    rows: list[tuple[str, int, list[tuple[float, int]]]]


@dataclass(frozen=True, slots=True)
class Mean:
    """One row or option with its mean, the interval, and where they lie on the scale, between 0 and 1."""

    label: str
    estimate: Estimate
    place: float
    from_: float
    to: float


def statement(result: QuestionResult, language: str) -> str:
    """What the answers say in one sentence."""
    question = result.question
    if result.spread is not None:
        ends = {
            "low": _told(question, result.spread.low_quarter),
            "high": _told(question, result.spread.high_quarter),
        }
        return gettext("Half of the answers lie between %(low)s and %(high)s", **ends)
    found = means(result, language)
    if not found:
        return _how_many(result)
    first, last = found[0], found[-1]
    if _overlap(first.estimate, last.estimate):
        return gettext("No part stands out, as far as these answers can tell")
    if question.type == "ranking":
        return gettext("“%(first)s” is ranked first, “%(last)s” last", first=first.label, last=last.label)
    if question.type == "sum":
        return gettext("“%(first)s” gets the most, “%(last)s” the least", first=first.label, last=last.label)
    return gettext("“%(first)s” is rated highest, “%(last)s” lowest", first=first.label, last=last.label)


def cross_table(result: QuestionResult, language: str) -> CrossTable | None:
    """Rows and the options chosen in them; None for anything else."""
    if result.question.type not in ("matrix_single", "matrix_multiple") or not result.answered:
        return None
    named = {option.code: words(option.text, language, "en") or option.code for option in result.question.options}
    rows = [
        (_label(part, language), part.answered, [((bar.share.value or 0) / 100, bar.count) for bar in part.bars])
        for part in result.parts
    ]
    return CrossTable([named.get(code, code) for code in result.question.codes], rows)


def means(result: QuestionResult, language: str) -> list[Mean]:
    """The rows or options by their mean, the best first; nothing where there are none."""
    found = []
    for part in result.parts:
        estimate, scale = part.score, part.question.scale
        if estimate is None or estimate.value is None or not scale:
            continue
        least, length = scale[0], max(1, scale[-1] - scale[0])
        ends = (estimate.value, estimate.low, estimate.high)
        place, low, high = (((estimate.value if each is None else each) - least) / length for each in ends)
        found.append(Mean(_label(part, language), estimate, place, low, high))
    upwards = result.question.type == "ranking"
    return sorted(found, key=lambda each: (each.estimate.value or 0) * (1 if upwards else -1))


def middle(result: QuestionResult, language: str) -> list[tuple[str, str]]:
    """The ends and the middle of numbers and moments, named."""
    spread, question = result.spread, result.question
    if spread is None:
        return []
    facts = [
        (gettext("Median"), _told(question, spread.median)),
        (
            gettext("Half lie between"),
            f"{_told(question, spread.low_quarter)} – {_told(question, spread.high_quarter)}",
        ),
        (gettext("Lowest"), _told(question, spread.least)),
        (gettext("Highest"), _told(question, spread.most)),
    ]
    average = spread.mean
    if average is not None and average.value is not None:
        said = format_number(average.value, 1)
        if average.low is not None and average.high is not None:
            said += f" ({format_number(average.low, 1)} – {format_number(average.high, 1)})"
        facts.insert(0, (gettext("Mean"), said))
    if spread.among is not None:
        facts.append((gettext("Looked at"), gettext("the newest %(n)s answers", n=format_number(spread.among))))
    return facts


def _told(question: Question, value: str) -> str:
    """A value in words, without its unit."""
    return question.kind.say(question, value, lambda text: "")


def _label(part: QuestionResult, language: str) -> str:
    return words(part.question.text, language, "en") or part.question.code


def _overlap(one: Estimate, other: Estimate) -> bool:
    """Whether the intervals of two means touch, or one of them is not known."""
    limits = (one.low, one.high, other.low, other.high)
    if None in limits or one is other:
        return True
    low, high, other_low, other_high = (each or 0.0 for each in limits)
    return low <= other_high and other_low <= high


def _how_many(result: QuestionResult) -> str:
    """Contact data and files are not quoted and have no figures."""
    n, count = result.answered, format_number(result.answered)
    return ngettext("One person answered this", "%(count)s people answered this", n, count=count)
