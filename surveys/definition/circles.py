"""Variables that ask for each other, and in which order they can be computed."""

from collections.abc import Iterator

from surveys.definition.conditions import operands_in
from surveys.definition.model import Operand, Term, Variable, VariableOperand


def in_order(variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    """The variables so that each comes after those it asks for. Those in a circle, or behind one, are left out."""
    waiting, made = list(variables), list[Variable]()
    known = {variable.id for variable in variables}
    needs = {variable.id: known & asked_by(variable) for variable in variables}
    placed: set[str] = set()
    while waiting:
        ready = next((one for one in waiting if needs[one.id] <= placed), None)
        if ready is None:
            break
        waiting.remove(ready)
        made.append(ready)
        placed.add(ready.id)
    return tuple(made)


def in_circles(variables: tuple[Variable, ...]) -> set[str]:
    """The ids of the variables that ask for themselves, directly or through others."""
    computable = {variable.id for variable in in_order(variables)}
    needs = {variable.id: asked_by(variable) - computable for variable in variables}
    return {variable for variable in needs if variable in _reached(variable, needs)}


def _reached(start: str, needs: dict[str, set[str]]) -> set[str]:
    reached, todo = set[str](), [start]
    while todo:
        new = needs.get(todo.pop(), set()) - reached
        reached |= new
        todo.extend(new)
    return reached


def asked_by(variable: Variable) -> set[str]:
    """The ids of the variables that a variable asks for."""
    operands = (operand for term in variable.terms for operand in _operands(term))
    return {operand.id for operand in operands if isinstance(operand, VariableOperand)}


def _operands(term: Term) -> Iterator[Operand]:
    yield term.add
    yield from operands_in(term.when)
