"""One posted form: whose it is, where it leads, and what becomes of it.

Whatever goes wrong on the way of an honest respondent, the page comes back with what they typed and a sentence.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, request
from sqlalchemy import select

from customers.links import LinkExpired, LinkSpent, LinkUnknown
from infra.db import TenantRef
from infra.errors import Invalid, RapportError, TooMany, Unavailable
from infra.i18n import N_, gettext, use
from infra.limits import Count, Limit
from surveys import files, intake, known
from surveys.answers import CompiledSurvey
from surveys.errors import AnswersInvalid, CorrectionClosed, RevisionTaken, SurveyNotFound, SurveyNotLive
from surveys.intake import Outcome, Submission, Target
from surveys.logic import seed_of
from surveys.models import Response as StoredResponse
from web import tenancy
from web.public.surveys import endings, forms, steps, tokens, uploading
from web.public.surveys import known as known_pages
from web.public.surveys.pages import FormState
from web.public.surveys.visits import Visited, closed, html, published, rendered

MINUTE = 60
TRIES = 12
"""How often an answer is tried as the next correction while others of the same form come in at the same moment."""

OLD_FORM = N_("This page was open for a long time. Your answers are still here; please send them again.")
NOT_SAVED = N_("Your answers could not be saved just now. They are still on this page; please send them again.")
TOO_FAST = N_("Many answers came from your network. Yours are still on this page; please send them in a minute.")
IS_STORED = N_("Your answers were stored earlier. They can no longer be changed.")


class Answering:
    """A posted form with its token checked. Raises UnreadableForm, BadForm."""

    def __init__(self, visited: Visited) -> None:
        self.visited = visited
        self.services = tenancy.services()
        self.posted = forms.read(request, with_files=uploading.room(visited))
        survey = visited.live.survey
        given, promised, self.claim = known_pages.split(self.posted.own.get("_token", ""))
        self.token = tokens.verify(self.services.settings.secret, visited.tenant.id, survey, given)
        try:
            self.version = published().version(visited.tenant, self.token.version)
        except SurveyNotFound:
            raise tokens.BadForm from None
        self.target = Target(survey, self.version.id, self.version.compiled)
        self.anonymous = promised or visited.live.anonymous
        self.nameless = False
        self.outcome: Outcome | None = None
        self.seed = seed_of(self.token.submission)
        self.revision = _number(self.posted.own.get("_revision", "1"))

    def take_files(self) -> Mapping[str, list[str]]:
        """Stores the files that came with the form; answers why some were not taken, by question id."""
        if not self.version.compiled.uploads or request.mimetype != forms.FILES_TYPE:
            return {}
        taken = uploading.take(self.services, self.place(), self.version.compiled)
        answers = dict(self.posted.answers)
        for question, fresh in taken.tokens.items():
            before = answers.get(question) or []
            answers[question] = [*(before if isinstance(before, list) else [before]), *fresh]
        self.posted = replace(self.posted, answers=answers)
        return taken.problems

    def place(self) -> tuple[TenantRef, UUID, UUID]:
        """Whose files come with this form."""
        return self.visited.tenant, self.visited.live.survey, self.token.submission

    def refuse_files(self, problems: Mapping[str, list[str]]) -> Response:
        """The form with what was wrong with its files; those that were in order are kept."""
        found = dict(problems)
        state = steps.corrected(self._compiled, self._resolved(), self.token.language, found, self.seed)
        return self._show(state, 422)

    @property
    def _compiled(self) -> CompiledSurvey:
        return self.version.compiled

    def _resolved(self) -> forms.Posted:
        """The form with files in place of the tokens that name them."""
        if not self.version.compiled.uploads:
            return self.posted
        secret, tenant = self.services.settings.secret, self.visited.tenant
        submission, survey = self.token.submission, self.version.compiled
        answers = files.resolve(secret, tenant, submission, survey, self.posted.answers)
        return replace(self.posted, answers=answers)

    def count(self) -> None:
        """Counts the request against the limit of its address on this survey, and of all. Raises TooMany."""
        whose = tenancy.limiter().veiled(request.remote_addr or "")
        most = self.services.settings.answers_per_minute
        key = f"{self.visited.tenant.id.hex}:answers:{self.visited.live.survey.hex}:{whose}"
        tenancy.tally().require(Count(key, Limit(most, MINUTE)))
        of_all = self.services.settings.answers_per_minute_of_all
        tenancy.tally().require(Count(f"{self.visited.tenant.id.hex}:answers:all", Limit(of_all, MINUTE)))

    def send(self) -> Response:
        """Stores the answers and leads to the thanks, or shows the form again."""
        if self.token.expired:
            return self._again(422, OLD_FORM)
        try:
            self.count()
            self._accept(finished=True)
        except AnswersInvalid as problem:
            if self._has_foreign(problem):
                raise
            return self._show(self._corrected(problem), 422)
        except SurveyNotLive:
            return closed(self.visited)
        except (LinkSpent, LinkExpired, LinkUnknown) as refusal:
            return known_pages.over(self.visited, self.token.language, refusal)
        except CorrectionClosed:
            return self._again(409, IS_STORED)
        except RevisionTaken:
            return self._again(409, NOT_SAVED)
        except TooMany as problem:
            return self._again(429, TOO_FAST, {"Retry-After": str(problem.retry_after)})
        except Unavailable:
            return self._again(503, NOT_SAVED, {"Retry-After": "10"})
        return self._end()

    def _end(self) -> Response:
        """Leads to the last page; shows it at once where it says something of the answers."""
        definition, ending = self._compiled.definition, None
        if self._compiled.tells:
            ending = endings.find_ending(definition, self.outcome.ending if self.outcome else None)
            if endings.needs_answers(definition, ending):
                here = steps.walked(self._compiled, self._resolved(), self.token.language, self.seed)
                told = endings.Told(here.path, here.raw)
                return endings.last_page(
                    self.visited, self.version, self.token.language, ending, told, self.nameless
                )
        named = f"&ending={ending.id}" if ending is not None else ""
        nameless = "&without=name" if self.nameless else ""
        thanks = f"/s/{self.visited.address}/thanks?lang={self.token.language}{named}{nameless}"
        return Response(status=303, headers=(("Location", thanks), ("Cache-Control", "no-store")))

    def save(self) -> None:
        """Keeps what there is as a partial response. Raises as `surveys.intake.accept`."""
        if not self.token.expired:
            self._accept(finished=False)

    def step_on(self) -> Response:
        """The next block; the whole answer when there is none."""
        state = steps.following(self._compiled, self._resolved(), self.token.language, self.seed)
        if state is None:
            return self.send()
        with suppress(RapportError):  # a step that was not kept loses nothing: the next page holds all answers
            self.count()
            self.save()
            self.revision += 1
        return self._show(state, 422 if state.errors else 200)

    def step_back(self) -> Response:
        """The block before."""
        state = steps.preceding(self._compiled, self._resolved(), self.token.language, self.seed)
        return self._show(state, 200)

    def _tokens(self) -> dict[str, Any]:
        given = self.posted.answers
        return {question: given[question] for question in self._compiled.uploads if question in given}

    def _accept(self, *, finished: bool) -> None:
        submission = Submission(
            key=self.token.submission,
            revision=self.revision,
            language=self.token.language,
            answers=self._resolved().answers,
            finished=finished,
            started_at=self.token.opened_at,
        )
        try:
            self._keep(submission)
        except known.IsAnonymous:  # since the page was opened, or since this process last looked
            self.anonymous = True
            self._keep(submission)

    def _keep(self, submission: Submission) -> None:
        finished = submission.finished
        if self.anonymous:
            submission = known.without_trace(submission, self.visited.live.zone)
        if finished and self.claim is not None and self.anonymous:
            with self.services.db.tenant_session(self.visited.tenant) as session:
                known.spend_unseen(session, self.target, submission, self.claim)
            self.claim = None
        for left in reversed(range(TRIES)):
            try:
                self._store(submission)
                return
            except RevisionTaken as taken:
                # Without JavaScript a form cannot count: going back and sending other answers is a correction.
                if not finished or not left:
                    raise
                submission = replace(submission, revision=int(str(taken.fields["revision"])) + 1)

    def _store(self, submission: Submission) -> None:
        """In one round trip; with the person and their link, where there are some, in one transaction."""
        if not submission.finished or self.claim is None:
            self.outcome = intake.accept(self.services.db, self.visited.tenant, self.target, submission)
            return
        with self.services.db.tenant_session(self.visited.tenant) as session:
            self.outcome = stored = known.submit(session, self.target, submission, self.claim)
            person = session.scalar(select(StoredResponse.person_id).where(StoredResponse.id == stored.response_id))
            self.nameless = person is None

    def _has_foreign(self, problem: Invalid) -> bool:
        """Whether the form holds fields that none of our pages sends."""
        return not self.version.compiled.keys.issuperset(problem.problems)

    def _corrected(self, problem: Invalid) -> FormState:
        problems = dict(problem.problems)
        return steps.corrected(self._compiled, self._resolved(), self.token.language, problems, self.seed)

    def _again(self, status: int, notice: str, headers: dict[str, str] | None = None) -> Response:
        """The form as it was sent, with a sentence above it."""
        state = steps.corrected(self._compiled, self._resolved(), self.token.language, seed=self.seed)
        with use(locale=self.token.language):
            return self._show(state, status, gettext(notice), headers)

    def _show(
        self, state: FormState, status: int, notice: str = "", headers: dict[str, str] | None = None
    ) -> Response:
        """The form with what was typed; the token stays the same submission's."""
        if self._compiled.uploads:  # the form names files by their tokens again
            state = replace(state, values={**state.values, **self._tokens()})
        settings, survey = self.services.settings, self.visited.live.survey
        token = tokens.renew(settings.secret, self.visited.tenant.id, survey, self.token)
        response = html(
            rendered(
                self.visited,
                self.token.language,
                state,
                token=known_pages.joined(token, self.anonymous, self.claim),
                notice=notice,
                revision=self.revision,
            ),
            status,
        )
        response.headers.update(headers or {})
        return response


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0):
        raise forms.UnreadableForm
    return int(text)
