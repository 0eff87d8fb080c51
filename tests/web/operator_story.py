"""Operators as a story: `as_operator(app)` is signed in on the platform's host, both factors proved."""

from contextvars import Context
from typing import Any

import pyotp
from itsdangerous import URLSafeTimedSerializer

from infra.clock import now
from infra.ids import new_id
from infra.services import Services
from tenants import passwords
from tenants.operators import accounts, sessions
from tenants.operators.models import Operator
from tests.web.story import PASSWORD, RAW_CSRF, Person
from web.application import Application
from web.health import Readiness, components


class OperatorPerson(Person):
    """An operator with a browser. `operator_id` is theirs."""

    def __init__(self, app: Application) -> None:
        super().__init__(app)
        self.role = "operator"  # so that forms get their token
        self.operator_id = None
        self.email = f"op-{new_id().hex[-8:]}@rapport.example"

    def sign_in(self) -> "OperatorPerson":
        """With a session made beside the pages."""
        self.operator_id, token = Context().run(self._session)
        domain = self.host.partition(":")[0]
        self.client.set_cookie("rapport-operator", token, domain=domain)
        settings = self.app.services.settings
        signer = URLSafeTimedSerializer(settings.secret, salt="session:platform")
        sessions_of: Any = self.app.session_interface
        self.client.set_cookie(sessions_of.name, signer.dumps({"csrf_token": RAW_CSRF}), domain=domain)
        return self

    def _session(self) -> Any:
        with self.app.services.db.control_session() as session:
            operator = made(session, self.email)
            return operator.id, sessions.start(session, operator, b"here", whole=True)


def made(session: Any, email: str, name: str = "Olga Operator") -> Operator:
    """An operator whose account is set up, with PASSWORD."""
    operator, _ = accounts.add(session, name=name, email=email)
    operator.password_hash = passwords.hashed(PASSWORD)
    operator.set_up_hash = operator.set_up_until = None
    operator.ready_at = now()
    session.flush()
    return operator


def as_operator(app: Application) -> OperatorPerson:
    """Somebody who runs Rapport, signed in."""
    return OperatorPerson(app).sign_in()


def asks_beside(app: Application, services: Services) -> Application:
    """The pages' question who is alive goes to the real databases: the joined ones have one connection for all."""
    app.extensions["rapport.readiness"] = Readiness(components(services))
    return app


def code_of(operator: Operator, steps: int = 0) -> str:
    """What the operator's app shows now, or some steps of 30 seconds later."""
    return str(pyotp.TOTP(operator.totp_secret).at(int(now().timestamp()) + 30 * steps))
