"""The table of cases for evaluators, and a Node process that evaluates in JavaScript."""

import json
import subprocess
from base64 import b64encode
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

from surveys.definition import parse
from surveys.logic.evaluation import evaluate

PROJECT = Path(__file__).parents[2]
TABLE = PROJECT / "tests/cases/logic.json"
SCRIPTS = PROJECT / "web/static/survey"
MODULES = {name: (SCRIPTS / name).read_text() for name in ("evaluate.js", "logic.js")}
PROBE = "q_prob"

INPUT = ("answers", "language", "hidden", "seed")


def cases() -> list[dict[str, Any]]:
    """All cases, each with its whole `definition` and `input`."""
    table = json.loads(TABLE.read_text())
    return [
        {**case, "definition": _patched(table["surveys"][case["survey"]], case), "input": _input(case)}
        for case in table["cases"]
    ]


def _patched(survey: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    made = deepcopy(survey)
    for pointer, value in case.get("set", {}).items():
        *path, last = pointer.split("/")[1:]
        target: Any = made
        for step in path:
            target = target[int(step)] if isinstance(target, list) else target[step]
        target[last] = value
    return made


def _input(case: dict[str, Any]) -> dict[str, Any]:
    return {"language": "en", "answers": {}, **{name: case[name] for name in INPUT if name in case}}


def in_python(definition: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What the Python evaluator says, by way of JSON, as the other one does."""
    said: dict[str, Any] = json.loads(json.dumps(evaluate(parse(definition), **given)))
    return said


def differences(case: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What was said otherwise than the case expects."""
    found = {}
    for name, wanted in case["expect"].items():
        if name == "holds":
            got: Any = any(PROBE in questions for _, questions in said["path"])
        else:
            got = said[name]
        if got != wanted:
            found[name] = {"expected": wanted, "said": got}
    return found


class Node:
    """One process that answers batches: a line of JSON with [definition, input] pairs, a line with all answers."""

    SCRIPT = """
        import { createInterface } from "node:readline";
        const { evaluate } = await import(process.argv[1]);
        for await (const line of createInterface({ input: process.stdin }))
          console.log(JSON.stringify(JSON.parse(line).map(([definition, input]) => evaluate(definition, input))));
    """

    def __init__(self, node: str) -> None:
        self._process = subprocess.Popen(
            [node, "--input-type=module", "-e", self.SCRIPT, _module()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def evaluate(self, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[dict[str, Any]]:
        """What the JavaScript evaluator says of each."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(pairs) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the evaluator in JavaScript has died; its last words are above"
        said: list[dict[str, Any]] = json.loads(line)
        return said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._process.communicate()


def _module() -> str:
    """Both modules as an address, which needs no package around them."""
    logic = _address(MODULES["logic.js"])
    return _address(MODULES["evaluate.js"].replace("./logic.js", logic))


def _address(source: str) -> str:
    return "data:text/javascript;base64," + b64encode(source.encode()).decode()
