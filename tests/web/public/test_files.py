"""Files that respondents send along: taken, named, refused, kept apart, and gone again."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.services import Services
from infra.storage import ObjectMissing, S3Storage
from surveys import file_jobs, files, publishing, surveys
from surveys.models import Response, ResponseFile, Survey
from tests.surveys.making import document, question
from tests.web.public.respondent import Respondent
from web import create_app
from web.application import Application

PDF = b"%PDF-1.7 a bill"


@pytest.fixture
def asked(session: Session) -> Survey:
    source = document(
        [
            question("proof", "file_upload", required=True, max_files=2, file_kinds=["document"]),
            question("name", "nps"),
        ]
    )
    made = surveys.create_from_document(session, "Send us your bill", source, zone="UTC")
    publishing.publish(session, made)
    return made


@pytest.fixture
def person(app: Application, acme: TenantRef) -> Respondent:
    return Respondent(app, acme)


def send(person: Respondent, *contents: tuple[bytes, str], expect: int = 303, **change: Any) -> Respondent:
    """Sends the form in sight with files, as a browser without a script does."""
    data = {**person.fields(), "_go": "send", **change}
    data["q_proof.file"] = [(BytesIO(content), name) for content, name in contents]
    form = person.soup.find("form")
    assert form is not None
    data = {name: value for name, value in data.items() if value is not None}
    return person.post(str(form["action"]), data, expect=expect, content_type="multipart/form-data")  # type: ignore[index]


def kept(session: Session) -> list[Response]:
    session.expire_all()
    return list(session.scalars(select(Response).where(Response.state == "finished")))


def test_a_file_comes_with_the_form_and_staff_take_it_away(
    person: Respondent, asked: Survey, session: Session, as_staff: Callable[[str], Any], acme: TenantRef
) -> None:
    send(person.open(asked.address), (PDF, "../tmp/Rechnung \u202egpj.pdf"))

    (response,) = kept(session)
    (file,) = response.texts["q_proof"]
    assert (file["name"], file["size"], file["type"]) == ("Rechnung gpj.pdf", len(PDF), "application/pdf")
    staff = as_staff("owner").at(acme)
    page = staff.get("console.surveys.response", asked, response)
    assert "Rechnung gpj.pdf" in page.text
    with staff.get("console.surveys.response_file", asked, response, UUID(file["id"])) as taken:
        assert taken.data == PDF
        assert taken.headers["Content-Disposition"].startswith("attachment")
        assert taken.mimetype == "application/octet-stream"


def test_what_is_refused_leaves_nothing_and_what_was_in_order_stays_in_the_form(
    person: Respondent, asked: Survey, session: Session
) -> None:
    person.open(asked.address)
    send(person, (PDF, "bill.pdf"), (b"MZ program", "setup.exe"), expect=422)
    assert "program" in person.problem_at("proof")
    assert len(session.scalars(select(ResponseFile)).all()) == 1

    send(person, (b"\x89PNG\r\n\x1a\n picture", "bill.pdf"), expect=422)
    assert "does not take" in person.problem_at("proof")
    send(person)
    assert [file["name"] for file in kept(session)[0].texts["q_proof"]] == ["bill.pdf"]


def test_a_file_is_named_only_by_the_form_that_sent_it(person: Respondent, asked: Survey, session: Session) -> None:
    send(person.open(asked.address), (b"", "empty.pdf"), (PDF, "mine.pdf"), expect=422)
    token = person.fields()["q_proof"][0]

    send(person.open(asked.address), expect=422, q_proof=token)
    assert "Upload the file" in person.problem_at("proof")
    send(person, expect=422, q_proof=token[:-4] + "AAAA")
    send(person, expect=422, q_proof="x" * 5_000)
    assert kept(session) == []


def test_the_script_sends_a_file_as_soon_as_it_is_chosen(
    person: Respondent, asked: Survey, session: Session
) -> None:
    fields = person.open(asked.address).fields()
    headers = {"Accept": "application/json"}

    def upload(content: bytes, expect: int, **own: str) -> Any:
        data = {"_token": fields["_token"], "_question": "q_proof", "_file": (BytesIO(content), "a.pdf"), **own}
        answer = person.client.post(f"/s/{asked.address}/files", base_url=person.host, data=data, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json

    found = upload(PDF, 200)
    assert found["name"] == "a.pdf"
    assert "problem" in upload(b"", 422)
    upload(PDF, 422, _question="q_name")
    upload(PDF, 422, _token="nobody's")
    person.send(change={"q_proof": found["token"], "q_proof.file": None})
    assert kept(session)[0].texts["q_proof"][0]["size"] == len(PDF)


def test_files_that_no_answer_names_are_swept_away_and_others_stay(
    person: Respondent, asked: Survey, session: Session, joined: Services, acme: TenantRef
) -> None:
    send(person.open(asked.address), (PDF, "kept.pdf"))
    send(person.open(asked.address), (b"", "empty.pdf"), (PDF, "loose.pdf"), expect=422)
    loose = files.peek(person.fields()["q_proof"][0])
    assert loose is not None
    key = files.key_of(acme, asked.id, UUID(loose["id"]))
    assert joined.storage.get(key) == PDF
    assert not file_jobs.has_old(session)

    session.execute(update(ResponseFile).values(stored_on=clock.now().date() - file_jobs.LOOSE - timedelta(days=2)))
    assert file_jobs.has_old(session)
    Context().run(lambda: file_jobs.forget_loose(joined, acme))
    session.expire_all()
    assert not file_jobs.has_old(session)
    with pytest.raises(ObjectMissing):
        joined.storage.get(key)
    (left,) = session.scalars(select(ResponseFile))
    named = files.key_of(acme, asked.id, left.id)
    assert joined.storage.get(named) == PDF

    surveys.delete(session, asked, confirm=asked.name)
    Context().run(lambda: file_jobs.forget_files(joined, acme, asked.id))
    session.expire_all()
    assert session.scalars(select(ResponseFile)).all() == []
    with pytest.raises(ObjectMissing):
        joined.storage.get(named)


def test_too_many_files_from_one_address_are_told_to_wait(
    person: Respondent, asked: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web.public.surveys import uploading

    monkeypatch.setattr(uploading, "MOST", 1)
    send(person.open(asked.address), (PDF, "1.pdf"), (PDF, "2.pdf"), expect=422)
    assert "q_proof" not in person.fields() or len(person.fields()["q_proof"]) <= 1


@pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"
)
def test_what_breaks_on_the_way_leaves_nothing(
    person: Respondent, asked: Survey, session: Session, joined: Services, acme: TenantRef
) -> None:
    fields = person.open(asked.address).fields()
    head = b'--x\r\nContent-Disposition: form-data; name="_token"\r\n\r\n' + fields["_token"].encode()
    body = (
        head
        + b'\r\n--x\r\nContent-Disposition: form-data; name="q_proof.file"; filename="a.pdf"\r\n\r\n%PDF-1.7 a b'
    )
    person.post(f"/s/{asked.address}", body, expect=422, content_type="multipart/form-data; boundary=x")
    assert session.scalars(select(ResponseFile)).all() == []

    away = S3Storage(replace(joined.settings, s3_endpoint="http://127.0.0.1:1"))
    alone = Respondent(create_app(replace(joined, storage=away)), acme)
    send(alone.open(asked.address), (PDF, "bill.pdf"), expect=422)
    assert "file store" in alone.problem_at("proof")
    assert session.scalars(select(ResponseFile)).all() == []
