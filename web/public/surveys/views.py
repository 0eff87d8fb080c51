"""`/s/<address>`: the page, the answer, the part-filled form, the thanks."""

from flask import Blueprint, Response, request

from infra.errors import TooMany, Unavailable
from infra.uploads import UploadRefused
from surveys import files
from surveys.wording import Sentence
from web import tenancy
from web.public.surveys import endings, known, tokens, uploading
from web.public.surveys.answering import Answering
from web.public.surveys.forms import UnreadableForm
from web.public.surveys.live import FRESH_FOR_ANSWERS, Version
from web.public.surveys.pages import is_personal
from web.public.surveys.visits import (
    Visited,
    asked_language,
    carried,
    closed,
    for_everybody,
    html,
    own_state,
    published,
    ready_page,
    rendered,
    visit,
)

PROMISE = known.joined("", True, None).encode()

blueprint = Blueprint("surveys", __name__)


@blueprint.get("/<address>")
def page(address: str) -> Response:
    """The survey in the respondent's language, from bytes that are ready."""
    visited = visit(address)
    if visited.live.version is None:
        return closed(visited)
    version = published().version(visited.tenant, visited.live.version)
    language = asked_language(version)
    secret = tenancy.services().settings.secret
    token = tokens.issue(secret, visited.tenant.id, visited.live.survey, version.id, language)
    claim = known.asked() if request.query_string else None
    if claim is not None and not (claim.wants_cookie and visited.live.anonymous):
        return known.page(visited, version, language, token.decode(), claim)
    if is_personal(version.compiled):
        return _own_page(visited, version, language, token.decode())
    promise = PROMISE if visited.live.anonymous else b""
    return for_everybody(ready_page(visited, version, language), token + promise)


def _own_page(visited: Visited, version: Version, language: str, token: str) -> Response:
    """The survey in an order, or with words, that are this respondent's own."""
    whole = known.joined(token, visited.live.anonymous, None)
    form = own_state(visited, version, language, token)
    answer = html(rendered(visited, language, form, token=whole, carried=carried(version)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/<address>")
def submit(address: str) -> Response:
    """One answer in full; or, without JavaScript, one step of the way to it."""
    visited = visit(address, FRESH_FOR_ANSWERS)
    if visited.live.version is None:
        return closed(visited)
    answering = Answering(visited)
    refused = answering.take_files()
    if refused:
        return answering.refuse_files(refused)
    going = answering.posted.own.get("_go")
    if going == "back":
        return answering.step_back()
    if going == "next":
        return answering.step_on()
    return answering.send()


@blueprint.post("/<address>/progress")
def save_progress(address: str) -> Response:
    """Keeps a part-filled form; the page's script calls it now and then and does not wait for it."""
    visited = visit(address, FRESH_FOR_ANSWERS)
    if visited.live.version is None:
        return closed(visited)
    answering = Answering(visited)
    answering.count()
    answering.save()
    return Response(status=204)


@blueprint.post("/<address>/files")
def upload(address: str) -> Response:
    """One file for a question, as soon as it is chosen in the page; answers the token that names it."""
    visited = visit(address, FRESH_FOR_ANSWERS)
    if visited.live.version is None:
        return closed(visited)
    answering = Answering(visited)
    language = answering.token.language
    question = uploading.questions_of(answering.version.compiled).get(answering.posted.own.get("_question", ""))
    file = request.files.get("_file")
    if question is None or file is None or answering.token.expired:
        raise UnreadableForm
    try:
        place = files.Place(*answering.place(), question)
        return uploading.told(language, uploading.one(answering.services, place, file))
    except UploadRefused as refused:
        return uploading.refused(language, Sentence(refused.message, **refused.fields), 422)
    except TooMany as problem:
        return uploading.refused(language, problem.message, 429)
    except Unavailable as problem:
        return uploading.refused(language, problem.message, 503)


@blueprint.get("/<address>/thanks")
def thanks(address: str) -> Response:
    """Where a respondent ends; safe to reload and to share, for it holds nothing of theirs."""
    visited = visit(address)
    if visited.live.version is None:
        return closed(visited)
    version = published().version(visited.tenant, visited.live.version)
    language = asked_language(version)
    ending = endings.find_ending(version.compiled.definition, request.args.get("ending"))
    return endings.last_page(visited, version, language, ending, nameless=request.args.get("without") == "name")
