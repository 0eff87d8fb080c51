"""Points on a scale: net promoter, satisfaction, effort, and a rating of the author's own."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from infra.i18n import gettext
from surveys.definition.kinds.base import (
    EQUALITY,
    ORDER,
    PRESENCE,
    Answer,
    Kind,
    Read,
    Refused,
    Say,
    Words,
    without_defaults,
)
from surveys.definition.reader import Node, Problems, Seen
from surveys.wording import N_

if TYPE_CHECKING:
    from surveys.definition.model import Question

RATING_POINTS = (3, 4, 5, 7, 10)
CAMPS = ("promoters", "passives", "detractors")
SCALES = {"nps": range(11), "csat": range(1, 6), "ces": range(1, 8)}

NO_SCORE = N_("Please choose a number from %(low)s to %(high)s.")
POINTS = N_("This question was already published with another scale. Remove it and add a new question instead.")


class Score(Kind):
    """A whole number of a fixed scale."""

    settings: tuple[str, ...] = ("low_label", "high_label")
    value = "number"
    operators = EQUALITY | ORDER | PRESENCE
    is_score = True

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        return {name: node.at(name).text(seen.languages) for name in ("low_label", "high_label")}

    def dump(self, question: "Question") -> dict[str, Any]:
        return without_defaults({"low_label": dict(question.low_label), "high_label": dict(question.high_label)})

    def texts(self, question: "Question") -> Iterator[Words]:
        yield Words("/low_label", question.low_label)
        yield Words("/high_label", question.high_label)

    def compare(self, pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
        if new.scale != old.scale:
            problems.add(f"{pointer}/points", POINTS)

    def scale(self, question: "Question") -> range:
        return SCALES[self.name]

    def codes(self, question: "Question") -> tuple[str, ...]:
        return tuple(str(point) for point in question.scale)

    def reader(self, question: "Question") -> Read:
        accepted: dict[object, int] = {str(point): point for point in question.scale}
        low, high = question.scale[0], question.scale[-1]

        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "":
                return None
            if type(raw) is int and low <= raw <= high:
                return raw
            if isinstance(raw, str) and raw in accepted:
                return accepted[raw]
            raise Refused(NO_SCORE, low=low, high=high)

        return read

    def accepts(self, question: "Question", value: float | str | bool) -> bool:
        return not isinstance(value, bool | str) and value in question.scale

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        return gettext("%(point)s of %(most)s", point=stored, most=question.scale[-1])


class NetPromoter(Score):
    """Would you recommend us: 0 to 10, and perhaps why, asked in other words of each camp (Reichheld 2003)."""

    settings = ("low_label", "high_label", "reason")
    remark = "reason"

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        return {**super().read(node, seen), "reason": _read_reason(node.at("reason"), seen)}

    def dump(self, question: "Question") -> dict[str, Any]:
        if question.reason is None:
            return super().dump(question)
        said = {camp: dict(text) for camp in CAMPS if (text := question.reason.get(camp))}
        return {**super().dump(question), "reason": said}

    def texts(self, question: "Question") -> Iterator[Words]:
        yield from super().texts(question)
        if question.reason is not None:
            for camp in CAMPS:
                yield Words(f"/reason/{camp}", question.reason.get(camp, {}), needed=True)

    def may_remark(self, question: "Question") -> bool:
        return question.reason is not None

    def remarks(self, question: "Question", value: Answer) -> bool:
        return question.reason is not None


def _read_reason(node: Node, seen: Seen) -> dict[str, dict[str, str]] | None:
    if node.missing or node.value is None or not node.fields([], CAMPS):
        return None
    return {camp: text for camp in CAMPS if (text := node.at(camp).text(seen.languages))}


class Rating(Score):
    """A score whose scale and look the author chooses."""

    settings = ("low_label", "high_label", "points", "look")

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        return {
            **super().read(node, seen),
            "points": node.at("points").one_of(RATING_POINTS, 5),
            "look": node.at("look").one_of(("number", "star"), "number"),
        }

    def dump(self, question: "Question") -> dict[str, Any]:
        return {**super().dump(question), "points": question.points, "look": question.look}

    def scale(self, question: "Question") -> range:
        return range(1, question.points + 1)
