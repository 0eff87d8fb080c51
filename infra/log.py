"""Logs: one line per fact with request, tenant and job ids, and never personal data.

Everybody logs through the standard library: a constant message and fields in `extra`. Ids come by themselves from
the context (`about`) and from the open tenant. An exception is logged as its types and places; its message, which
may quote what somebody typed, is kept only where we know that it does not.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import orjson
import psycopg
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from infra.db.scope import TenantScopeError, current_tenant
from infra.errors import RapportError
from infra.settings import Settings

QUIET = (
    "botocore",
    "boto3",
    "urllib3",
    "s3transfer",
    "rq",
    "mail.log",
    "asyncio",
    "PIL",
    "alembic",
    "granian.access",
)
"""Libraries that speak of every call; they are heard from WARNING on."""


REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The id of the request that is served here. Set for each request, because a server's threads serve many."""


def configure(settings: Settings) -> None:
    """Sends this process's logs to stderr, as JSON or for a console. Called once by each composition root."""
    known: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request,
        _add_tenant,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    if settings.log_format == "console":
        shown: list[Processor] = [_places, _as_lines, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    else:
        shown = [_places, structlog.processors.JSONRenderer(_json)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=known, processors=[ProcessorFormatter.remove_processors_meta, *shown])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Every line logged inside carries these ids (`request=…`, `job=…`)."""
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def _add_request(logger: object, method: str, event: EventDict) -> EventDict:
    request = REQUEST.get()
    if request is not None:
        event.setdefault("request", request)
    return event


def _add_tenant(logger: object, method: str, event: EventDict) -> EventDict:
    if "tenant" not in event:
        try:
            event["tenant"] = str(current_tenant().id)
        except TenantScopeError:
            return event
    return event


def _places(logger: object, method: str, event: EventDict) -> EventDict:
    """Turns `exc_info` into types, safe messages and places, the outermost cause last."""
    found: Any = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    problem = found[1] if isinstance(found, tuple) else found
    if isinstance(problem, BaseException):
        event["exception"] = list(_chain(problem))
    return event


def _as_lines(logger: object, method: str, event: EventDict) -> EventDict:
    """What `_places` found, for a person's eyes."""
    if isinstance(event.get("exception"), list):
        event["exception"] = "\n".join(
            line
            for problem in event["exception"]
            for line in (f"{problem['type']}: {problem['message'] or ''}", *(f"    {at}" for at in problem["at"]))
        )
    return event


def _chain(problem: BaseException | None) -> Iterator[MutableMapping[str, Any]]:
    while problem is not None:
        frames = traceback.extract_tb(problem.__traceback__)
        yield {
            "type": f"{type(problem).__module__}.{type(problem).__qualname__}",
            "message": _safe_message(problem),
            "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
        }
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)


QUOTING = ("22", "23", "P0")
"""Classes of SQLSTATE whose first line may hold a value: data exceptions, constraints, and RAISE."""


def _safe_message(problem: BaseException) -> str | None:
    """The message where it cannot quote a person: our own errors, most of PostgreSQL's, the system's words."""
    if isinstance(problem, RapportError):
        return str(problem)
    if isinstance(problem, psycopg.Error):
        quotes = problem.sqlstate is None or problem.sqlstate[:2] in QUOTING
        return f"SQLSTATE {problem.sqlstate}" if quotes else problem.diag.message_primary
    if isinstance(problem, OSError):
        return problem.strerror
    return None


def _json(event: Any, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
