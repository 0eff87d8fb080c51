"""What a walk knows at a moment."""

from collections.abc import Callable, Mapping
from typing import Any

from surveys.definition.kinds.base import Answer

Answers = Mapping[str, Answer]

NOTHING: Mapping[str, Any] = {}

Program = tuple[tuple[str, Callable[["State"], float]], ...]
"""The variables in the order in which they can be computed, each with its function."""


class State:
    """The answers on the path so far, the language, and what the link brought along.

    Conditions read it; the walk's visitor adds answers and takes none away, so that a variable is computed anew
    only when there are more of them than last time.
    """

    __slots__ = ("_computed", "_program", "_values", "answers", "hidden", "language")

    def __init__(
        self,
        language: str,
        answers: dict[str, Any] | None = None,
        hidden: Mapping[str, Any] | None = None,
        program: Program = (),
    ) -> None:
        self.language = language
        self.answers: dict[str, Any] = {} if answers is None else answers
        self.hidden: Mapping[str, Any] = NOTHING if hidden is None else hidden
        self._program = program
        self._values: dict[str, float] = {}
        self._computed = -1

    def variable(self, variable_id: str) -> float | None:
        """The variable's value now; None for one that has none."""
        return self.variables().get(variable_id)

    def variables(self) -> Mapping[str, float]:
        """All variables now. While they are computed, those that come later have no value yet."""
        if self._computed != len(self.answers):
            self._computed = len(self.answers)
            self._values = {}
            for variable_id, compute in self._program:
                self._values[variable_id] = compute(self)
        return self._values
