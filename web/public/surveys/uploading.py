"""Files on the way in: with the form, or one by one as soon as they are chosen.

A file is on disk while it is looked at and goes to the file store in parts; no transaction is open meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import Response, jsonify, request
from werkzeug.datastructures import FileStorage

from infra.db import TenantRef
from infra.errors import TooMany, Unavailable
from infra.i18n import gettext, use
from infra.limits import Count, Limit
from infra.services import Services
from infra.uploads import UploadRefused
from surveys import files
from surveys.answers import CompiledSurvey
from surveys.definition import Question
from surveys.definition.kinds.files import LARGEST
from surveys.wording import Sentence
from web import tenancy
from web.public.surveys.forms import FILES_TYPE
from web.public.surveys.kinds import said, uploaded
from web.public.surveys.visits import Visited, published

FIELD = ".file"
"""Behind a question's id, the name of its file input."""
AT_ONCE = 4
"""Files in one form; a script sends them one by one."""
LARGEST_UPLOAD = AT_ONCE * LARGEST + 2 * 1024 * 1024
MOST, HOUR = 120, 3600
"""Forms with files, and files, from one network address to one survey in an hour."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The tokens of stored files and why others were not taken, by question id."""

    tokens: Mapping[str, list[str]]
    problems: Mapping[str, list[str]]


def questions_of(survey: CompiledSurvey) -> dict[str, Question]:
    """The questions that take files, by id."""
    return {question.id: question for question in survey.definition.questions if question.id in survey.uploads}


def room(visited: Visited) -> int:
    """How many bytes of files the request may bring: none unless it is a form with files for a survey that asks for
    some. Counts it before any of it is read. Raises TooMany."""
    if request.mimetype != FILES_TYPE or visited.live.version is None:
        return 0
    if not published().version(visited.tenant, visited.live.version).compiled.uploads:
        return 0
    admit(visited.tenant, visited.live.survey)
    return LARGEST_UPLOAD


def take(services: Services, place: tuple[TenantRef, UUID, UUID], survey: CompiledSurvey) -> Taken:
    """Stores the files of the request for the (tenant, survey, submission), each by itself."""
    tokens: dict[str, list[str]] = {}
    problems: dict[str, list[str]] = {}
    asked = questions_of(survey)
    sent = [(asked[id], file) for id in asked for file in request.files.getlist(id + FIELD) if file.filename]
    for number, (question, file) in enumerate(sent[:AT_ONCE], 1):
        try:
            named = one(services, files.Place(*place, question), file, number)
        except UploadRefused as refused:
            problems.setdefault(question.id, []).append(Sentence(refused.message, **refused.fields))
        except (TooMany, Unavailable) as problem:
            problems.setdefault(question.id, []).append(Sentence(problem.message))
        else:
            tokens.setdefault(question.id, []).append(named)
    return Taken(tokens, problems)


def one(services: Services, place: files.Place, file: FileStorage, number: int = 1) -> str:
    """Stores one file; answers its token. Raises UploadRefused, TooMany, Unavailable."""
    admit(place.tenant, place.survey)
    found = files.check(place, file.stream, file.filename or "", number)
    files.store(services.db, services.storage, place, found, file.stream)
    return files.token(services.settings.secret, place, found)


def told(language: str, token: str) -> Response:
    """A stored file for the script."""
    with use(locale=language):
        ((_, name, size),) = uploaded(token)
    response = jsonify({"token": token, "name": name, "size": size})
    response.headers["Cache-Control"] = "no-store"
    return response


def refused(language: str, sentence: str, status: int) -> Response:
    """Why a file was not taken, for the script."""
    with use(locale=language):
        words = said(sentence) if isinstance(sentence, Sentence) else gettext(sentence)
    response = jsonify({"problem": words})
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def admit(tenant: TenantRef, survey: UUID) -> None:
    """Counts a form with files, before any of it is read, or a file. Raises TooMany."""
    whose = tenancy.limiter().veiled(request.remote_addr or "")
    tenancy.tally().require(Count(f"{tenant.id.hex}:files:{survey.hex}:{whose}", Limit(MOST, HOUR)))
