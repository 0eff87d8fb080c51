"""Two companies that are one, merged as people are (`customers.merging`): with a choice for each value, found under
both ids, and taken apart again within 30 days.

People, contacts and tasks keep the id that they were written under; reads ask `companies.ids_of`. What was merged
into the one that goes follows it, so that one step always leads to the company that stays.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from customers import events, merge_images
from customers.errors import CompanyIdTaken, CompanyNotFound
from customers.merge_errors import SameCompany
from customers.merge_images import Image
from customers.models import Company, Merge
from customers.revisions import touch
from customers.unique import refused_as
from infra import clock
from infra.db import current_tenant
from infra.events import record
from infra.ids import new_id
from tenants import audit
from tenants.permissions import Actor

FIELDS = ("name", "external_id", "website")
SUBJECT = "company"


def image(company: Company) -> dict[str, Any]:
    """Everything of a company that a merge may change, as JSON takes it."""
    found = {field: getattr(company, field) for field in FIELDS}
    return {**found, "attributes": dict(company.attributes), "updated_at": company.updated_at.isoformat()}


def defaults(kept: Company, merged: Company) -> dict[str, str]:
    """By field whose value to take: the kept one's, unless it has none."""
    return merge_images.defaults(image(kept), image(merged), FIELDS)


def merge(
    session: Session, kept_id: UUID, merged_id: UUID, *, by: Actor, choices: Mapping[str, str] | None = None
) -> Merge:
    """Makes `merged_id` a part of `kept_id`. Merging the same two again does nothing.

    Raises CompanyNotFound, SameCompany, AlreadyMerged.
    """
    if kept_id == merged_id:
        raise SameCompany()
    kept, merged = _both(session, kept_id, merged_id)
    there = merge_images.done_before(session, kept, merged)
    if there is not None:
        return there
    before, beside = image(kept), image(merged)
    wanted = merge_images.chosen(merge_images.defaults(before, beside, FIELDS), choices)
    merged.merged_into = kept.id
    session.flush()  # an external id is free for the kept one from now on
    followed = _follow(session, merged.id, kept.id)
    for name, value in merge_images.taken(beside, wanted, FIELDS):
        _put(kept, name, value)
    touch(kept)
    touch(merged)
    with refused_as(session, "uq_companies_external_id", CompanyIdTaken):
        session.flush()
    images = {"kept_before": before, "kept_after": image(kept), "merged_before": beside, "followed": followed}
    made = Merge(id=new_id(), subject=SUBJECT, kept_id=kept.id, merged_id=merged.id, images=images, by=by.id)
    made.choices = wanted
    session.add(made)
    session.flush()
    record(session, events.CompanyMerged(subject=merged.id, into=kept.id))
    audit.record(session, "company.merged", by=by, subject=kept.id, merged=merged.id)
    return made


def unmerge(session: Session, merge_id: UUID, *, by: Actor) -> tuple[Merge, list[str]]:
    """Takes a merge back; answers the fields that somebody changed since, which stay with the kept one.

    Twice does it once. Raises CompanyNotFound, MergeOver, AlreadyMerged when later merges stand on it.
    """
    made = get(session, merge_id)
    kept, merged = _both(session, made.kept_id, made.merged_id)
    if not merge_images.check_undo(session, made, kept):
        return made, []
    images: Image = made.images or {}
    was, became = images["kept_before"], images["kept_after"]
    stays = merge_images.changed_since(became, image(kept), FIELDS)
    for name in merge_images.names(FIELDS, was, became):
        if name not in stays:
            _put(kept, name, merge_images.of(was, name))
    kept.updated_at = max(clock.now(), kept.updated_at) if stays else datetime.fromisoformat(was["updated_at"])
    session.flush()  # the external id goes back before its owner needs it
    merged.merged_into = None
    merged.updated_at = datetime.fromisoformat(images["merged_before"]["updated_at"])
    with refused_as(session, "uq_companies_external_id", CompanyIdTaken):
        session.flush()
    followed = [UUID(each) for each in images["followed"]]
    session.execute(update(Company).where(Company.id.in_(followed)).values(merged_into=merged.id))
    made.undone_at, made.undone_by = clock.now(), by.id
    record(session, events.CompanyUnmerged(subject=merged.id, out_of=kept.id))
    audit.record(session, "company.unmerged", by=by, subject=kept.id, merged=merged.id)
    return made, stays


def get(session: Session, merge_id: UUID) -> Merge:
    """Raises CompanyNotFound."""
    return merge_images.get(session, merge_id, SUBJECT, CompanyNotFound)


def _both(session: Session, kept_id: UUID, merged_id: UUID) -> tuple[Company, Company]:
    """Both under locks. Merges of companies take turns, because what follows the one that goes is written too."""
    session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"companies {current_tenant().id}", 0)))
    )
    query = select(Company).where(Company.id.in_((kept_id, merged_id))).order_by(Company.id)
    held = query.with_for_update().execution_options(populate_existing=True)
    found = {company.id: company for company in session.scalars(held)}
    if len(found) < 2:
        raise CompanyNotFound()
    return found[kept_id], found[merged_id]


def _follow(session: Session, merged_id: UUID, kept_id: UUID) -> Sequence[str]:
    """What was merged into the one that goes leads to the one that stays; answers which."""
    moved = update(Company).where(Company.merged_into == merged_id).values(merged_into=kept_id)
    return [str(each) for each in session.scalars(moved.returning(Company.id))]


def _put(company: Company, name: str, value: Any) -> None:
    if name.startswith(merge_images.PREFIX):
        company.attributes = merge_images.with_attribute(company.attributes, name, value)
    elif value is not None or name != "name":
        setattr(company, name, value)
