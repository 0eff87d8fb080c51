"""The survey page as bytes: rendered once with a hole for the token, or for one respondent with what they typed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from flask import current_app

from infra.i18n import N_, gettext, use
from surveys.answers import OTHER_LIMIT, CompiledSurvey
from surveys.definition import Definition, Question, Text, words
from surveys.logic import Path
from surveys.logic.hidden import PREFIX
from surveys.logic.piping import Say, filled, sayer
from web.public.surveys import kinds
from web.public.surveys.script import logic_of
from web.public.surveys.text import plain, rich, spots

HOLE = f"token-{secrets.token_hex(16)}"
"""Stands where the token goes. Nobody can write it into a survey, for it is new in each process."""


PRIVACY = {
    "anonymous": N_(
        "Your answers are anonymous. We store what you answer and the day, and neither your name nor your address,"
        " device or link. Of a personal link we only note that it was used, not when, and show that to nobody. What"
        " you write may still tell who you are."
    ),
    "known": N_("Your answers are stored together with what %(business)s knows about you as a customer."),
    "nobody": N_(
        "Your link could not be checked. You can answer all the same; your answers are then stored without your"
        " name."
    ),
}
"""What the page says about who answers; an open link to a survey that is not anonymous says nothing."""


@dataclass(frozen=True, slots=True)
class Brand:
    """What a page shows of its tenant. `version` grows with every change, so that caches miss."""

    name: str
    version: int = 0
    logo: str = ""

    @property
    def stylesheet(self) -> str:
        """The tenant's custom properties."""
        return f"/brand.css?v={self.version}"


@dataclass(frozen=True, slots=True)
class FormState:
    """What a page of the form shows: the block in sight, the questions on the path, values and problems."""

    path: Path
    current: str
    one_page: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def definition(self) -> Definition:
        """The survey in this respondent's order."""
        return self.path.definition

    @property
    def say(self) -> Say:
        """What is said at the places of its texts."""
        return sayer(self.definition, self.path.state, self.values)

    @property
    def hidden(self) -> dict[str, str]:
        """What the link brought along, as fields of the form."""
        names = [PREFIX + field.code for field in self.definition.hidden]
        return {name: self.text(name) for name in names if self.text(name)}

    @property
    def first(self) -> bool:
        """Whether no block of the path comes before the one in sight."""
        return not self.path.blocks or self.path.blocks[0][0] == self.current

    @property
    def last(self) -> bool:
        """Whether, for all that is known, no block of the path comes after the one in sight."""
        return not self.path.blocks or self.path.blocks[-1][0] == self.current

    @property
    def seen(self) -> tuple[str, ...]:
        """The questions in sight."""
        return next((ids for block, ids in self.path.blocks if block == self.current), ())

    def shows(self, question: str) -> bool:
        """Whether the question is on the path."""
        return question in self.path.questions

    def block_of(self, question: str) -> bool:
        """Whether the question stands in the block in sight, so that a link can lead to it."""
        return question in self.seen

    def has(self, name: str, value: object) -> bool:
        """Whether that value was chosen."""
        chosen = self.values.get(name)
        return str(value) in chosen if isinstance(chosen, list) else str(value) == chosen

    def text(self, name: str) -> str:
        """What was typed."""
        typed = self.values.get(name, "")
        return typed if isinstance(typed, str) else ""


def first_state(
    survey: CompiledSurvey, language: str, hidden: Mapping[str, str] | None = None, seed: int | None = None
) -> FormState:
    """The form as it is opened. `hidden` is what the link brought along, by code."""
    values = {PREFIX + code: value for code, value in (hidden or {}).items()}
    return state_at(survey, survey.path({}, language, hidden=hidden, seed=seed), None, values)


def is_personal(survey: CompiledSurvey) -> bool:
    """Whether the form is another for each respondent from its first page on."""
    return survey.shuffles or bool(survey.definition.hidden)


def state_at(
    survey: CompiledSurvey,
    path: Path,
    block: str | None,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> FormState:
    """The form at a block, or at the first of the path."""
    first = path.blocks[0][0] if path.blocks else path.definition.blocks[0].id
    return FormState(path, block or first, is_one_page(survey.definition), values or {}, errors or {})


def is_one_page(definition: Definition) -> bool:
    """Whether all of the survey can be shown at once, because nothing depends on an answer."""
    if len(definition.blocks) != 1:
        return False
    block = definition.blocks[0]
    return block.show_if is None and not any(q.show_if or q.jumps for q in block.questions)


def render_page(
    state: FormState,
    *,
    brand: Brand,
    address: str,
    language: str,
    token: str = HOLE,
    revision: int = 1,
    notice: str = "",
    action: str = "",
    token_field: str = "_token",
    privacy: str = "",
    carried: str = "",
) -> str:
    """The whole page in one language. Raises nothing for any definition that could be parsed.

    The console's preview has an `action` and a token of its own, so that nothing of it can be stored.
    """
    definition, say = state.definition, state.say
    speaking = _speaking(definition, language, say)
    with use(locale=language):
        return _render(
            "public/survey/page.html",
            definition=definition,
            form=_told(state),
            brand=brand,
            lang=language,
            languages=definition.languages,
            action=action or f"/s/{address}",
            about="" if action else f"/s/{address}",
            report_link=not action,
            token=token,
            token_field=token_field,
            revision=revision,
            notice=notice,
            carried=carried,
            privacy=gettext(PRIVACY[privacy], business=brand.name) if privacy else "",
            heading=speaking["told"](definition.title) or brand.name,
            logic=logic_of(definition, language),
            other_limit=OTHER_LIMIT,
            asked={q.id: filled(plain(speaking["t"](q.text)), say) for q in definition.questions},
            **speaking,
            survey_takes_files=not action and any(q.kind.value == "files" for q in definition.questions),
            **kinds.context(definition, language),
        )


def _speaking(definition: Definition, language: str, say: Say) -> dict[str, Any]:
    """How templates say an author's texts: `t` as they are written, the others with their places filled."""

    def t(text: Text) -> str:
        return words(text, language, definition.default_language)

    return {
        "t": t,
        "told": lambda text: filled(t(text), say),
        "rich": lambda text: rich(text, say),
        "spots": lambda text: spots(t(text), say),
        "ends": lambda question: tuple(spots(end, say) for end in _ends(question, language, definition)),
    }


def _told(state: FormState) -> FormState:
    """The form with its problems in the language in use."""
    errors = {id: [kinds.said(one) for one in found] for id, found in state.errors.items()}
    return replace(state, errors=errors)


def render_message(
    heading: str,
    text: str,
    *,
    brand: Brand,
    language: str,
    more: str = "",
    about: str = "",
    link: tuple[str, str] | None = None,
    say: Say | None = None,
) -> str:
    """A page that says one thing. `heading` and `text` are in the language; `about` is the survey's path.

    `link` is a button's words and address; `say` fills the places of `text`.
    """
    with use(locale=language):
        return _render(
            "public/survey/message.html",
            heading=heading,
            words=text,
            more=more,
            about=about,
            link=link,
            rich=lambda text: rich(text, say),
            brand=brand,
            lang=language,
        )


def _render(template: str, **context: object) -> str:
    """Through the environment itself: Flask's context processors would open the session."""
    return current_app.jinja_env.get_template(template).render(**{"rich": rich, "assets": assets(), **context})


@dataclass(frozen=True, slots=True)
class Assets:
    """Addresses of the page's own files; they carry a checksum, so they may be kept for ever."""

    css: str
    js: str
    logic: str
    kinds_css: str
    kinds_js: str


@lru_cache(1)
def assets() -> Assets:
    """The files of a page in the tenant's brand."""
    names = ("survey.css", "survey.js", "logic.js", "kinds.css", "kinds.js")
    return Assets(*(static(f"survey/{name}") for name in names))


@lru_cache(8)
def static(path: str) -> str:
    """The address of a file below `static`, which changes with its content."""
    folder = current_app.static_folder or ""
    with open(f"{folder}/{path}", "rb") as file:
        return f"{current_app.static_url_path}/{path}?v={sha256(file.read()).hexdigest()[:10]}"


def _ends(question: Question, language: str, definition: Definition) -> tuple[str, str]:
    """What the lowest and the highest point mean, in the field's usual words where the author gave none."""
    usual = {
        "nps": (gettext("Not at all likely"), gettext("Extremely likely")),
        "csat": (gettext("Very dissatisfied"), gettext("Very satisfied")),
        "ces": (gettext("Strongly disagree"), gettext("Strongly agree")),
    }.get(question.type, ("", ""))
    default = definition.default_language
    low, high = (words(text, language, default) for text in (question.low_label, question.high_label))
    return low or usual[0], high or usual[1]
