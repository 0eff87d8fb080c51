"""Contacts with customers: logged by programs, such as a chat with its lines; and timelines."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response as Reply

from customers import companies, interaction_files, interactions, people, timeline
from customers.interaction_errors import InteractionInvalid
from customers.models import Interaction
from customers.timeline import About, Entry, Narrowed
from infra.errors import NotFound
from infra.pages import Page
from web import files as stored
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.revised import etag, expected
from web.schemas.api import interaction_examples as examples
from web.schemas.api import interactions as schemas
from web.schemas.api.base import Cursors
from web.schemas.api.customer_examples import ETAG, MADE_HEADERS
from web.schemas.api.work import BINARY

blueprint = ApiBlueprint("interactions", __name__, description="Contacts with customers, and timelines.")

UPLOAD = {
    "required": True,
    "description": "The file itself, up to 10 MB.",
    "content": {"application/octet-stream": {"schema": BINARY}},
}
CONTENT = {200: {"description": "The file.", "content": {"application/octet-stream": {"schema": BINARY}}}}

Answer = tuple[Any, int, dict[str, str]]

SHOWN = (
    *("id", "person_id", "company_id", "channel", "direction", "at", "subject", "summary", "body"),
    *("staff_id", "source", "automatic", "authentication", "created_at", "updated_at"),
)


@blueprint.get("/people/<uuid:person_id>/interactions")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.InteractionPage, example=examples.INTERACTION_PAGE)
def list_interactions(query: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """List the contacts with a customer, newest first"""
    session = tenancy.session()
    ids = people.ids_of(session, person_id)
    page = cursors.turn(
        f"interactions:{ids[0]}", query, lambda **asked: interactions.list_of(session, ids, **asked)
    )
    return {**page, "items": [_shown(each) for each in page["items"]]}


@blueprint.post("/people/<uuid:person_id>/interactions")
@blueprint.arguments(schemas.NewInteraction, example=examples.NEW_INTERACTION)
@blueprint.response(201, schemas.Interaction, example=examples.INTERACTION, headers=MADE_HEADERS)
def log_interaction(body: dict[str, Any], person_id: UUID) -> Answer:
    """Log a contact with a customer

    A chat brings its messages. The same `key` again answers what was logged before.
    """
    found, status, headers = repeatable.once(lambda: _logged(person_id, body), _get)
    at = f"/api/v1/interactions/{found.id}"
    return _shown(found), status, {**headers, **etag(found), "Location": at}


@blueprint.get("/interactions/<uuid:interaction_id>")
@blueprint.response(200, schemas.Interaction, example=examples.INTERACTION, headers=ETAG)
def get_interaction(interaction_id: UUID) -> tuple[Any, dict[str, str]]:
    """Get a contact"""
    found = _get(interaction_id)
    return _shown(found), etag(found)


@blueprint.patch("/interactions/<uuid:interaction_id>")
@blueprint.doc(conditional=True)
@blueprint.arguments(schemas.InteractionChange, example={"summary": "Asked for beans"})
@blueprint.response(200, schemas.Interaction, example=examples.INTERACTION, headers=ETAG)
def change_interaction(body: dict[str, Any], interaction_id: UUID) -> Answer:
    """Change a contact

    Within a day, what this key logged; with the scope `customers.delete` any, at any time. Say by `If-Match` with
    the ETag which state you have seen.
    """
    found, status, headers = repeatable.once(lambda: _changed(interaction_id, body), _get, status=200)
    return _shown(found), status, {**headers, **etag(found)}


@blueprint.delete("/interactions/<uuid:interaction_id>")
@blueprint.response(204)
def delete_interaction(interaction_id: UUID) -> Answer:
    """Delete a contact for good"""
    return repeatable.once(lambda: _deleted(interaction_id), lambda _: Reply(status=204), status=204)


@blueprint.post("/interactions/<uuid:interaction_id>/files")
@blueprint.doc(requestBody=UPLOAD)
@blueprint.arguments(schemas.FileName, location="query")
@blueprint.response(201, schemas.Interaction, example=examples.INTERACTION, headers=ETAG)
def add_interaction_file(query: dict[str, Any], interaction_id: UUID) -> Answer:
    """Add a file to a contact

    One at a time, at most five. What it is is seen in it: programs, and archives that unfold beyond measure, are
    refused. The same file again changes nothing.
    """
    interaction_files.require_room(_get(interaction_id), 0)
    tenancy.checkpoint()  # no connection is held while the file comes in and goes to storage
    with SpooledTemporaryFile(max_size=interaction_files.PIECE) as file:
        digest = _received(request.stream, file)
        (sent,) = interaction_files.check([(query["name"], cast("IO[bytes]", file))])
        kept = interaction_files.store(tenancy.services().storage, tenancy.tenant(), interaction_id, [sent])
    found, status, headers = repeatable.once(lambda: _attached(interaction_id, kept), _get, digest=digest)
    return _shown(found), status, {**headers, **etag(found)}


@blueprint.get("/interactions/<uuid:interaction_id>/files/<int(min=1,max=2147483647):number>")
@blueprint.doc(responses=CONTENT)
@blueprint.response(200)
def get_interaction_file(interaction_id: UUID, number: int) -> Reply:
    """Download a file of a contact, the first is 1

    As it was sent. It may hold anything: look at its `risk`, and open only what you expect.
    """
    files = _get(interaction_id).attachments
    if not 1 <= number <= len(files) or not files[number - 1].get("file"):
        raise NotFound()
    wanted = files[number - 1]
    answer = stored.stored(wanted["file"], str(wanted.get("name") or f"{number}.bin"), "application/octet-stream")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.get("/people/<uuid:person_id>/timeline")
@blueprint.arguments(schemas.TimelineQuery, location="query")
@blueprint.response(200, schemas.TimelinePage, example=examples.TIMELINE_PAGE)
def get_person_timeline(query: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """Read the timeline of a customer, newest first

    What the key's scopes do not let it read is not in it.
    """
    session = tenancy.session()
    person = people.get(session, person_id)
    return _turn(f"timeline:{person.id}", query, timeline.of_person(session, person))


@blueprint.get("/companies/<uuid:company_id>/timeline")
@blueprint.arguments(schemas.TimelineQuery, location="query")
@blueprint.response(200, schemas.TimelinePage, example=examples.TIMELINE_PAGE)
def get_company_timeline(query: dict[str, Any], company_id: UUID) -> dict[str, Any]:
    """Read the timeline of a company and its people, newest first"""
    session = tenancy.session()
    company = companies.get(session, company_id)
    return _turn(f"timeline:{company.id}", query, timeline.of_company(session, company))


def _turn(name: str, query: dict[str, Any], about: About) -> dict[str, Any]:
    def fetch(*, after: str | None, limit: int, **wanted: Any) -> Page[Entry]:
        narrowed = Narrowed(**wanted)
        return timeline.read(
            tenancy.session(), about, by=tenancy.actor(), narrowed=narrowed, after=after, limit=limit
        )

    return cursors.turn(name, query, fetch)


def _get(interaction_id: UUID) -> Interaction:
    return interactions.get(tenancy.session(), interaction_id)


def _shown(found: Interaction) -> dict[str, Any]:
    files = [
        {"name": each.get("name"), "bytes": each.get("bytes"), "risk": each.get("risk")}
        for each in found.attachments
    ]
    return {**{name: getattr(found, name) for name in SHOWN}, "messages": found.transcript, "files": files}


def _logged(person_id: UUID, body: dict[str, Any]) -> UUID:
    session = tenancy.session()
    given = {**body, "subject": body.get("subject") or ""}
    key = given.pop("key", None)
    with _as_messages():
        return interactions.log(
            session,
            people.get(session, person_id),
            transcript=given.pop("messages"),
            key=f"api:{key}" if key else None,
            source="api",
            by=tenancy.actor(),
            **given,
        ).id


def _changed(interaction_id: UUID, body: dict[str, Any]) -> UUID:
    found = _get(interaction_id)
    revision = expected(found)
    return interactions.change(tenancy.session(), found, by=tenancy.actor(), revision=revision, **body).id


def _received(stream: IO[bytes], file: Any) -> bytes:
    """Writes what comes into the file, a piece beyond the largest at most; answers its digest."""
    digest, size = hashlib.sha256(), 0
    while size <= interaction_files.LARGEST and (piece := stream.read(interaction_files.PIECE)):
        digest.update(piece)
        file.write(piece)
        size += len(piece)
    return digest.digest()


def _attached(interaction_id: UUID, kept: list[dict[str, Any]]) -> UUID:
    return interaction_files.attach(tenancy.session(), _get(interaction_id), kept, by=tenancy.actor()).id


def _deleted(interaction_id: UUID) -> UUID:
    interactions.delete(tenancy.session(), _get(interaction_id), by=tenancy.actor())
    return interaction_id


@contextmanager
def _as_messages() -> Iterator[None]:
    """What is wrong with the transcript, under the name that it has here."""
    try:
        yield
    except InteractionInvalid as refusal:
        found = {name.replace("transcript", "messages"): said for name, said in refusal.problems.items()}
        raise InteractionInvalid(problems=found) from refusal
