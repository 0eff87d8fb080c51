"""Options that are shown as pictures. What cannot be seen is read: every picture has words in every language."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from surveys.definition.kinds.base import Words
from surveys.definition.kinds.choices import Choices
from surveys.definition.options import Option
from surveys.definition.reader import Node, Problems, Seen
from surveys.wording import N_

if TYPE_CHECKING:
    from surveys.definition.model import Question

NO_PICTURE = N_("This option has no picture yet.")


class PictureChoice(Choices):
    """Several pictures of which one or more are chosen; the answer is a list of codes, also of one."""

    settings = ("options", "shuffle", "min_choices", "max_choices")

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        found = super().read(node, seen)
        found.pop("other")
        return found

    def start(self, taken: set[str]) -> dict[str, Any]:
        return {**super().start(taken), "max_choices": 1}

    def texts(self, question: "Question") -> Iterator[Words]:
        yield from super().texts(question)
        for index, option in enumerate(question.options):
            if option.picture is not None:
                yield Words(f"/options/{index}/picture/alt", option.picture.alt, needed=True)

    def check(self, pointer: str, question: "Question", problems: Problems) -> None:
        super().check(pointer, question, problems)
        for index, option in enumerate(question.options):
            if _lacks(option):
                problems.add(f"{pointer}/options/{index}/picture", NO_PICTURE)


def _lacks(option: Option) -> bool:
    return option.picture is None
