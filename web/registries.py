"""What several domains fill, in one list each."""

from customers import (
    bulk,
    consent_public_events,
    contact_letters,
    contact_mail,
    decision_public_events,
    exports,
    inbound_public_events,
    interaction_public_events,
    preferences_jobs,
    setting_public_events,
    suppressions_files,
    task_owners,
    timeline,
    timeline_sources,
    writing_mail,
)
from customers import duplicates as customer_duplicates
from customers import names as customer_names
from customers import public_events as customer_events
from customers.imports import consents as import_consents
from customers.imports import seams as import_seams
from customers.imports import verbs as import_verbs
from customers.portal import letters as portal_letters
from customers.portal import offers as portal_offers
from customers.portal import openid_letters, own_files, own_offers, own_parts, page_parts
from customers.portal import parts as portal_parts
from customers.segments import dealings, freezing
from customers.segments import fields as segment_fields
from customers.segments import names as segment_names
from customers.segments import own as register_fields
from customers.segments import owners as segment_owners
from customers.segments import public_events as segment_events
from customers.segments import uses as segment_uses
from surveys import files as survey_files
from surveys import invitations as survey_invitations
from surveys import letters as survey_letters
from surveys import names as survey_names
from surveys import owners, public_events
from surveys import portal as survey_portal
from surveys import timeline as survey_timeline
from tenants import owned
from tenants import public_events as tenant_events
from tenants.audit import exports as audit_exports
from tenants.audit import names as audit_names
from tenants.webhooks import catalogue
from tenants.webhooks.catalogue import Catalogue
from web.console import page_names

OWNED = (owners.SURVEYS, task_owners.TASKS, segment_owners.SEGMENTS)
"""What staff own and hand over when they go."""

PUBLIC_EVENTS = Catalogue(
    public_events.EVENTS,
    customer_events.EVENTS,
    consent_public_events.EVENTS,
    setting_public_events.EVENTS,
    interaction_public_events.EVENTS,
    inbound_public_events.EVENTS,
    decision_public_events.EVENTS,
    tenant_events.EVENTS,
    segment_events.EVENTS,
)
"""What tenants' programs may hear of."""

LETTERS = (
    contact_mail.LETTERS,
    portal_letters.LETTERS,
    openid_letters.LETTERS,
    writing_mail.LETTERS,
    survey_letters.LETTERS,
)
"""Who writes what goes to customers."""

OFFERS = (survey_portal.OFFER, *own_offers.OFFERS)
"""What customers find on the first of their pages, in this order."""

PARTS = (*own_parts.PARTS, survey_portal.PART, *page_parts.PARTS)
"""What we hold about a person, as they see and download it."""

OWN_FILES = (survey_files.own_files,)
"""Files of a person beside those of the register itself."""

TIMELINE = (*timeline_sources.SOURCES, survey_timeline.SOURCE)
"""What stands on the timeline of a person or a company."""

SEGMENT_FIELDS = (*register_fields.PROVIDERS, *dealings.PROVIDERS)
"""What the rules of segments can ask for, in the order in which it is offered."""

SEGMENT_USES = (*segment_uses.USES, survey_invitations.used_by)
"""What goes by segments."""

IMPORT_EXTRAS = (import_consents.CONSENTS,)
"""What columns of imported files may mean besides what stands in the register itself."""

AUDIT_NAMES = {
    "survey": survey_names.survey_names,
    "person": customer_names.person_names,
    "company": customer_names.company_names,
    "attribute": customer_names.attribute_names,
    "segment": segment_names.segment_names,
}
"""Who knows the names of the things that audit entries name by id."""

assert audit_exports  # its long work is found by name
assert preferences_jobs  # and so are these
assert bulk
assert exports
assert suppressions_files
assert import_verbs
assert customer_duplicates
assert freezing


def compose() -> None:
    """Fills the registries of this process."""
    owned.configure(OWNED)
    timeline.configure(TIMELINE)
    segment_fields.configure(*SEGMENT_FIELDS)
    segment_uses.configure(*SEGMENT_USES)
    import_seams.configure(*IMPORT_EXTRAS)
    contact_letters.configure(*LETTERS)
    portal_offers.configure(*OFFERS)
    portal_parts.configure(*PARTS)
    own_files.configure(*OWN_FILES)
    catalogue.configure(PUBLIC_EVENTS)
    audit_names.configure(AUDIT_NAMES, page_names.name_of)
