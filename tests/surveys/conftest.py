"""What the tests of surveys start from: a survey with every type of question, published in a tenant."""

import pytest
from sqlalchemy.orm import Session

from surveys import surveys
from surveys.models import Survey
from surveys.publishing import Live, find_live, publish
from tests.surveys.making import everything


@pytest.fixture
def survey(session: Session) -> Survey:
    """A survey with a draft that holds every type of question."""
    return surveys.create_from_document(session, "How was it?", everything(), zone="Europe/Berlin")


@pytest.fixture
def live(session: Session, survey: Survey) -> Live:
    """The same, published."""
    publish(session, survey)
    found = find_live(session, survey.address)
    assert found is not None
    return found
