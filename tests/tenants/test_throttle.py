"""Attempts at the same moment see each other: the limit holds under concurrency."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

from tenants import sign_in
from tenants.errors import TooManyAttempts


def test_of_thirty_attempts_at_once_ten_are_let_through(services, own_tenant):
    def attempt() -> bool:
        try:
            with services.db.tenant_session(own_tenant) as session:
                sign_in.count_attempt(session, services.keys, "ada@acme.example", "192.0.2.1")
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(lambda _: Context().run(attempt), range(30)))
    assert passed == sign_in.PER_ACCOUNT
