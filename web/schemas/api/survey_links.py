"""Personal links to surveys, for programs."""

from marshmallow import fields

from surveys.personal_links import DAYS, LONGEST_DAYS, STATES
from web.schemas.api.base import Answer, Body, Cursors, identifier, moment, one_of, page_of, truth, whole


class SurveyLinkQuery(Cursors):
    """Which links to list."""

    person_id = identifier("Only this customer's.", load_default=None)


class NewSurveyLink(Body):
    """Whose link, and for how long."""

    person_id = identifier("The customer.", required=True)
    days = whole("For so many days.", 1, LONGEST_DAYS, load_default=DAYS)
    once = truth("`false`: it can be used for several answers.", load_default=True)


class SurveyLink(Answer):
    """A link that is one customer's."""

    id = identifier("Its id.", required=True)
    survey_id = identifier("The survey.", required=True)
    person_id = identifier("The customer.", required=True)
    state = one_of("`spent` is never told of an anonymous survey.", *STATES, required=True)
    once = truth("Whether it is good for one answer.", required=True)
    expires_at = moment("Until when it can be used.", required=True)
    created_at = moment("When it was made.", required=True)


class IssuedSurveyLink(SurveyLink):
    """A new link, with the address."""

    url = fields.String(required=True, metadata={"description": "Whoever opens it answers as this customer."})


SurveyLinkPage = page_of(SurveyLink, "SurveyLinkPage")

NEW_LINK = {"person_id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44", "days": 30}
LINK = {
    "id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2d01",
    "survey_id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44",
    "person_id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44",
    "state": "open",
    "once": True,
    "expires_at": "2026-04-01T08:15:00+00:00",
    "created_at": "2026-03-02T08:15:00+00:00",
}
ISSUED = {**LINK, "url": "https://acme.example.com/s/after-your-visit?p=EXAMPLE"}
LINK_PAGE = {"items": [LINK], "next_cursor": None}
