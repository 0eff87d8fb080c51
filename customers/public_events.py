"""What programs outside may hear of the register. Ids only: who may read names and addresses asks the API."""

from customers import events
from infra.events import DomainEvent
from infra.i18n import N_
from tenants.webhooks.catalogue import SUBJECT, Field, PublicEvent

PERSON_ID = "0192f0e4-6b0f-7d1e-8c55-9a1f2b3c4d5e"
OTHER_ID = "0192f0e5-0a11-7b2c-9f3d-1e2f3a4b5c6d"
COMPANY_ID = "0192f0e3-1c22-7e4f-8a9b-0c1d2e3f4a5b"


def _of_person(name: str, event: type[DomainEvent], sentence: str, *more: Field) -> PublicEvent:
    return PublicEvent(
        name, event, sentence, (Field("person_id", "id", SUBJECT, "The customer.", PERSON_ID), *more)
    )


def _of_company(name: str, event: type[DomainEvent], sentence: str) -> PublicEvent:
    return PublicEvent(name, event, sentence, (Field("company_id", "id", SUBJECT, "The company.", COMPANY_ID),))


EVENTS = (
    _of_person("person.added", events.PersonAdded, N_("A customer was added.")),
    _of_person("person.changed", events.PersonChanged, N_("What is stored about a customer changed.")),
    _of_person(
        "person.merged",
        events.PersonMerged,
        N_("Two customers turned out to be one."),
        Field("into", "id", "into", "The customer that stays; the other id leads there.", OTHER_ID),
    ),
    _of_person(
        "person.unmerged",
        events.PersonUnmerged,
        N_("Two customers that had been merged are two again."),
        Field("out_of", "id", "out_of", "The customer they were merged into.", OTHER_ID),
    ),
    _of_person("person.erased", events.PersonErased, N_("A customer was erased for good.")),
    _of_company("company.added", events.CompanyAdded, N_("A company was added.")),
    _of_company("company.changed", events.CompanyChanged, N_("What is stored about a company changed.")),
)
