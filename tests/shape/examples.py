"""What the generated tests fill into addresses and bodies: real things of a furnished tenant, by routes' names.

A new kind of id is one line: a function below that makes such a thing for somebody, and its name in EXAMPLES. Where
one name means different things, say which endpoint means what in OF_ENDPOINT. A body that must be in order, so that
it is the address or the right that decides, goes to JSON (API) or `form_of` (pages).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from customers import (
    attributes,
    bulk,
    companies,
    company_merging,
    exports,
    interactions,
    merging,
    people,
    suppressions,
    suppressions_files,
    tasks,
    topics,
    views,
    writing,
)
from customers import duplicates as duplicate_pairs
from customers.bounces import Told, record
from customers.imports import verbs as imports
from customers.models import InboundMail
from customers.portal import openid_identities
from customers.portal import openid_providers as providers
from customers.portal import sessions as portal_sessions
from customers.queries import PeopleFilters
from customers.segments import verbs as segments
from customers.selection import Selection
from infra import long_jobs
from infra.clock import now
from infra.db import TenantRef
from infra.http import Policy
from infra.ids import new_id
from infra.mail.models import Outbox
from infra.services import Services
from infra.storage import tenant_key
from surveys import files, library, personal_links, publishing, surveys
from surveys import invitations as survey_invitations
from surveys.definition import parse
from surveys.jobs import answers_csv
from surveys.models import Response, Survey
from tenants import api_keys, audit, invitations, sessions, support_access
from tenants.abuse import reports
from tenants.domains import claims
from tenants.models import AbuseReport, AuditEntry, FailedJob, StaffMember
from tenants.permissions import SYSTEM, Actor, of_role
from tenants.sender_domains import claims as sender_claims
from tenants.webhooks import deliveries, endpoints
from tests.web.story import add_member
from web.schemas.api import contact_settings, duplicates, inbound_mails, merges, survey_links
from web.schemas.api import examples as bodies
from web.schemas.api import segments as segment_bodies


@dataclass
class Tenant:
    """One furnished tenant, as somebody who works there meets it. Things are made when they are first asked for."""

    services: Services
    ref: TenantRef
    session: Session
    me: StaffMember
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        return Actor("staff", self.me.id, of_role(self.me.role))

    def get(self, name: str) -> Any:
        """The thing of that name; made once."""
        if name not in self.made:
            self.made[name] = EXAMPLES[name](self)
            self.session.flush()
        return self.made[name]


def survey(tenant: Tenant) -> Survey:
    made = surveys.create_from_template(
        tenant.session, library.list_templates()[0].key, language="en", zone="UTC", by=tenant.me.id
    )
    publishing.publish(tenant.session, made)
    return made


def response(tenant: Tenant) -> Response:
    of, file_id = tenant.get("survey"), tenant.get("file_id")
    tenant.services.storage.put(files.key_of(tenant.ref, of.id, file_id), b"a bill", content_type="text/plain")
    made = Response(
        survey_id=of.id,
        version_id=of.live_version_id,
        submission_key=uuid4(),
        revision=1,
        fingerprint="x",
        state="finished",
        finished_at=now(),
        source="web",
        language="en",
        answers={},
        texts={"q_bill": [{"id": str(file_id), "name": "bill.txt", "size": 6, "type": "text/plain"}]},
    )
    tenant.session.add(made)
    return made


def survey_round(tenant: Tenant) -> Any:
    """Customers who are being invited together."""
    of, asked = tenant.get("survey"), {"by": tenant.actor, "key": uuid4().hex}
    return survey_invitations.start(tenant.session, of, segment(tenant), **asked).id


def key(tenant: Tenant) -> Any:
    return api_keys.create(tenant.session, name="An example", scopes=("surveys.read",), by=SYSTEM)[0].id


def colleague(tenant: Tenant) -> Any:
    return add_member(tenant.session, "editor").id


def invitation(tenant: Tenant) -> Any:
    asked = {"email": f"{uuid4().hex}@example.org", "role": "viewer", "workspace": "Example"}
    return invitations.invite(tenant.session, by=SYSTEM, **asked).id


def browser(tenant: Tenant) -> Any:
    """Another browser of mine, so that ending it does not sign me out."""
    found = sessions.find(tenant.session, sessions.start(tenant.session, tenant.me))
    assert found is not None
    return found[1].id


def webhook(tenant: Tenant) -> Any:
    policy, url = Policy.of(tenant.services.settings), "https://hooks.example.org/"
    return endpoints.create(tenant.session, policy, url=url, kinds=["*"], by=SYSTEM)


def delivery(tenant: Tenant) -> Any:
    return deliveries.send_test(tenant.session, tenant.get("webhook"), by=SYSTEM).event_id


def domain(tenant: Tenant) -> Any:
    host = f"{tenant.ref.slug}.example.org"
    return claims.add(tenant.session, tenant.services.settings, host=host, by=SYSTEM).id


def sender_domain(tenant: Tenant) -> Any:
    name, settings = f"mail-{tenant.ref.slug}.example.org", tenant.services.settings
    return sender_claims.add(tenant.session, settings, domain=name, local_part="hello", by=SYSTEM).id


def outgoing(tenant: Tenant) -> Any:
    """A mail whose fate is unknown."""
    row = Outbox(purpose="staff.removed", ref_id=tenant.me.id, key=str(uuid4()), locale="en", attempts=1)
    row.state, row.finished_at = "unknown", now()
    tenant.session.add(row)
    tenant.session.flush()
    return row.id


def long_job(tenant: Tenant) -> Any:
    return long_jobs.start(tenant.session, answers_csv, by=tenant.actor, subject=tenant.get("survey").id).id


def audit_entry(tenant: Tenant) -> Any:
    audit.record(tenant.session, "brand.logo_removed", by=SYSTEM)
    tenant.session.flush()
    return tenant.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)).one()


def inbound_mail(tenant: Tenant) -> Any:
    """A mail of somebody unknown, with a file in storage."""
    key = tenant_key(tenant.ref, "inbound", "example", "0")
    tenant.services.storage.put(key, b"example", content_type="application/octet-stream")
    files = [{"name": "a.txt", "type": "text/plain", "bytes": 7, "file": key}]
    made = InboundMail(
        id=new_id(),
        message_hash=uuid4().bytes,
        variant=b"",
        local_part="hello",
        file=key,
        size=7,
        state="unassigned",
        subject="An example",
        body="Hello",
        sender="ann@example.org",
        sender_name="Ann",
        attachments=files,
    )
    tenant.session.add(made)
    tenant.session.flush()
    return made.id


def returned_mail(tenant: Tenant) -> Any:
    """A report that a mail came back."""
    told = Told(uuid4().hex, "ses", "soft", "4.2.2", evidence=tenant_key(tenant.ref, "inbound", "example", "0"))
    inbound_mail(tenant)
    made = record(tenant.session, told)
    assert made is not None
    return made.id


def support_grant(tenant: Tenant) -> Any:
    asked = {"allows": "read", "lasts": "1h", "reason": "An example"}
    return support_access.grant(tenant.session, by=tenant.actor, **asked).id


def person(tenant: Tenant) -> Any:
    return people.add(tenant.session, by=tenant.actor, name="Ann Example").id


def company(tenant: Tenant) -> Any:
    return companies.add(tenant.session, by=tenant.actor, name="Example Imports").id


def attribute(tenant: Tenant) -> Any:
    label = f"Attribute {uuid4().hex}"
    return attributes.declare(tenant.session, by=tenant.actor, subject="person", label=label, type="text").id


def merged(tenant: Tenant) -> Any:
    return merging.merge(tenant.session, person(tenant), person(tenant), by=tenant.actor).id


def company_merge(tenant: Tenant) -> Any:
    return company_merging.merge(tenant.session, company(tenant), company(tenant), by=tenant.actor).id


def imported(tenant: Tenant) -> Any:
    """A file whose columns are yet to be said."""
    key = tenant_key(tenant.ref, "imports", new_id().hex)
    form = {"kind": "csv", "encoding": "utf-8", "separator": ","}
    tenant.services.storage.put(key, b"Name\nAnn\n", content_type="text/csv")
    return imports.begin(tenant.session, key, form, ["Name"], filename="people.csv", by=tenant.actor).id


def exported(tenant: Tenant) -> Any:
    """A file of customers that is being prepared."""
    asked = {"key": new_id().hex, "locale": "en", "zone": "UTC"}
    return exports.start(tenant.session, Selection(filters=PeopleFilters()), by=tenant.actor, **asked).id


def list_export(tenant: Tenant) -> Any:
    """A file of addresses not written to."""
    return suppressions_files.start_export(tenant.session, by=tenant.actor, key=new_id().hex).id


def list_import(tenant: Tenant) -> Any:
    """A list of addresses on its way in."""
    place = tenant_key(tenant.ref, "suppressions", uuid4().hex)
    tenant.services.storage.put(place, b"ann@example.org", content_type="text/csv")
    return suppressions_files.start_import(tenant.session, place, by=tenant.actor, key=new_id().hex).id


def people_change(tenant: Tenant) -> Any:
    """Customers who are just losing their company."""
    meant = Selection(ids=(person(tenant),))
    return bulk.start_company(tenant.session, meant, None, by=tenant.actor, key=new_id().hex).id


def view(tenant: Tenant) -> Any:
    return views.save(tenant.session, by=tenant.actor, name="Example", query={}, shared=True).id


def interaction(tenant: Tenant) -> Any:
    """One that I logged, with a file."""
    key = tenant_key(tenant.ref, "examples", new_id().hex)
    tenant.services.storage.put(key, b"pdf", content_type="application/pdf")
    asked = {"channel": "call", "direction": "in", "summary": "An example", "attachments": [{"file": key}]}
    return interactions.log(tenant.session, people.get(tenant.session, person(tenant)), by=tenant.actor, **asked).id


def message(tenant: Tenant) -> Any:
    """A letter to one customer."""
    someone = people.add(tenant.session, by=tenant.actor, email=f"{uuid4().hex}@example.org")
    words = {"subject": "An example", "text": "An example"}
    return writing.write(tenant.session, someone, key=uuid4().hex, by=tenant.actor, **words).contact.id


def task(tenant: Tenant) -> Any:
    asked = {"what": "Call back", "due_at": now(), "owner_id": add_member(tenant.session, "editor").id}
    return tasks.add(tenant.session, person_id=person(tenant), by=tenant.actor, **asked).id


def segment(tenant: Tenant) -> Any:
    rule = {"match": "all", "conditions": [{"field": "nps", "operator": "at_least", "value": 9}]}
    return segments.create(tenant.session, by=SYSTEM, name=uuid4().hex, rule=rule).id


def topic(tenant: Tenant) -> Any:
    names = {"en": "An example"}
    return topics.add(tenant.session, code="an_example", purpose="news", names=names, by=SYSTEM).id


def suppression(tenant: Tenant) -> Any:
    return suppressions.add(tenant.session, "ann@example.org", kind="manual", source="staff").id


def place(tenant: Tenant) -> Any:
    """A browser in which a customer is signed in."""
    whose = people.get(tenant.session, person(tenant))
    return portal_sessions.start(tenant.session, whose, how="code", agent="/")[0].id


def provider(tenant: Tenant) -> Any:
    """A provider that customers may sign in with, not known yet."""
    policy, issuer = Policy.of(tenant.services.settings), f"https://{uuid4().hex}.example.org"
    return providers.add(tenant.session, policy, kind="openid", name="Example ID", issuer=issuer, by=SYSTEM).id


def identity(tenant: Tenant, whose: Any = None) -> Any:
    """An account there that is somebody's."""
    at, owner = provider(tenant), people.get(tenant.session, whose or person(tenant))
    account = openid_identities.Account(at, "https://id.example.org", uuid4().hex, None, speaks_for_mailbox=False)
    return openid_identities.link(tenant.session, owner, account).id


def survey_link(tenant: Tenant) -> Any:
    """A personal link to a survey."""
    who = {"days": 1, "once": True, "by": SYSTEM}
    return personal_links.issue(tenant.session, tenant.get("survey"), person(tenant), **who).id


EXAMPLES: Mapping[str, Callable[[Tenant], Any]] = {
    "link_id": survey_link,
    "provider_id": provider,
    "identity_id": identity,
    "topic_id": topic,
    "place_id": place,
    "part_code": lambda tenant: "identity",
    "suppression_id": suppression,
    "person_id": person,
    "mail_id": inbound_mail,
    "bounce_id": returned_mail,
    "company_id": company,
    "attribute_id": attribute,
    "view_id": view,
    "import_id": imported,
    "export_id": exported,
    "list_export_id": list_export,
    "list_import_id": list_import,
    "change_id": people_change,
    "search_id": lambda tenant: duplicate_pairs.start(tenant.session, by=tenant.actor, key=new_id().hex).id,
    "other_id": person,
    "merge_id": merged,
    "other_company_id": company,
    "company_merge_id": company_merge,
    "survey": survey,
    "survey_id": lambda tenant: tenant.get("survey").id,
    "address": lambda tenant: tenant.get("survey").address,
    "number": lambda tenant: 1,
    "response_id": lambda tenant: response(tenant),
    "file_id": lambda tenant: new_id(),
    "file": lambda tenant: f"{'0' * 32}.png",
    "round_id": survey_round,
    "key_id": key,
    "colleague": colleague,
    "member_id": colleague,
    "invitation_id": invitation,
    "session_id": browser,
    "webhook": webhook,
    "endpoint_id": lambda tenant: tenant.get("webhook").id,
    "event_id": delivery,
    "domain_id": domain,
    "sender_id": sender_domain,
    "outgoing_id": outgoing,
    "job_id": long_job,
    "segment_id": segment,
    "entry_id": audit_entry,
    "grant_id": support_grant,
    "interaction_id": interaction,
    "message_id": message,
    "task_id": task,
    "report_id": lambda tenant: new_id(),
    "tenant_id": lambda tenant: tenant.ref.id,
    "token": lambda tenant: "no-token-of-ours",
    "code": lambda tenant: "no-code-of-ours",
    "filename": lambda tenant: "css/tokens.css",
}
"""Name in a route's address to what makes such a thing."""


def failed_job(control: Session, services: Services, tenant: TenantRef) -> Any:
    """A job that failed for good."""
    named = {"job": "tenants.jobs.fill_spares", "queue": "bulk", "arguments": {}, "reason": "Unavailable"}
    row = FailedJob(id=new_id(), tenant_id=tenant.id, attempts=5, **named)
    control.add(row)
    control.flush()
    return row.id


def abuse_report(control: Session, services: Services, tenant: TenantRef) -> Any:
    """A survey whose links wait for somebody to look at them."""
    reports.hold(control, tenant.id, survey_id=new_id(), path="/s/x", hosts=["x.example"], locale="en")
    return control.scalars(select(AbuseReport.id).order_by(AbuseReport.id.desc()).limit(1)).one()


IN_CONTROL: Mapping[str, Callable[[Session, Services, TenantRef], Any]] = {
    "job_id": failed_job,
    "report_id": abuse_report,
}
"""The same for pages of operators, whose things stand in the control plane."""

OF_ENDPOINT: Mapping[str, Mapping[str, Any]] = {
    "console.patterns.show": {"name": "list"},
    "console.patterns.try_out": {"name": "list"},
    "operator.cells.change": {"name": "default"},
}
"""Where a name means something else."""

JSON: Mapping[str, Any] = {
    "api_v1.consents.create_consent": {"purpose": "news", "state": "withdrawn"},
    "api_v1.preferences.change_preferences": {"every_days": 30},
    "api_v1.contact_settings.create_topic": {"code": "another", "purpose": "news", "names": {"en": "Another"}},
    "api_v1.contact_settings.change_topic": {"archived": True},
    "api_v1.contact_settings.replace_contact_rules": contact_settings.RULES,
    "api_v1.suppressions.create_suppression": {"email": "ann@example.org", "reason": "An example"},
    "api_v1.suppressions.lift_suppression": {"reason": "An example"},
    "api_v1.segments.create_segment": segment_bodies.NEW,
    "api_v1.segments.change_segment": {"name": "Mine now"},
    "api_v1.segments.count_rule": {"rule": segment_bodies.RULE},
    "api_v1.merges.merge_person": merges.MERGE,
    "api_v1.people_changes.change_people": {"ids": [str(new_id())], "company_id": None},
    "api_v1.views.create_view": {"name": "An example", "query": {"contact": "never"}},
    "api_v1.views.change_view": {"name": "Mine now"},
    "api_v1.inbound_mails.assign_inbound_mail": inbound_mails.MAIL_OWNER,
    "api_v1.sender_domains.create_sender_domain": {"domain": "shop.example"},
    "api_v1.outgoing_mails.send_mail_again": {"attempts": 1},
    "api_v1.duplicates.dismiss_duplicate": duplicates.PAIR_OF,
    "api_v1.duplicates.dismiss_company_duplicate": duplicates.PAIR_OF,
    "api_v1.invitations.invite_segment": {"segment_id": str(new_id())},
    "api_v1.survey_links.create_survey_link": survey_links.NEW_LINK,
    "api_v1.merges.merge_company": merges.MERGE,
    "api_v1.people.create_person": {"name": "Ann Example"},
    "api_v1.people.change_person": {"name": "Mine now"},
    "api_v1.interactions.log_interaction": {"channel": "call", "direction": "in", "summary": "An example"},
    "api_v1.interactions.change_interaction": {"summary": "Mine now"},
    "api_v1.segments.freeze_segment": {"name": "As it is now"},
    "api_v1.messages.write_to_person": {"subject": "An example", "text": "An example"},
    "api_v1.tasks.change_task": {"what": "Mine now"},
    "api_v1.tasks.complete_task": {"outcome": "solved"},
    "api_v1.companies.create_company": {"name": "Example Imports"},
    "api_v1.companies.change_company": {"name": "Mine now"},
    "api_v1.attributes.create_attribute": {"label": "An example", "type": "text"},
    "api_v1.attributes.change_attribute": {"label": "Mine now"},
    "api_v1.surveys.create_survey": {"name": "An example"},
    "api_v1.surveys.change_survey": {"name": "Mine now"},
    "api_v1.surveys.replace_draft": bodies.DRAFT_CHANGE,
    "api_v1.responses.create_response": bodies.NEW_RESPONSE,
    "api_v1.webhooks.change_webhook": {"kinds": ["*"]},
    "api_v1.webhooks.create_webhook": {"url": "https://hooks.example.org/", "kinds": ["*"]},
    "api_v1.webhooks.replay_webhook_failures": {"since": "2026-03-01T00:00:00Z"},
}
"""Bodies that are in order; where none stands, an empty object."""


def form_of(tenant: Tenant) -> dict[str, str]:
    """Fields that are sent to every form and stand in the address of every page; each takes what it knows."""
    return {
        "owner": str(tenant.get("colleague")),
        "at": next(iter(parse(tenant.get("survey").draft).questions)).id,
        "then": "save",
        "revision": "1",
        "name": "Mine now",
        "address": "mine-now",
        "key": "0" * 32,
    }


def missing(rules: list[Rule]) -> list[str]:
    """One sentence for each name in an address that nobody has taught these tests."""
    return sorted(
        f"{rule.endpoint}: say in tests/shape/examples.py what <{name}> of {rule.rule} is"
        for rule in rules
        for name in rule.arguments - EXAMPLES.keys() - OF_ENDPOINT.get(rule.endpoint, {}).keys()
    )


def path_of(rule: Rule, tenant: Tenant, known: Mapping[str, Any] | None = None) -> list[Any]:
    """The values of a route's address, in order, from the tenant; `known` ones go first."""
    names = [name for is_variable, name in rule._trace if is_variable]
    return [(known or {}).get(name) or _value(rule.endpoint, name, tenant) for name in names]


def methods_of(rule: Rule) -> tuple[str, ...]:
    """The methods that matter, in a fixed order."""
    return tuple(sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}))


def _value(endpoint: str, name: str, tenant: Tenant) -> Any:
    special = OF_ENDPOINT.get(endpoint, {})
    found = special[name] if name in special else tenant.get(name)
    return getattr(found, "id", found)
