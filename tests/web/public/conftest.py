"""A published survey with every type of question, and somebody who answers it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from surveys.models import Response, Survey
    from tests.web.public.respondent import Respondent
    from web.application import Application


@pytest.fixture
def survey(session: "Session") -> "Survey":
    """`everything()` of tests/surveys, live at its address."""
    from surveys import publishing, surveys
    from tests.surveys.making import everything

    made = surveys.create_from_document(session, "How was it?", everything(), zone="Europe/Berlin")
    publishing.publish(session, made)
    return made


@pytest.fixture
def respondent(app: "Application", acme: "TenantRef", survey: "Survey") -> "Respondent":
    """A respondent on acme's host."""
    from tests.web.public.respondent import Respondent

    return Respondent(app, acme)


@pytest.fixture
def stored(session: "Session", survey: "Survey") -> Callable[[], "list[Response]"]:
    """`stored()`: the survey's responses, oldest first."""
    from sqlalchemy import select

    from surveys.models import Response

    def look() -> "list[Response]":
        session.expire_all()
        return list(session.scalars(select(Response).where(Response.survey_id == survey.id).order_by(Response.id)))

    return look
