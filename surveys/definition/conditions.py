"""Conditions and jumps: read from JSON, written to JSON, and which questions they speak of."""

from collections.abc import Iterator
from typing import Any, Literal, get_args

from surveys.definition.ids import CODE, ID
from surveys.definition.model import (
    END,
    Comparison,
    Condition,
    Constant,
    Group,
    HiddenOperand,
    Jump,
    LanguageOperand,
    Operand,
    Operator,
    QuestionOperand,
    VariableOperand,
)
from surveys.definition.reader import NO_CODE, NO_ID, Node, exact
from surveys.wording import N_

OPERATORS: tuple[str, ...] = get_args(Operator)
UNARY = frozenset({"answered", "unanswered"})
MAX_GROUP_DEPTH = 5
MAX_CONDITIONS = 50
MAX_JUMPS = 20
NO_OPERAND = N_("This must be an operand: a question, the language, a hidden field, a variable or a constant.")
LARGEST = 10**12
"""The largest constant, above and below zero."""


def read_condition(node: Node, depth: int = 1) -> Condition | None:
    """A group or a comparison; None when there is none or when it cannot be read (then a problem is noted)."""
    if node.missing or node.value is None:
        return None
    for connector in ("all", "any"):
        if not node.at(connector).missing:
            return _read_group(node, "all" if connector == "all" else "any", depth)
    return _read_comparison(node)


def _read_group(node: Node, connector: Literal["all", "any"], depth: int) -> Group | None:
    if depth > MAX_GROUP_DEPTH:
        node.complain(N_("Conditions are nested too deeply."))
        return None
    if not node.fields([connector]):
        return None
    inner = [read_condition(item, depth + 1) for item in node.at(connector).items(MAX_CONDITIONS)]
    if not inner:
        node.at(connector).complain(N_("A group needs at least one condition."))
    return Group(connector, tuple(condition for condition in inner if condition is not None))


def _read_comparison(node: Node) -> Comparison | None:
    if not node.fields(["left", "operator"], ["right"]):
        return None
    operator = node.at("operator").one_of(OPERATORS)
    left = read_operand(node.at("left"))
    right_node = node.at("right")
    if operator in UNARY:
        if not right_node.missing:
            right_node.complain(N_("This operator takes no second operand."))
        right = None
    elif right_node.missing:
        right_node.complain(N_("This field is missing."))
        return None
    else:
        right = read_operand(right_node)
    if isinstance(left, Constant):
        node.at("left").complain(N_("The first operand cannot be a constant."))
        return None
    if left is None or not operator or (right is None and operator not in UNARY):
        return None
    return Comparison(left, operator, right)


def read_operand(node: Node) -> Operand | None:
    """A thing with a value; None when it cannot be read (then a problem is noted)."""
    kind = node.at("type")
    if kind.missing:
        node.complain(NO_OPERAND)
        return None
    match kind.one_of(("question", "language", "hidden", "variable", "constant")):
        case "question":
            if node.fields(["type", "id"], ["row"]):
                row = node.at("row")
                return QuestionOperand(
                    node.at("id").string(ID, NO_ID), "" if row.missing else row.string(CODE, NO_CODE)
                )
        case "hidden":
            if node.fields(["type", "code"]):
                return HiddenOperand(node.at("code").string(CODE, NO_CODE))
        case "variable":
            if node.fields(["type", "id"]):
                return VariableOperand(node.at("id").string(ID, NO_ID))
        case "language":
            if node.fields(["type"]):
                return LanguageOperand()
        case "constant":
            if node.fields(["type", "value"]):
                return _read_constant(node.at("value"))
    return None


def _read_constant(node: Node) -> Constant | None:
    value = node.value
    if isinstance(value, list | tuple):
        items = [_scalar(item) for item in node.items(200)]
        return Constant(tuple(item for item in items if item is not None and not isinstance(item, bool)))
    scalar = _scalar(node)
    return None if scalar is None else Constant(scalar)


def _scalar(node: Node) -> float | str | bool | None:
    value = node.value
    if isinstance(value, bool) or (isinstance(value, str) and len(value) <= 40):
        return value
    number = exact(value, LARGEST)
    if number is None:
        node.complain(N_("This must be a number, a code or true or false."))
    return number


def read_jumps(node: Node) -> tuple[Jump, ...]:
    """The jump rules of a question or block, in the order in which they are tried."""
    jumps = []
    for item in node.items(MAX_JUMPS):
        if item.fields(["to"], ["when"]):
            to = (
                END
                if item.at("to").value == END
                else item.at("to").string(ID, N_("This must be the id of a block or an ending, or “end”."))
            )
            jumps.append(Jump(to, read_condition(item.at("when"))))
    return tuple(jumps)


def dump_condition(condition: Condition) -> dict[str, Any]:
    """The condition as JSON."""
    if isinstance(condition, Group):
        return {condition.connector: [dump_condition(inner) for inner in condition.conditions]}
    made: dict[str, Any] = {"left": dump_operand(condition.left), "operator": condition.operator}
    if condition.right is not None:
        made["right"] = dump_operand(condition.right)
    return made


def dump_operand(operand: Operand) -> dict[str, Any]:
    """The operand as JSON."""
    if isinstance(operand, QuestionOperand):
        return {"type": "question", "id": operand.id} | ({"row": operand.row} if operand.row else {})
    if isinstance(operand, HiddenOperand):
        return {"type": "hidden", "code": operand.code}
    if isinstance(operand, VariableOperand):
        return {"type": "variable", "id": operand.id}
    if isinstance(operand, LanguageOperand):
        return {"type": "language"}
    value = list(operand.value) if isinstance(operand.value, tuple) else operand.value
    return {"type": "constant", "value": value}


def dump_jump(jump: Jump) -> dict[str, Any]:
    """The jump as JSON."""
    return {"to": jump.to} | ({"when": dump_condition(jump.when)} if jump.when is not None else {})


def comparisons(condition: Condition | None, pointer: str) -> Iterator[tuple[str, Comparison]]:
    """Every comparison in a condition with its pointer."""
    if isinstance(condition, Comparison):
        yield pointer, condition
    elif isinstance(condition, Group):
        for index, inner in enumerate(condition.conditions):
            yield from comparisons(inner, f"{pointer}/{condition.connector}/{index}")


def operands_in(condition: Condition | None) -> Iterator[Operand]:
    """Every operand in a condition."""
    for _, test in comparisons(condition, ""):
        yield test.left
        if test.right is not None:
            yield test.right


def questions_in(test: Comparison) -> Iterator[str]:
    """The ids of the questions that a comparison reads."""
    for operand in (test.left, test.right):
        if isinstance(operand, QuestionOperand):
            yield operand.id
