"""How a job is declared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError

from infra.errors import Unavailable

QueueName = Literal["high", "default", "bulk"]

TEMPORARY: tuple[type[Exception], ...] = (Unavailable, OperationalError, InterfaceError, psycopg.OperationalError)
"""Failures that pass by themselves: a part is away, a connection broke, a lock was not to be had."""

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A declared job. `scope` says what its first argument is: a tenant's session, or the services."""

    name: str
    function: Callable[..., Any]
    queue: QueueName
    scope: Literal["tenant", "services"]
    attempts: int
    retry_on: tuple[type[Exception], ...]
    timeout: int


_declared: dict[str, JobSpec] = {}


def job(
    *,
    queue: QueueName = "default",
    scope: Literal["tenant", "services"] = "tenant",
    attempts: int = 5,
    retry_on: tuple[type[Exception], ...] = TEMPORARY,
    timeout: int = 300,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declares a job.

    With `scope="tenant"` the function is called as `f(session, **ids)` in one transaction of the tenant it was
    enqueued for; with `scope="services"` as `f(services, tenant, **ids)` and opens what it needs itself, in steps.
    Errors in `retry_on` are retried with growing pauses up to `attempts`; any other is final. `timeout` in seconds.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        name = f"{function.__module__}.{function.__qualname__}"
        _declared[name] = JobSpec(name, function, queue, scope, attempts, retry_on, timeout)
        return function

    return declare


def spec_of(function: Callable[..., Any] | str) -> JobSpec:
    """The declaration of a job by function or name. Raises LookupError when it was never declared."""
    name = function if isinstance(function, str) else f"{function.__module__}.{function.__qualname__}"
    if name not in _declared:
        raise LookupError(f"{name} is not a declared job")
    return _declared[name]


def declared_jobs() -> dict[str, JobSpec]:
    """All jobs whose modules were imported."""
    return dict(_declared)
