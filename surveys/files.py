"""Files that respondents send: looked at, stored, named by a token, and gone with their response.

A row says that a file may be there before it is; what dies on the way leaves a row, and the sweeper takes both. A
token names a file for one submission and question: nobody else's answer can hold it. Nothing here tells a time
more exactly than the day, for answers may be anonymous.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import IO, Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.portal.own_files import OwnFile
from customers.portal.parts import About
from infra import attachments, clock, scanning
from infra.db import Databases, TenantRef, fast
from infra.ids import unordered_id
from infra.storage import Storage, StorageKey, StorageUnavailable, tenant_key
from infra.uploads import UploadRefused
from surveys.answers import CompiledSurvey
from surveys.definition import Question
from surveys.definition.kinds.files import LARGEST, Uploaded, group_of
from surveys.models import Response
from surveys.wording import N_

LONGEST_TOKEN = 2_000

WRONG_KIND = N_("File %(number)s is of a kind that this question does not take.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file belongs."""

    tenant: TenantRef
    survey: UUID
    submission: UUID
    question: Question


def check(place: Place, file: IO[bytes], name: str, number: int = 1) -> Uploaded:
    """What a file is, seen in it, under a fresh id. Nothing is stored. Raises UploadRefused, Unavailable."""
    shown = attachments.named(name) or "file"
    kind, size = attachments.kind_of(file, name, max_bytes=LARGEST, number=number)
    allowed = place.question.file_kinds
    if allowed and group_of(kind) not in allowed:
        raise UploadRefused(WRONG_KIND, number=number)
    scanning.scan(file, number=number)
    return Uploaded(id=str(unordered_id()), name=shown, size=size, type=kind)


def store(databases: Databases, storage: Storage, place: Place, found: Uploaded, file: IO[bytes]) -> None:
    """Stores what `check` found. Raises StorageUnavailable, Unavailable; then nothing of it stays."""
    file_id = UUID(found["id"])
    today = clock.now().date().isoformat()
    fast.once(databases, place.tenant, NOTE, file_id, place.survey, place.submission, today)
    file.seek(0)
    key = key_of(place.tenant, place.survey, file_id)
    try:
        storage.put(key, file, content_type="application/octet-stream")
    except StorageUnavailable:
        fast.once(databases, place.tenant, DROP, file_id)
        raise


DROP = "DELETE FROM response_files WHERE id = $1::uuid"
NOTE = """
INSERT INTO response_files (id, survey_id, submission_key, stored_on, kept)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::date, false)
"""


def key_of(tenant: TenantRef, survey_id: UUID, file_id: UUID) -> StorageKey:
    """Where a file lies."""
    return tenant_key(tenant, "answers", survey_id.hex, file_id.hex)


def token(secret: str, place: Place, found: Mapping[str, Any]) -> str:
    """Names a stored file in an answer to this question of this submission."""
    body = orjson.dumps([found["id"], found["name"], found["size"], found["type"]])
    return _encoded(_mac(secret, place.tenant, place.submission, place.question.id, body) + body)


def peek(given: str) -> Uploaded | None:
    """What a token says, unchecked: to show it to whoever sent it."""
    raw = _decoded(given)
    return _of(raw[_MAC:]) if raw else None


def resolve(
    secret: str, tenant: TenantRef, submission: UUID, survey: CompiledSurvey, raw: Mapping[str, Any]
) -> dict[str, Any]:
    """Raw answers with the files that their tokens name; another's token stays what it is: refused."""
    found = dict(raw)
    for question in survey.uploads & raw.keys():
        given = raw[question]
        tokens = given if isinstance(given, list | tuple) else [given]
        found[question] = [_verified(secret, tenant, submission, question, each) for each in tokens]
    return found


def read(
    storage: Storage, tenant: TenantRef, response: Response, file_id: UUID
) -> tuple[str, Iterator[bytes]] | None:
    """A file that the response names: its name and pieces. None when it names no such file."""
    named = next((each for each in named_in(response.texts) if each.get("id") == str(file_id)), None)
    if named is None:
        return None
    return str(named["name"]), storage.stream(key_of(tenant, response.survey_id, file_id))


def named_in(texts: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The files that an answer names."""
    for value in texts.values():
        if isinstance(value, list):
            yield from (each for each in value if isinstance(each, dict) and "id" in each)


def own_files(session: Session, about: About) -> Iterator[OwnFile]:
    """The files that a person sent along with answers that carry their name."""
    row = Response
    query = select(row.survey_id, row.finished_at, row.updated_at, row.texts).where(about.of(row.person_id))
    for survey_id, finished_at, updated_at, texts in session.execute(query.execution_options(yield_per=500)):
        for each in named_in(texts):
            key = tenant_key(session.info["tenant"], "answers", survey_id.hex, UUID(each["id"]).hex)
            yield OwnFile(
                finished_at or updated_at, str(each["name"]), int(each["size"]), str(key), str(each["type"]), None
            )


_MAC = 16


def _verified(secret: str, tenant: TenantRef, submission: UUID, question: str, given: Any) -> Any:
    raw = _decoded(given) if isinstance(given, str) else b""
    if not raw or not hmac.compare_digest(raw[:_MAC], _mac(secret, tenant, submission, question, raw[_MAC:])):
        return given if not isinstance(given, Uploaded) else ""
    return _of(raw[_MAC:])


def _of(body: bytes) -> Uploaded | None:
    try:
        file_id, name, size, kind = orjson.loads(body)
    except ValueError:
        return None
    return Uploaded(id=str(file_id), name=str(name), size=size, type=str(kind))


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(given: str) -> bytes:
    if not given.isascii() or len(given) > LONGEST_TOKEN:
        return b""
    try:
        return urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except ValueError:
        return b""


def _mac(secret: str, tenant: TenantRef, submission: UUID, question: str, body: bytes) -> bytes:
    return hmac.digest(
        _key(secret), tenant.id.bytes + submission.bytes + question.encode() + b"\n" + body, "sha256"
    )[:_MAC]


@lru_cache(4)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"rapport.survey-files.v1", sha256)


__all__: Sequence[str] = [
    "Place",
    "check",
    "key_of",
    "named_in",
    "peek",
    "read",
    "resolve",
    "store",
    "token",
]
