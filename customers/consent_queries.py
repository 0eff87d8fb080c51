"""What somebody gave and withdrew, page by page, with the words that they read."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from customers import consent_people
from customers.errors import PersonNotFound
from customers.models import Consent, ConsentText
from infra.pages import Page, bounded, decode_moment, encode_moment


def list_acts(session: Session, person_id: UUID, *, after: str | None = None, limit: int = 50) -> Page[Consent]:
    """Every act, newest first, also of those merged into the person. Raises PersonNotFound, CursorInvalid."""
    who, size, place = consent_people.find(session, person_id), bounded(limit), decode_moment(after)
    if who is None or who.erased:
        raise PersonNotFound()
    query = select(Consent).where(Consent.person_id.in_(who.ids))
    if place is not None:
        query = query.where(tuple_(Consent.at, Consent.id) < place)
    rows = session.scalars(query.order_by(Consent.at.desc(), Consent.id.desc()).limit(size + 1)).all()
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], encode_moment(last.at, last.id) if last is not None else None)


def words_of(session: Session, acts: Iterable[Consent]) -> dict[UUID, str]:
    """The words of each text that they name, by its id."""
    ids = {act.text_id for act in acts if act.text_id is not None}
    query = select(ConsentText.id, ConsentText.words).where(ConsentText.id.in_(ids))
    return {row.id: row.words for row in session.execute(query)} if ids else {}
