"""From ids and codes to what a person reads: names are looked up when they are read, in the reader's language.

The entries themselves hold no names, so that somebody who was erased is gone from the record too, and a thing that
was renamed is called what it is called now. Who knows the names of a noun's things is composed at start
(`web.registries`).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.crypto.columns import or_none
from infra.i18n import N_, format_moment, gettext
from infra.long_jobs import long_job_kind
from tenants.audit.kinds import KINDS, Kind
from tenants.models import ApiKey, AuditEntry, StaffMember
from tenants.webhooks.models import WebhookEndpoint
from tenants.words import ROLE_NAMES

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00\Z")
"""A moment as details hold it."""
Resolver = Callable[[Session, Collection[UUID]], Mapping[UUID, str]]
"""Names of things by id; what is gone is left out."""

UNKNOWN = N_("%(who)s did something that this version does not know (%(kind)s).")
GONE, ERASED = N_("(deleted)"), N_("(erased)")
SOMEBODY_GONE = N_("Somebody who was erased")
KEY = N_("The API key %(name)s")
ACTORS: Mapping[str, str] = {
    "operator": N_("An operator of Rapport"),
    "support": N_("Support of Rapport"),
    "system": N_("Rapport"),
}

CODES: Mapping[tuple[str, str], str] = {
    **{(name, role): words for name in ("role", "before") for role, words in ROLE_NAMES.items()},
    ("allows", "read"): N_("to read"),
    ("allows", "change"): N_("to read and change"),
    ("lasts", "1h"): N_("1 hour"),
    ("lasts", "24h"): N_("1 day"),
    ("lasts", "7d"): N_("7 days"),
    ("cause", "payment"): N_("payment"),
    ("cause", "abuse"): N_("a report of abuse"),
    ("cause", "security"): N_("security"),
    ("cause", "request"): N_("your own request"),
    ("cause", "settled"): N_("the matter is settled"),
    ("cause", "other"): N_("another reason"),
    ("how", "link"): N_("with a link by mail"),
    ("how", "code"): N_("with a code by mail"),
    ("how", "openid"): N_("with another account"),
    ("reason", "person"): N_("by hand"),
    ("reason", "failing"): N_("its deliveries failed"),
    ("reason", "gone"): N_("the receiver is gone"),
    ("reason", "api_key_revoked"): N_("it is revoked"),
    ("reason", "api_key_expired"): N_("it has expired"),
    ("reason", "api_key_replaced"): N_("this secret was replaced by a newer one"),
}
"""What a code means, by the name of the detail and its value."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read some entries aloud."""

    names: Mapping[str, Mapping[UUID, str]]
    """Noun to id to name."""

    def who(self, entry: AuditEntry) -> str:
        """The one who acted."""
        if entry.actor_kind in ACTORS or entry.actor_id is None:
            return gettext(ACTORS.get(entry.actor_kind, ACTORS["system"]))
        name = self.names.get(entry.actor_kind, {}).get(entry.actor_id)
        if entry.actor_kind == "api_key":
            return gettext(KEY, name=quoted(name) if name else gettext(GONE))
        return name or gettext(SOMEBODY_GONE)

    def subject(self, entry: AuditEntry) -> str:
        """The thing or person it was done to; empty for none."""
        if entry.subject_id is None:
            return ""
        kind = KINDS.get(entry.action)
        noun = kind.noun if kind else ""
        name = self.names.get(noun, {}).get(entry.subject_id)
        if name is None:
            gone = ERASED if noun == "staff" else GONE
            return gettext(gone)
        return name if noun == "staff" else quoted(name)

    def sentence(self, entry: AuditEntry) -> str:
        """What happened, in one sentence in the language in use."""
        kind = KINDS.get(entry.action)
        if kind is None:
            return gettext(UNKNOWN, who=self.who(entry), kind=entry.action)
        codes = {name: code_words(name, value) for name, value in entry.data.items()}
        fields = defaultdict(lambda: "–", codes, who=self.who(entry), subject=self.subject(entry))
        return gettext(kind.sentence) % fields


_resolvers: Mapping[str, Resolver] = {}
_page_name: Callable[[str], str] = str


def configure(resolvers: Mapping[str, Resolver], page_name: Callable[[str], str] = str) -> None:
    """Called once by each composition root: noun to who knows its names, and an endpoint's name as a message."""
    global _resolvers, _page_name
    _resolvers, _page_name = resolvers, page_name


def read(session: Session, entries: Iterable[AuditEntry]) -> Reading:
    """Looks up every name that the entries need, with one query for each noun."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for entry in entries:
        if entry.actor_id is not None:
            wanted[entry.actor_kind].add(entry.actor_id)
        kind = KINDS.get(entry.action)
        if kind is not None and entry.subject_id is not None:
            wanted[kind.noun].add(entry.subject_id)
    known = {**OWN, **_resolvers}
    return Reading({noun: known[noun](session, ids) for noun, ids in wanted.items() if noun in known})


def told(session: Session, entries: Sequence[AuditEntry]) -> list[tuple[datetime, str]]:
    """Moment and sentence of each entry, for the history of a thing."""
    reading = read(session, entries)
    return [(entry.at, reading.sentence(entry)) for entry in entries]


def code_words(name: str, value: object) -> str:
    """What a code means to a person, or the code itself."""
    if isinstance(value, list):
        return ", ".join(code_words(name, each) for each in value)
    if isinstance(value, bool):
        return gettext(N_("yes")) if value else gettext(N_("no"))
    if isinstance(value, str) and MOMENT.match(value):
        return format_moment(datetime.fromisoformat(value))
    if name == "endpoint" and isinstance(value, str):
        return quoted(gettext(_page_name(value)))
    words = CODES.get((name, str(value)))
    if words is None and name == "kind" and (kind := long_job_kind(str(value))) is not None:
        words = kind.title
    return gettext(words) if words else "–" if value is None else str(value)


def label(kind: Kind) -> str:
    """A kind in a list of choices: its sentence with an ellipsis where names and codes stand."""
    return gettext(kind.sentence) % defaultdict(lambda: "…")


def quoted(name: str) -> str:
    """A name of a thing inside a sentence."""
    return gettext(N_("“%(name)s”"), name=name)


def _staff(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    members = session.scalars(select(StaffMember).where(StaffMember.id.in_(ids))).all()
    found = {member.id: or_none(lambda member=member: member.name) for member in members}  # type: ignore[misc]
    return {member_id: name for member_id, name in found.items() if name}


def _keys(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(ApiKey.id, ApiKey.name).where(ApiKey.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}


def _webhooks(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(WebhookEndpoint.id, WebhookEndpoint.description, WebhookEndpoint.url)
    rows = session.execute(query.where(WebhookEndpoint.id.in_(ids)))
    return {row.id: row.description or urlsplit(row.url).hostname or "" for row in rows}


OWN: Mapping[str, Resolver] = {"staff": _staff, "api_key": _keys, "webhook": _webhooks}
