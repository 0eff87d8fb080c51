"""A survey that customers see, one of them, and what operators have to decide."""

import pytest

from surveys import library, publishing, surveys
from tests.web.abuse.story import all_reports, open_form, send
from tests.web.story import Person


@pytest.fixture
def survey(session):
    made = surveys.create_from_template(session, library.list_templates()[0].key, language="en", zone="UTC")
    publishing.publish(session, made)
    session.flush()
    return made


@pytest.fixture
def guest(app, acme):
    app.services.queues.connection.flushdb()
    return Person(app).at(acme)


# Operators


@pytest.fixture
def reported(guest, survey, joined):
    send(guest, open_form(guest, survey), words="Look at <i>this</i>.", email="eve@visitor.example")
    return all_reports(joined)[0]
