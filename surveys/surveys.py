"""Surveys as their owners handle them: make, rename, save the draft, duplicate, archive, delete."""

import re
import unicodedata
from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Select, func, or_, select
from sqlalchemy import delete as sql_delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra import clock
from surveys import copying, editing, file_jobs
from surveys.definition import Definition, dump, parse
from surveys.errors import (
    AddressTaken,
    DraftChanged,
    SurveyArchived,
    SurveyHasResponses,
    SurveyInvalid,
    SurveyNotFound,
)
from surveys.library import get_template
from surveys.models import Response, ResponseRollup, Survey
from surveys.pages import Page, bounded, decode, page
from surveys.publishing import withdraw
from surveys.wording import N_, Sentence

ADDRESS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
MAX_NAME = 120
MAX_ADDRESS = 60
ATTEMPTS = 5

Edit = Callable[[Definition], Definition]


def create(
    session: Session,
    name: str,
    *,
    zone: str,
    definition: Definition | None = None,
    language: str = "en",
    by: UUID | None = None,
) -> Survey:
    """A new survey with a draft: the definition, or one empty block in the language.

    `zone` is the tenant's IANA time zone, in which its days are counted. Raises SurveyInvalid.
    """
    clean = _clean_name(name)
    _check_zone(zone)
    draft = definition or editing.blank(language, clean)
    for _ in range(ATTEMPTS):
        address = _free_address(session, clean)
        survey = Survey(name=clean, address=address, zone=zone, draft=dump(draft), created_by=by, owner_id=by)
        try:
            with session.begin_nested():
                session.add(survey)
            return survey
        except IntegrityError:  # somebody took the address between the look and the insert
            continue
    raise AddressTaken()


def create_from_template(
    session: Session, key: str, *, zone: str, name: str | None = None, language: str = "en", by: UUID | None = None
) -> Survey:
    """A new survey from the template of that key, with fresh ids. Raises TemplateNotFound."""
    template = get_template(key)
    title = name or template.name.get(language) or template.name["en"]
    return create(session, title, zone=zone, definition=copying.with_fresh_ids(template.definition), by=by)


def create_from_document(
    session: Session, name: str, document: object, *, zone: str, by: UUID | None = None
) -> Survey:
    """A new survey from a definition as JSON. Raises DefinitionInvalid."""
    return create(session, name, zone=zone, definition=parse(document), by=by)


def duplicate(session: Session, survey: Survey, *, name: str | None = None, by: UUID | None = None) -> Survey:
    """A new survey with the same draft under fresh ids; it starts without versions and responses."""
    copy = copying.with_fresh_ids(draft_of(survey))
    return create(session, name or survey.name[: MAX_NAME - 2] + " 2", zone=survey.zone, definition=copy, by=by)


def rename(session: Session, survey: Survey, *, name: str | None = None, address: str | None = None) -> Survey:
    """Another name or public address. A live survey moves at once; its old address leads nowhere.

    Raises SurveyInvalid or AddressTaken.
    """
    if name is not None:
        survey.name = _clean_name(name)
    if address is not None and address != survey.address:
        if not ADDRESS.fullmatch(address) or len(address) > MAX_ADDRESS:
            sentence = Sentence(N_("An address has small letters, digits and single hyphens, up to 60 characters."))
            raise SurveyInvalid(problems={"address": [sentence]})
        try:
            with session.begin_nested():
                survey.address = address
                session.flush()
        except IntegrityError as problem:
            session.refresh(survey)
            raise AddressTaken() from problem
    survey.updated_at = clock.now()
    session.flush()
    return survey


def draft_of(survey: Survey) -> Definition:
    """The draft as typed document."""
    return parse(survey.draft)


def save_draft(session: Session, survey: Survey, definition: Definition | object, *, revision: int) -> Survey:
    """Replaces the draft by a definition or its JSON if it still has the revision that was read.

    Raises DefinitionInvalid, DraftChanged or SurveyArchived. Two at once: one of them gets DraftChanged.
    """
    document = dump(definition if isinstance(definition, Definition) else parse(definition))
    _lock_draft(session, survey, revision)
    if document != survey.draft:
        survey.draft = document
        survey.draft_revision += 1
        survey.updated_at = clock.now()
        session.flush()
    return survey


def edit_draft(session: Session, survey: Survey, edit: Edit, *, revision: int | None = None) -> Survey:
    """Applies an edit of `surveys.editing` to the draft: `edit_draft(s, survey, lambda d: move_block(d, b, 0))`.

    Without a revision the edit applies to whatever the draft is now, under a lock. Raises what the edit raises,
    DraftChanged or SurveyArchived.
    """
    _lock_draft(session, survey, revision)
    return save_draft(session, survey, edit(draft_of(survey)), revision=survey.draft_revision)


def archive(session: Session, survey: Survey, *, by: UUID | None = None) -> Survey:
    """Puts the survey away with all its responses; it takes no answers. Doing it again does nothing."""
    if survey.archived_at is None:
        withdraw(session, survey, by=by)
        survey.archived_at, survey.archived_by = clock.now(), by
        session.flush()
    return survey


def restore(session: Session, survey: Survey) -> Survey:
    """Takes an archived survey back, not live. Doing it again does nothing."""
    survey.archived_at = survey.archived_by = None
    session.flush()
    return survey


def delete(session: Session, survey: Survey, *, confirm: str | None = None) -> None:
    """Deletes the survey with all that belongs to it. With responses, `confirm` must be its name.

    Raises SurveyHasResponses, whose field `responses` says how many would be lost.
    """
    session.refresh(survey, with_for_update=True)
    count = session.scalar(select(func.count()).where(Response.survey_id == survey.id)) or 0
    if count and (confirm or "").strip() != survey.name:
        raise SurveyHasResponses(responses=count)
    file_jobs.forget(session, survey.id)
    session.execute(sql_delete(Response).where(Response.survey_id == survey.id))
    session.execute(sql_delete(ResponseRollup).where(ResponseRollup.survey_id == survey.id))
    session.execute(sql_delete(Survey).where(Survey.id == survey.id))
    session.expunge(survey)


def get_survey(session: Session, survey_id: UUID) -> Survey:
    """The survey, or SurveyNotFound."""
    survey = session.get(Survey, survey_id)
    if survey is None:
        raise SurveyNotFound()
    return survey


def list_surveys(
    session: Session, *, archived: bool = False, search: str = "", after: str | None = None, limit: int = 50
) -> Page[Survey]:
    """Surveys, newest first; `search` looks into name and address. Raises CursorInvalid."""
    size = bounded(limit)
    query = _listed(archived, search).order_by(Survey.id.desc()).limit(size + 1)
    cursor = decode(after)
    if cursor is not None:
        query = query.where(Survey.id < cursor)
    rows = session.scalars(query).all()
    return page(rows, size, [row.id for row in rows])


def count_surveys(session: Session, *, archived: bool = False, search: str = "") -> int:
    """How many surveys `list_surveys` would list over all pages."""
    return session.scalar(select(func.count()).select_from(_listed(archived, search).subquery())) or 0


def _listed(archived: bool, search: str) -> Select[Survey]:
    query = select(Survey).where(Survey.archived_at.is_not(None) if archived else Survey.archived_at.is_(None))
    words = search.replace("\x00", "").strip()[:MAX_NAME]
    if words:
        query = query.where(
            or_(Survey.name.icontains(words, autoescape=True), Survey.address.icontains(words, autoescape=True))
        )
    return query


def _lock_draft(session: Session, survey: Survey, revision: int | None) -> None:
    session.refresh(survey, with_for_update=True)
    if survey.archived_at is not None:
        raise SurveyArchived()
    if revision is not None and survey.draft_revision != revision:
        raise DraftChanged(revision=survey.draft_revision)


def _clean_name(name: str) -> str:
    clean = " ".join("".join(c for c in name if c.isprintable()).split())
    if not clean or len(clean) > MAX_NAME:
        sentence = Sentence(N_("A survey needs a name of up to %(most)s characters."), most=MAX_NAME)
        raise SurveyInvalid(problems={"name": [sentence]})
    return clean


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise SurveyInvalid(problems={"zone": [Sentence(N_("This is not a time zone."))]}) from problem


def _free_address(session: Session, name: str) -> str:
    """A free address that reads like the name; two at once are told apart by the unique constraint."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "survey"
    taken = set(session.scalars(select(Survey.address).where(Survey.address.startswith(base, autoescape=True))))
    address, number = base, 1
    while address in taken:
        number += 1
        address = f"{base}-{number}"
    return address
