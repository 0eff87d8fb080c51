"""Nobody learns from us whether an address is known: the answers are the same, byte for byte, and so is the work.

Work is counted in what takes time and can be seen from outside: slow hashes, and queries in what order.
"""

import re
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from infra.limits import Limit
from tenants import passwords, throttle
from tests.web.story import PASSWORD, add_member

KNOWN, UNKNOWN = "ada@acme.example", "zzz@acme.example"
VOLATILE = re.compile(r'name="csrf_token" value="[^"]*"')
PASSED_OVER = re.compile(r"(?:RELEASE |ROLLBACK TO )?SAVEPOINT|SELECT set_config|SELECT control.routing")
"""The look at the routing counter once a second, whoever comes, and the brackets around transactions."""
WORDLESS = ("Set-Cookie", "X-Request-Id", "Date")


@contextmanager
def work(monkeypatch):
    """Every slow hash and every statement, in order."""
    done = []
    hasher = type(passwords._hasher)
    real_hash, real_verify = hasher.hash, hasher.verify

    def hashing(self, *args, **more):
        done.append("hash")
        return real_hash(self, *args, **more)

    def verifying(self, *args, **more):
        done.append("hash")
        return real_verify(self, *args, **more)

    def asked(connection, cursor, statement, parameters, context, executemany):
        text = " ".join(statement.split())
        if not PASSED_OVER.match(text):
            done.append(text)

    with monkeypatch.context() as patched:
        patched.setattr(hasher, "hash", hashing)
        patched.setattr(hasher, "verify", verifying)
        event.listen(Engine, "before_cursor_execute", asked)
        try:
            yield done
        finally:
            event.remove(Engine, "before_cursor_execute", asked)


def outside(answer):
    """What whoever asks gets to see, but for tokens that differ each time."""
    headers = sorted((name, value) for name, value in answer.headers if name not in WORDLESS)
    names = sorted(cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie"))
    return answer.status_code, headers, names, VOLATILE.sub("", answer.text)


def compare(monkeypatch, ask, known=KNOWN):
    """Asks with each address from a browser of its own, after one request that warms what is cached."""
    unknown = "z" * known.index("@") + known[known.index("@") :]  # as long, because the page shows what was typed
    ask("warm.up@acme.example")
    found = []
    for address in (known, unknown):
        with work(monkeypatch) as done:
            answer = ask(address)
        found.append((outside(answer), done))
    (seen_known, work_known), (seen_unknown, work_unknown) = found
    assert [str(part).replace(known, "?") for part in seen_known] == [
        str(part).replace(unknown, "?") for part in seen_unknown
    ]
    assert work_known == work_unknown
    return work_known


@pytest.fixture
def form(visitor):
    """`form(host, page, action, expect, **typed)`: a fresh browser opens a page and sends its form."""

    def send(tenant, page, action, expect, **typed):
        who = visitor() if tenant is None else visitor().at(tenant)
        return who.submit(who.get(page), action, expect=expect, **typed)

    return send


def test_signing_in(form, acme, ada, monkeypatch):
    done = compare(
        monkeypatch,
        lambda email: form(acme, "console.sign_in", "/sign-in", 422, email=email, password="wrong words here"),
    )
    assert done.count("hash") == 1


def test_signing_in_as_somebody_who_left_or_has_no_password_or_has_a_second_factor(
    form, acme, session, ada, monkeypatch
):
    from infra.clock import now
    from tests.support.second_factor import give

    gone = add_member(session, "editor", email="gone@acme.example")
    gone.deactivated_at = now()
    bare = add_member(session, "editor", email="bare@acme.example")
    bare.password_hash = None
    guarded = add_member(session, "editor", email="guarded@acme.example")
    give(session, guarded)
    session.flush()
    for email in ("gone@acme.example", "bare@acme.example", "guarded@acme.example"):
        compare(
            monkeypatch,
            lambda typed: form(acme, "console.sign_in", "/sign-in", 422, email=typed, password="wrong words here"),
            known=email,
        )


def test_being_slowed_down(form, acme, ada, monkeypatch):
    def ask(email):
        for _ in range(throttle.FREE):
            form(acme, "console.sign_in", "/sign-in", 422, email=email, password="wrong words here")
        return form(acme, "console.sign_in", "/sign-in", 429, email=email, password="wrong words here")

    compare(monkeypatch, ask)


def test_asking_for_a_reset(form, acme, ada, monkeypatch):
    monkeypatch.setattr("web.console.sign_in.EACH", Limit(1000, 60))
    compare(monkeypatch, lambda email: form(acme, "console.reset", "/reset", 303, email=email))


def test_asking_for_a_reset_while_it_is_crowded(form, acme, ada, monkeypatch):
    monkeypatch.setattr("web.console.sign_in.EACH", Limit(1000, 60))
    monkeypatch.setattr("web.console.sign_in.CROWD", Limit(0, 60))
    compare(monkeypatch, lambda email: form(acme, "console.reset", "/reset", 303, email=email))


def test_asking_for_a_reset_twice(form, acme, ada, monkeypatch):
    monkeypatch.setattr("web.console.sign_in.EACH", Limit(1000, 60))
    for email in (KNOWN, UNKNOWN, "warm.up@acme.example"):
        form(acme, "console.reset", "/reset", 303, email=email)
    compare(monkeypatch, lambda email: form(acme, "console.reset", "/reset", 303, email=email))


def test_finding_ones_workspaces(form, acme, ada, monkeypatch):
    compare(monkeypatch, lambda email: form(None, "platform.find_workspace", "/find-workspace", 303, email=email))


def sign_up(form, email, slug, password="four quiet brown kettles"):
    wish = {"business_name": "Zoe's", "slug": slug, "name": "Zoe", "password": password}
    return form(None, "platform.sign_up", "/sign-up", 303, email=email, **wish)


def test_signing_up_with_an_address_that_works_somewhere(form, acme, ada, monkeypatch):
    slugs = iter(f"quiet-kettles-{number}" for number in range(9))
    done = compare(monkeypatch, lambda email: sign_up(form, email, next(slugs)))
    assert done.count("hash") == 2


def test_signing_up_with_an_address_that_has_signed_up_before(form, acme, monkeypatch):
    sign_up(form, "known@acme.example", "quiet-kettles-a", password="another set of words")
    done = compare(monkeypatch, lambda email: sign_up(form, email, "quiet-kettles-a"), known="known@acme.example")
    assert done.count("hash") == 2


def test_a_right_password_is_the_first_thing_that_makes_a_difference(form, acme, session, ada):
    """What follows is for who has it: a second factor is not told to anybody else."""
    from tests.support.second_factor import give

    give(session, ada)
    wrong = form(acme, "console.sign_in", "/sign-in", 422, email=KNOWN, password="wrong words here")
    assert "code" not in wrong.headers.get("Location", "")
    right = form(acme, "console.sign_in", "/sign-in", 303, email=KNOWN, password=PASSWORD)
    assert right.location.startswith("/console/sign-in/code")
