"""Which questions a respondent is led through, and what follows from their answers.

`docs/logic.md` specifies it, `web/static/survey/logic.js` is the same in JavaScript, and `tests/cases/logic.json`
is the table that both are held to.
"""

from surveys.logic.order import is_shuffled, seed_of
from surveys.logic.route import Path, Route, Step, Stretch, compile_route, find_path, path_on, walk
from surveys.logic.state import Answers, State

__all__ = [
    "Answers",
    "Path",
    "Route",
    "State",
    "Step",
    "Stretch",
    "compile_route",
    "find_path",
    "is_shuffled",
    "path_on",
    "seed_of",
    "walk",
]
