"""What the timeline says of messages that went through the door."""

import pytest

from customers import contact
from surveys import letters, library, publishing, surveys
from tests.customers.contact_story import somebody
from tests.customers.test_contact_sending import rules
from tests.web.story import text_of
from web import registries


@pytest.fixture(autouse=True)
def composed():
    registries.compose()


def test_a_message_that_invites_to_a_survey_says_to_which(as_staff, session, acme):
    rules(session)
    survey = surveys.create_from_template(session, library.list_templates()[0].key, zone="UTC")
    publishing.publish(session, survey)
    person = somebody(session)
    contact.request(session, person.id, letters.PURPOSE, ref=survey.id, key="round:1")
    page = as_staff("analyst").at(acme).get("console.customers.person", person.id)
    assert f"Message: Surveys {survey.name}" in text_of(page)
    assert f"/console/surveys/{survey.id}/invitations" in page.text
