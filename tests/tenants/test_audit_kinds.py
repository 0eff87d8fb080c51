"""Every deed that is recorded has its line in the table of kinds, and every line is recorded somewhere."""

import ast
import importlib
import re
from collections.abc import Iterator

import pytest

from tenants.audit import CATEGORIES, KINDS
from tenants.audit.kinds import TABLE
from tests.shape.conftest import sources

FIELD = re.compile(r"%\((\w+)\)s")
NOTES = {"note": 0, "record": 1, "record_reading": 1}
"""Functions that record a deed, and where in their arguments its kind stands."""


def recorded() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """Place, kind and named codes (None: they cannot be seen) of every call that records a deed."""
    for path, tree in sources():
        if not _uses_the_log(path, tree):
            continue
        passed_on = _passed_on(tree)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and call not in passed_on and _records(path, call):
                place = f"{path}:{call.lineno}"
                named = [keyword.arg for keyword in call.keywords]
                codes = None if None in named else frozenset(filter(None, named)) - {"by", "subject"}
                for kind in _kinds(place, tree, call.args[NOTES[_name(call)]]):
                    yield place, kind, codes


def test_every_recorded_deed_is_a_known_kind():
    unknown = {(place, kind) for place, kind, _ in recorded() if kind not in KINDS}
    assert not unknown, f"give each a line with its sentence in tenants/audit/kinds.py: {sorted(unknown)}"


def test_every_known_kind_is_recorded_somewhere():
    unused = set(KINDS) - {kind for _, kind, _ in recorded()}
    assert not unused, f"nobody records these; drop them from tenants/audit/kinds.py: {sorted(unused)}"


def test_no_kind_stands_twice():
    assert len(TABLE) == len(KINDS)


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_a_kind_is_noun_and_verb_with_a_category_and_a_whole_sentence(kind):
    assert re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", kind.name)
    assert kind.category in CATEGORIES
    assert kind.sentence.startswith("%(who)s ") or kind.sentence[0].isupper()
    assert kind.sentence.endswith(".")


def test_a_sentence_names_nothing_that_is_not_recorded_with_it():
    wanting = set()
    for place, kind, codes in recorded():
        if kind in KINDS and codes is not None:
            asked = set(FIELD.findall(KINDS[kind].sentence)) - {"who", "subject"}
            if asked - codes:
                wanting.add((place, kind, tuple(asked - codes)))
    assert not wanting


def _uses_the_log(path: str, tree: ast.AST) -> bool:
    """Operators have a log of their own, under the same name."""
    imported = (step for step in ast.walk(tree) if isinstance(step, ast.ImportFrom))
    names = {(step.module, name.name) for step in imported for name in step.names}
    return ("tenants", "audit") in names or bool({name for _, name in names} & {"note"})


def _passed_on(tree: ast.AST) -> set[ast.Call]:
    """Calls that hand on the kind they were called with: `note(action, …)` of a surface."""
    return {
        call
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and [given.arg for given in function.args.args][:1] == ["action"]
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
    }


def _records(path: str, call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr in ("record", "record_reading") and getattr(function.value, "id", "") == "audit"
    return getattr(function, "id", "") == "note" and path.startswith(("web/api/", "web/console/surveys/"))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _kinds(place: str, tree: ast.AST, node: ast.expr) -> Iterator[str]:
    """The kinds an argument can be: a text, a choice of two, a constant of the module, or a variable of either."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from _kinds(place, tree, node.body)
        yield from _kinds(place, tree, node.orelse)
    elif isinstance(node, ast.Name) and node.id.isupper():
        module = place.partition(":")[0].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        yield getattr(importlib.import_module(module), node.id)
    elif isinstance(node, ast.Name) and (given := list(_given(tree, node.id))):
        for value in given:
            yield from _kinds(place, tree, value)
    else:
        raise AssertionError(f"{place}: write the kind out, so that the table of kinds can be held against it")


def _given(tree: ast.AST, name: str) -> Iterator[ast.expr]:
    for step in ast.walk(tree):
        if isinstance(step, ast.Assign) and any(getattr(target, "id", "") == name for target in step.targets):
            yield step.value
