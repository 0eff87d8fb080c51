"""The one who is signed in, and verbs that check their password."""

from collections.abc import Callable
from typing import Any

from tenants import sign_in, throttle
from web import auth, tenancy
from web.forms import Form


def attempt_with_password(form: Form, verb: Callable[[dict[str, Any]], Any]) -> bool:
    """As `form.attempt`, for a verb that checks the password: the attempt is counted and committed before that."""
    session, keys = tenancy.session(), tenancy.services().keys
    living, member = auth.my_session(), auth.myself()
    if not form.attempt(lambda _: sign_in.count_proof(session, keys, living, member)):
        return False
    attempt = form.result
    tenancy.checkpoint()
    if not form.attempt(verb):
        return False
    throttle.forgive(session, attempt)
    return True
