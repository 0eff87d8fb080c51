"""`/segments`: groups of customers by a rule or frozen, how many they are, and who."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response as Reply

from customers import segments
from customers.models import Person
from customers.models.segments import Segment
from customers.segments import counting, fields, freezing, verbs
from customers.segments.errors import RuleInvalid, SegmentInvalid
from infra import clock
from infra.ids import new_id
from infra.pages import Page, decode, page
from tenants import audit
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.revised import etag, expected, told
from web.schemas.api import customer_examples as examples
from web.schemas.api import segments as schemas
from web.schemas.api.base import Cursors

blueprint = ApiBlueprint("segments", __name__, description="Groups of customers.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/segment-fields")
@blueprint.response(200, schemas.SegmentFields, example=schemas.FIELDS)
def get_segment_fields() -> dict[str, Any]:
    """List what rules can ask for

    Also the workspace's own attributes, as `attributes.<code>` and `company.attributes.<code>`.
    """
    known = fields.catalogue(tenancy.session()).values()
    return {"items": [_field(each) for each in known if each.offered]}


@blueprint.get("/segments")
@blueprint.arguments(schemas.SegmentQuery, location="query")
@blueprint.response(200, schemas.SegmentPage, example={"items": [schemas.EXAMPLE], "next_cursor": None})
def list_segments(query: dict[str, Any]) -> dict[str, Any]:
    """List segments, newest first"""
    return cursors.turn("segments", query, _page)


@blueprint.post("/segments")
@blueprint.arguments(schemas.NewSegment, example=schemas.NEW)
@blueprint.response(201, schemas.Segment, example=schemas.EXAMPLE, headers=examples.MADE_HEADERS)
def create_segment(body: dict[str, Any]) -> Answer:
    """Make a segment by a rule

    What is wrong with the rule is named by JSON pointer, such as `/rule/conditions/0/value`.
    """
    made = repeatable.once(lambda: verbs.create(tenancy.session(), by=tenancy.actor(), **body).id, _get)
    return told(*made, under="segments")


@blueprint.post("/segments/count")
@blueprint.arguments(schemas.SegmentRule, example={"rule": schemas.RULE})
@blueprint.response(200, schemas.SegmentCount, example=schemas.COUNT)
def count_rule(body: dict[str, Any]) -> dict[str, Any]:
    """Count who fits a rule, without making a segment"""
    session = tenancy.session()
    try:
        rule = verbs.check(session, body["rule"])
    except RuleInvalid as invalid:
        raise SegmentInvalid(problems={f"/rule{at}": said for at, said in invalid.problems.items()}) from invalid
    count = counting.count_people(session, rule)
    return {"count": count, "counted_at": clock.now()}


@blueprint.get("/segments/<uuid:segment_id>")
@blueprint.response(200, schemas.Segment, example=schemas.EXAMPLE, headers=examples.ETAG)
def get_segment(segment_id: UUID) -> tuple[Any, dict[str, str]]:
    """Get a segment"""
    found = _get(segment_id)
    return found, etag(found)


@blueprint.patch("/segments/<uuid:segment_id>")
@blueprint.doc(conditional=True)
@blueprint.arguments(schemas.SegmentChange, example={"name": "Happy and far away"})
@blueprint.response(200, schemas.Segment, example=schemas.EXAMPLE, headers=examples.ETAG)
def change_segment(body: dict[str, Any], segment_id: UUID) -> Answer:
    """Change a segment

    Say by `If-Match` with the ETag which state you have seen.
    """
    return told(*repeatable.once(lambda: _changed(segment_id, body), _get, status=200))


@blueprint.delete("/segments/<uuid:segment_id>")
@blueprint.response(204)
def delete_segment(segment_id: UUID) -> Answer:
    """Delete a segment

    The people in it are as they were. What still goes by it is named in a 409.
    """
    return repeatable.once(lambda: _deleted(segment_id), lambda _: Reply(status=204), status=204)


@blueprint.post("/segments/<uuid:segment_id>/freezing")
@blueprint.arguments(schemas.FrozenCopy, example=schemas.COPY)
@blueprint.response(202, schemas.Segment, example=schemas.FROZEN, headers=examples.MADE_HEADERS)
def freeze_segment(body: dict[str, Any], segment_id: UUID) -> Answer:
    """Write down who is in a segment now

    A frozen segment of its own. `frozen_at` is null until everybody is in; until then nothing can go by it.
    """
    found, status, headers = repeatable.once(lambda: _frozen(segment_id, body["name"]), _get, status=202)
    return found, status, {**headers, **etag(found), "Location": f"/api/v1/segments/{found.id}"}


@blueprint.post("/segments/<uuid:segment_id>/archive")
@blueprint.response(200, schemas.Segment, example=schemas.EXAMPLE, headers=examples.ETAG)
def archive_segment(segment_id: UUID) -> Answer:
    """Put a segment away

    What goes by it goes on. Doing it again does nothing.
    """
    return _moved(segment_id, verbs.archive)


@blueprint.delete("/segments/<uuid:segment_id>/archive")
@blueprint.response(200, schemas.Segment, example=schemas.EXAMPLE, headers=examples.ETAG)
def restore_segment(segment_id: UUID) -> Answer:
    """Bring a segment back from the archive

    Its name must be free. Doing it again does nothing.
    """
    return _moved(segment_id, verbs.restore)


@blueprint.get("/segments/<uuid:segment_id>/count")
@blueprint.response(200, schemas.SegmentCount, example=schemas.COUNT)
def count_segment(segment_id: UUID) -> dict[str, Any]:
    """Count who is in a segment now"""
    found = _get(segment_id)
    return {"count": counting.refresh(tenancy.session(), found, anew=True), "counted_at": found.counted_at}


@blueprint.get("/segments/<uuid:segment_id>/members")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.MemberPage, example=schemas.MEMBERS)
def list_segment_members(query: dict[str, Any], segment_id: UUID) -> dict[str, Any]:
    """List who is in a segment, newest first

    A dynamic one is asked anew for each page: who comes in or goes in between may be on it or not.
    """
    found = _get(segment_id)
    audit.record_reading(tenancy.session(), "customers.listed", by=tenancy.actor(), subject=tenancy.tenant().id)
    return cursors.turn(f"segment:{found.id}", query, lambda **wanted: _members(found, **wanted))


def _get(segment_id: UUID) -> Segment:
    return verbs.get(tenancy.session(), segment_id)


def _changed(segment_id: UUID, body: Mapping[str, Any]) -> UUID:
    found = _get(segment_id)
    return verbs.change(tenancy.session(), found, by=tenancy.actor(), revision=expected(found), **body).id


def _frozen(segment_id: UUID, name: str) -> UUID:
    session = tenancy.session()
    work = freezing.start_from(session, _get(segment_id), name, by=tenancy.actor(), key=new_id().hex)
    assert work.subject_id is not None
    return work.subject_id


def _moved(segment_id: UUID, verb: Callable[..., Segment]) -> Answer:
    found, status, headers = repeatable.once(
        lambda: verb(tenancy.session(), _get(segment_id), by=tenancy.actor()).id, _get, status=200
    )
    return found, status, {**headers, **etag(found)}


def _deleted(segment_id: UUID) -> UUID:
    verbs.delete(tenancy.session(), _get(segment_id), by=tenancy.actor())
    return segment_id


def _page(*, after: str | None, limit: int, archived: bool) -> Page[Segment]:
    """There are so few that a page is cut from all of them."""
    before, found = decode(after), verbs.list_segments(tenancy.session(), archived=archived)
    rows = sorted((each for each in found if before is None or each.id < before), key=lambda each: each.id)[::-1]
    return page(rows[: limit + 1], limit, [each.id for each in rows])


def _members(found: Segment, *, after: str | None, limit: int) -> Page[dict[str, Any]]:
    session, before = tenancy.session(), decode(after)
    query = segments.select_people(session, found).add_columns(Person.external_id)
    if before is not None:
        query = query.where(Person.id < before)
    rows = session.execute(query.order_by(Person.id.desc()).limit(limit + 1)).all()
    return page([{"id": row.id, "external_id": row.external_id} for row in rows], limit, [row.id for row in rows])


def _field(field: fields.Field) -> dict[str, Any]:
    codes = [code for code, _ in field.choices]
    return {
        "field": field.code,
        "label": field.name,
        "kind": field.kind,
        "operators": dict(field.shapes),
        "choices": codes,
    }
