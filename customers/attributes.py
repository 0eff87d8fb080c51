"""What a tenant declares about its people and companies, and whether a value fits what was declared.

Code and type never change: values, imports and programs name an attribute by its code, and old values keep their
type. What is no longer used is archived; values that are stored stay and are shown no more.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import values
from customers.errors import AttributeCodeTaken, AttributeInvalid, AttributeNotFound, TooManyAttributes
from customers.models import Attribute, SavedView
from customers.models.views import ATTRIBUTE
from customers.setting_events import AttributeChanged
from customers.values import Unfit
from infra import clock
from infra.events import record
from infra.i18n import N_
from tenants import audit
from tenants.permissions import Actor

Subject = Literal["person", "company"]
Options = Sequence[str | tuple[str, str]]
"""Labels, or codes with labels."""
SUBJECTS: tuple[Subject, ...] = ("person", "company")
TYPES = ("text", "number", "date", "choice", "boolean")
TYPED = frozenset({"text", "number", "date"})
"""Whose values are somebody's own words, and not chosen among the tenant's."""
MOST = 100
"""In use for people, and as many for companies."""
MOST_OPTIONS = 100
LONGEST_LABEL = 80

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = frozenset(
    (
        *("id", "name", "email", "phone", "external_id", "company", "company_id", "language", "zone", "source"),
        *("attributes", "segment", "search", "created_at", "updated_at", "last_contact_at", "website"),
        *("nps", "csat", "ces", "scored_at"),
    )
)
"""Columns of exports and imports, which an attribute must not be mistaken for."""

NO_LABEL = N_("Say what it is called.")
BAD_CODE = N_("Use small letters, digits and underscores, beginning with a letter, at most 40.")
RESERVED_CODE = N_("This code stands for something else already.")
NO_OPTIONS = N_("Name at least one option.")
TOO_MANY_OPTIONS = N_("There can be at most %(most)s options.")
TWICE = N_("Two options have the same name.")
NOT_LISTED = N_("Choose one of the listed ones.")


def list_attributes(session: Session, subject: Subject, *, archived: bool = False) -> Sequence[Attribute]:
    """Those in use in their order; with `archived`, those that are put away."""
    put_away = Attribute.archived_at.is_not(None) if archived else Attribute.archived_at.is_(None)
    query = select(Attribute).where(Attribute.subject == subject, put_away)
    return session.scalars(query.order_by(Attribute.position, Attribute.id)).all()


def get(session: Session, attribute_id: UUID) -> Attribute:
    """Raises AttributeNotFound."""
    found = session.get(Attribute, attribute_id)
    if found is None:
        raise AttributeNotFound()
    return found


def declare(
    session: Session,
    *,
    by: Actor,
    subject: str,
    label: str,
    type: str,
    code: str = "",
    options: Options = (),
    personal: bool = True,
    own: bool = False,
) -> Attribute:
    """A new attribute. Without a code it gets one made from its label. `own`: people may correct it themselves.

    Raises AttributeInvalid, AttributeCodeTaken, TooManyAttributes.
    """
    problems: dict[str, list[str]] = {}
    if subject not in SUBJECTS:
        problems["subject"] = [NOT_LISTED]
    if type not in TYPES:
        problems["type"] = [NOT_LISTED]
    fit = _label(label, problems)
    code = code.strip() or code_from(fit)
    if not CODE.fullmatch(code):
        problems["code"] = [BAD_CODE]
    elif code in RESERVED:
        problems["code"] = [RESERVED_CODE]
    chosen = _options(options, problems) if type == "choice" else []
    if problems:
        raise AttributeInvalid(problems=problems)
    _one_at_a_time(session)
    if session.scalar(select(Attribute.id).where(Attribute.subject == subject, Attribute.code == code)):
        raise AttributeCodeTaken()
    position = _room(session, subject)
    made = Attribute(
        subject=subject, code=code, label=fit, type=type, options=chosen, personal=personal, position=position
    )
    made.own = own and subject == "person"
    session.add(made)
    session.flush()
    audit.record(session, "attribute.declared", by=by, subject=made.id, code=code, type=type)
    record(session, AttributeChanged(subject=made.id, code=made.code, change="declared"))
    return made


def change(
    session: Session,
    attribute: Attribute,
    *,
    by: Actor,
    label: str | None = None,
    options: Options | None = None,
    personal: bool | None = None,
    own: bool | None = None,
) -> Attribute:
    """Other words, options, personal or not, people's own or not; None leaves it.

    An option that goes stays where it was chosen. Raises AttributeInvalid.
    """
    problems: dict[str, list[str]] = {}
    fit = attribute.label if label is None else _label(label, problems)
    chosen: list[dict[str, str]] = attribute.options
    if options is not None and attribute.type == "choice":
        chosen = _options(options, problems)
    if problems:
        raise AttributeInvalid(problems=problems)
    before = (attribute.label, attribute.options, attribute.personal, attribute.own)
    attribute.label, attribute.options = fit, chosen
    attribute.personal = attribute.personal if personal is None else personal
    if own is not None and attribute.subject == "person":
        attribute.own = own
    if attribute.personal and attribute.subject == "person" and attribute.type in TYPED:
        _forget_in_views(session, attribute)
    if before != (attribute.label, attribute.options, attribute.personal, attribute.own):
        audit.record(session, "attribute.changed", by=by, subject=attribute.id, code=attribute.code)
        record(session, AttributeChanged(subject=attribute.id, code=attribute.code, change="changed"))
    return attribute


def codes_kept_apart(session: Session) -> frozenset[str]:
    """Codes of people's attributes whose values stand with their people alone: personal ones that are typed.

    What is chosen among the tenant's own words, or yes and no, names nobody.
    """
    typed = select(Attribute.code).where(Attribute.type.in_(TYPED), Attribute.personal)
    return frozenset(session.scalars(typed.where(Attribute.subject == "person")))


def _forget_in_views(session: Session, attribute: Attribute) -> None:
    """Values that views kept while it was not personal."""
    part = ATTRIBUTE + attribute.code
    for view in session.scalars(select(SavedView).where(SavedView.query.has_key(part)).with_for_update()):
        view.query = {name: value for name, value in view.query.items() if name != part}


def archive(session: Session, attribute: Attribute, *, by: Actor) -> None:
    """Shown and taken no more; values stay. Doing it again does nothing."""
    if attribute.archived_at is None:
        attribute.archived_at = clock.now()
        audit.record(session, "attribute.archived", by=by, subject=attribute.id, code=attribute.code)
        record(session, AttributeChanged(subject=attribute.id, code=attribute.code, change="archived"))


def restore(session: Session, attribute: Attribute, *, by: Actor) -> None:
    """In use again, at the end. Raises TooManyAttributes. Doing it again does nothing."""
    if attribute.archived_at is not None:
        _one_at_a_time(session)
        attribute.position = _room(session, attribute.subject)
        attribute.archived_at = None
        audit.record(session, "attribute.restored", by=by, subject=attribute.id, code=attribute.code)
        record(session, AttributeChanged(subject=attribute.id, code=attribute.code, change="restored"))


def code_from(label: str) -> str:
    """A code that reads like the label: "Kundennummer (alt)" becomes `kundennummer_alt`."""
    plain = unicodedata.normalize("NFKD", label.casefold().replace("ß", "ss"))
    ascii_only = "".join(letter for letter in plain if letter.isascii())
    code = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")[:40].strip("_")
    return code if code[:1].isalpha() else f"a_{code}"[:40].rstrip("_") if code else ""


def _label(label: str, problems: dict[str, list[str]]) -> str:
    try:
        fit = values.line(label, LONGEST_LABEL)
    except Unfit as unfit:
        problems["label"] = [unfit.sentence]
        return ""
    if not fit:
        problems["label"] = [NO_LABEL]
    return fit


def _options(given: Options, problems: dict[str, list[str]]) -> list[dict[str, str]]:
    """Code and label of each, in order; a label alone gets its code."""
    made: dict[str, str] = {}
    try:
        pairs = [each if isinstance(each, tuple) else ("", each) for each in given]
        for code, label in pairs:
            fit = values.line(label, LONGEST_LABEL)
            code = code or _free(code_from(fit) or "option", made)
            if not CODE.fullmatch(code):
                raise Unfit(BAD_CODE)
            if code in made or not fit or fit.casefold() in {other.casefold() for other in made.values()}:
                raise Unfit(TWICE if fit else NO_LABEL)
            made[code] = fit
        if not made:
            raise Unfit(NO_OPTIONS)
        if len(made) > MOST_OPTIONS:
            raise Unfit(TOO_MANY_OPTIONS, most=MOST_OPTIONS)
    except Unfit as unfit:
        problems["options"] = [unfit.sentence]
    return [{"code": code, "label": label} for code, label in made.items()]


def _free(code: str, taken: Mapping[str, str]) -> str:
    """The code, with a number behind it when it is taken."""
    return next(each for each in (code, *(f"{code[:36]}_{n}" for n in range(2, 200))) if each not in taken)


def _one_at_a_time(session: Session) -> None:
    """Two who declare at once do so after each other, so that limit and code hold."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("customers.attributes"))))


def _room(session: Session, subject: str) -> int:
    """The next position. Raises TooManyAttributes."""
    in_use = (Attribute.subject == subject, Attribute.archived_at.is_(None))
    query = select(func.count(), func.coalesce(func.max(Attribute.position), 0)).where(*in_use)
    count, last = session.execute(query).one()
    if count >= MOST:
        raise TooManyAttributes(most=MOST)
    return int(last) + 1
