"""How often somebody nobody knows may send a form: counted by network address, and by workspace."""

from collections.abc import Callable

from flask import request

from infra.errors import TooMany
from infra.i18n import N_
from infra.limits import Count, Limit
from web import tenancy

OFTEN = N_(
    "Many forms came from your network. What you typed is kept; please send it again in %(minutes)s minutes."
)


def counted(what: str, each: Limit, everybody: Limit) -> Callable[[object], None]:
    """For `form.attempt`: counts one form of a kind, of its address and of all. Raises TooMany with the minutes.

    On a tenant's host all are the visitors of that tenant, elsewhere those of the platform.
    """

    def count(typed: object) -> None:
        here = tenancy.visit().tenancy
        place = here.ref.id.hex if here else "platform"
        limiter = tenancy.limiter()
        wait = limiter.take(
            Count(f"{place}:{what}:{limiter.veiled(request.remote_addr or '')}", each),
            Count(f"{place}:{what}:all", everybody),
        )
        refuse_after(wait)

    return count


def refuse_after(wait: int) -> None:
    """Raises TooMany with the minutes, unless there is nothing to wait for; `wait` in seconds."""
    if wait:
        raise TooMany(OFTEN, retry_after=wait, minutes=-(-wait // 60))
