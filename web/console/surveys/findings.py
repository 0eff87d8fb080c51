"""From results to what the page says: statements, comparisons, and points for the trend charts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from infra.i18n import format_date, format_month, format_number, format_percent, gettext
from surveys.definition import TEXTS, Question, words
from surveys.models import Response
from surveys.results import Filters, Point, QuestionResult, Results
from surveys.statistics import NOTHING, Difference, Estimate, nps_difference
from web.console.surveys import parts_found
from web.console.surveys.comparison import difference
from web.console.surveys.parts_found import CrossTable, Mean

KINDS: dict[str, tuple[str, float, float]] = {"nps": ("points", -100, 100), "csat": ("percent", 0, 100)}
"""How a score is written, and the ends of its axis; the others are means on the question's own scale."""

SCORE_NAMES = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}
MOST_POINTS = 53
SAME_SHARE = 5.0  # points of percent that nobody would act upon, as for the NPS
SAME_MEAN = 0.05  # the same for a mean, as part of its scale
MOST_TEXTS = 5


@dataclass(frozen=True, slots=True)
class Spot:
    """One period of a trend; value is None where nobody answered."""

    label: str
    value: float | None
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Score:
    """A score as the page shows it."""

    name: str
    kind: str
    least: float
    most: float
    estimate: Estimate
    previous: float | None = None
    verdict: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of one respondent, and the answer they stand in."""

    words: str
    response: UUID
    language: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One question: what it was, what the answers say in a sentence, and the figures behind it."""

    result: QuestionResult
    asked: str
    statement: str
    score: Score | None
    bars: list[tuple[str, int, float, str]]
    spread: str
    trend: list[Spot]
    moved: str
    quotes: list[Quote]
    table: CrossTable | None = None
    means: list[Mean] = field(default_factory=list)
    middle: list[tuple[str, str]] = field(default_factory=list)


def finding(
    result: QuestionResult, language: str, unit: str, before: Results | None, written: Sequence[Response] = ()
) -> Finding:
    """A question's finding in the reader's language; option texts in it too where they exist.

    `written` are the newest answers with words in them, of which a few are quoted.
    """
    question = result.question
    points = trend(result.weeks if unit == "week" else result.months, unit)
    shown = score(result, before)
    return Finding(
        result=result,
        asked=_words(question.text, language) or question.code,
        statement=statement(result, language),
        score=shown,
        bars=_bars(result, language),
        spread=_spread(result, language),
        trend=points,
        moved=_moved(shown, points, unit) if shown else "",
        quotes=_quotes(question, written),
        table=parts_found.cross_table(result, language),
        means=parts_found.means(result, language),
        middle=parts_found.middle(result, language),
    )


def score(result: QuestionResult, before: Results | None = None) -> Score | None:
    """The question's score with what it was before; None when nobody answered or it has no score."""
    return score_against(result, _same_question(before, result.question))


def score_against(result: QuestionResult, earlier: QuestionResult | None) -> Score | None:
    """The same, beside an earlier result of the same question."""
    estimate, question = result.score, result.question
    if estimate is None or estimate.n == 0:
        return None
    scale = question.scale
    kind, least, most = KINDS.get(question.type, ("mean", float(scale[0]), float(scale[-1])))
    name = SCORE_NAMES.get(question.type) or gettext("Mean")
    if earlier is None or earlier.score is None or earlier.score.value is None:
        return Score(name, kind, least, most, estimate)
    direction = "up" if (estimate.value or 0) > earlier.score.value else "down"
    verdict = _difference(earlier, result).verdict
    return Score(name, kind, least, most, estimate, earlier.score.value, verdict, direction)


def statement(result: QuestionResult, language: str) -> str:
    """What the answers say, no more than their interval allows."""
    estimate = result.score
    if result.answered == 0:
        return gettext("Nobody has answered this yet")
    if estimate is not None and estimate.low is not None and estimate.high is not None:
        return _score_statement(result.question, estimate.low, estimate.high)
    if result.question.type in TEXTS:
        return gettext("What people wrote")
    if not result.bars:
        return parts_found.statement(result, language)
    top = max(result.bars, key=lambda bar: bar.count)
    label = _words(top.text, language) or _code_words(top.code)
    share = format_number(round(top.share.value or 0))
    if result.question.type == "consent":
        return gettext("%(share)s percent of those who answered agreed", share=_agreed(result))
    return gettext("The most frequent answer is “%(answer)s”, with %(share)s percent", answer=label, share=share)


def trend(points: Sequence[Point], unit: str) -> list[Spot]:
    """The points with gaps where nobody answered, the newest MOST_POINTS of them."""
    found = {point.start: point for point in points}
    if not found:
        return []
    starts = [min(found)]
    while starts[-1] < max(found):
        starts.append(_next(starts[-1], unit))
    return [_spot(start, found.get(start), unit) for start in starts[-MOST_POINTS:]]


def before(filters: Filters) -> Filters | None:
    """The period of the same length just before; None when the period has no bounds."""
    if filters.start is None or filters.end is None:
        return None
    length = filters.end - filters.start + timedelta(days=1)
    return Filters(filters.start - length, filters.start - timedelta(days=1), filters.language)


def _score_statement(question: Question, low: float, high: float) -> str:
    if question.type == "nps":
        if low > 0:
            return gettext("More people recommend you than advise against you")
        if high < 0:
            return gettext("More people advise against you than recommend you")
        return gettext("Recommending and advising against are about even, as far as these answers can tell")
    if question.type == "csat":
        if low > 50:
            return gettext("Most people are satisfied")
        if high < 50:
            return gettext("Less than half of the people are satisfied")
        return gettext("About half of the people are satisfied, as far as these answers can tell")
    if question.type == "ces":
        return _effort(low, high)
    middle = (question.scale[0] + question.scale[-1]) / 2
    if low > middle:
        return gettext("People answer above the middle of the scale")
    if high < middle:
        return gettext("People answer below the middle of the scale")
    return gettext("People answer around the middle of the scale, as far as these answers can tell")


def _effort(low: float, high: float) -> str:
    """Seven is "strongly agree that it was easy"; four is in the middle."""
    if low > 4:
        return gettext("People found it easy rather than hard")
    if high < 4:
        return gettext("People found it hard rather than easy")
    return gettext("Neither easy nor hard, as far as these answers can tell")


def _spread(result: QuestionResult, language: str) -> str:
    """The finding of the bars in one line."""
    if result.camps is not None and result.camps.n:
        n = result.camps.n
        shares = {name: format_percent(getattr(result.camps, name) / n) for name in ("promoters", "detractors")}
        return gettext("%(promoters)s promoters (9 and 10), %(detractors)s detractors (0 to 6)", **shares)
    if result.score is None or not result.bars or not result.answered:
        return ""
    top = max(result.bars, key=lambda bar: bar.count)
    label = _words(top.text, language) or _code_words(top.code)
    return gettext("Most frequent: %(answer)s, %(count)s times", answer=label, count=format_number(top.count))


def _moved(shown: Score, points: Sequence[Spot], unit: str) -> str:
    """The finding of a trend in one line: the lowest and highest period, where their intervals lie apart."""
    known = [point for point in points if point.value is not None]
    if len(known) < 2:
        return ""
    low, high = (end(known, key=lambda point: point.value or 0) for end in (min, max))
    if low.high >= high.low:
        return gettext("%(name)s: no period stands out, as far as these answers can tell", name=shown.name)
    week = gettext("week of %(day)s") if unit == "week" else "%(day)s"
    return gettext(
        "%(name)s: lowest %(low)s (%(when_low)s), highest %(high)s (%(when_high)s)",
        name=shown.name,
        low=_figure(shown, low.value or 0),
        when_low=week % {"day": low.label},
        high=_figure(shown, high.value or 0),
        when_high=week % {"day": high.label},
    )


def _figure(shown: Score, value: float) -> str:
    if shown.kind == "percent":
        return format_percent(value / 100)
    return format_number(value, 1 if shown.kind == "mean" else 0).replace("-", "−")


def _quotes(question: Question, written: Sequence[Response]) -> list[Quote]:
    """The newest words on the question; what was asked for otherwise is no quotation."""
    if question.type not in TEXTS and question.kind.stored != "answers":
        return []
    found = [Quote(str(r.texts[question.id]), r.id, r.language) for r in written if r.texts.get(question.id)]
    return found[:MOST_TEXTS]


def _difference(earlier: QuestionResult, later: QuestionResult) -> Difference:
    if earlier.camps is not None and later.camps is not None:
        return nps_difference(earlier.camps, later.camps)
    scale = later.question.scale
    same_within = SAME_SHARE if later.question.type == "csat" else SAME_MEAN * (scale[-1] - scale[0])
    return difference(earlier.score or NOTHING, later.score or NOTHING, same_within=same_within)


def _same_question(results: Results | None, question: Question) -> QuestionResult | None:
    if results is None:
        return None
    return next((r for r in results.questions if r.question.id == question.id and r.answered), None)


def _bars(result: QuestionResult, language: str) -> list[tuple[str, int, float, str]]:
    return [
        (
            _words(bar.text, language) or _code_words(bar.code),
            bar.count,
            (bar.share.value or 0) / 100,
            _tone(result.question.type, bar.code),
        )
        for bar in result.bars
    ]


def _tone(kind: str, code: str) -> str:
    """NPS's three camps keep their meaning colours; everything else has the one chart colour."""
    if kind != "nps" or not code.isdecimal():
        return ""
    return "good" if int(code) >= 9 else "watch" if int(code) >= 7 else "bad"


def _agreed(result: QuestionResult) -> str:
    share = next((bar.share.value for bar in result.bars if bar.code == "yes"), 0)
    return format_number(round(share or 0))


def _code_words(code: str) -> str:
    known = {"yes": gettext("Yes"), "no": gettext("No"), "other": gettext("Other")}
    return known.get(code, code)


def _words(text: "dict[str, str] | object", language: str) -> str:
    return words(text, language, "en") if text else ""  # type: ignore[arg-type]


def _next(start: date, unit: str) -> date:
    if unit == "week":
        return start + timedelta(days=7)
    return date(start.year + start.month // 12, start.month % 12 + 1, 1)


def _spot(start: date, point: Point | None, unit: str) -> Spot:
    label = format_date(start, "yMMMd") if unit == "week" else format_month(start)
    if point is None or point.score.value is None:
        return Spot(label, None, 0, 0, 0)
    found = point.score
    return Spot(label, found.value, found.low or 0, found.high or 0, found.n)
