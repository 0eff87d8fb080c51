"""Addresses of visitors are not kept longer than their purpose."""

from datetime import timedelta

from sqlalchemy import select, update

from infra.clock import now
from tenants import cleaning, sign_up
from tenants.models import SignUp, WorkspaceRequest


def test_old_requests_go_and_open_ones_stay(joined):
    with joined.db.control_session() as session:
        asked = {"business_name": "A", "password": "seven calm otters", "locale": "en"}
        old = sign_up.request(session, joined.keys, slug="long-ago", email="a@a.example", **asked)
        new = sign_up.request(session, joined.keys, slug="just-now", email="b@b.example", **asked)
        sign_up.find_workspaces(session, joined.keys, email="a@a.example", locale="en")
        past = now() - timedelta(days=40)
        session.execute(update(SignUp).where(SignUp.id == old.id).values(expires_at=past))
        session.execute(update(WorkspaceRequest).values(created_at=past))
        cleaning.forget(session)
        assert session.scalars(select(SignUp.id).where(SignUp.id.in_([old.id, new.id]))).all() == [new.id]
        assert session.scalars(select(WorkspaceRequest)).all() == []
