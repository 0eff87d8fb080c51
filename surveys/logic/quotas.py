"""Which quotas a finished answer falls into. How many places are left is not known here."""

from dataclasses import dataclass

from surveys.definition import Definition, Quota
from surveys.logic.conditions import Predicate, compile_condition
from surveys.logic.state import State


@dataclass(frozen=True, slots=True)
class Bound:
    """A quota with its condition compiled."""

    quota: Quota
    holds: Predicate | None


def compile_quotas(definition: Definition) -> tuple[Bound, ...]:
    """The quotas in the order in which their places are taken: that of their ids, so that no two answers wait for
    each other in a circle."""
    return tuple(Bound(quota, compile_condition(quota.when)) for quota in sorted(definition.quotas, key=_id))


def quotas_of(bounds: tuple[Bound, ...], state: State) -> tuple[Quota, ...]:
    """The quotas whose condition holds at the end of a walk."""
    return tuple(bound.quota for bound in bounds if bound.holds is None or bound.holds(state))


def _id(quota: Quota) -> str:
    return quota.id
