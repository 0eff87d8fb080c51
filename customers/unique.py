"""External ids are unique, and whoever takes one that is taken is told so in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.errors import Conflict


@contextmanager
def refused_as(session: Session, constraint: str, refusal: type[Conflict]) -> Iterator[None]:
    """Stores what is done inside; when the constraint refuses it, nothing of it is kept and `refusal` is raised.

    The transaction goes on either way, so that the form can come back with what was typed.
    """
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", "") == constraint:
            raise refusal() from error
        raise
