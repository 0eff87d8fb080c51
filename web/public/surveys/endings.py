"""What somebody reads at the end: the words of the ending they came to, or thanks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response

from infra.i18n import N_, gettext, use
from surveys.definition import Definition, Ending, Text, words
from surveys.definition.tokens import TOKEN, Token
from surveys.logic import Path
from surveys.logic.piping import Say, filled, sayer
from web.public.surveys.live import Version
from web.public.surveys.pages import render_message
from web.public.surveys.visits import Visited, html

THANKS = N_("Thank you")
THANKS_WORDS = N_("Your answers have arrived.")
MAY_CLOSE = N_("You can close this page now.")
WITHOUT_NAME = N_("Your link could not be checked, so your answers are stored without your name.")
GO_ON = N_("Continue")
UNRESERVED = "-._~"


@dataclass(frozen=True, slots=True)
class Farewell:
    """The last page: a heading, words, and perhaps a button that leads on, at once where `redirect` says so.

    Places in `text` are filled where it becomes HTML, so that nobody's words turn into links.
    """

    heading: str
    text: str
    say: Say
    button: str = ""
    url: str = ""
    redirect: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Where somebody's answers led, and the answers as they were sent."""

    path: Path
    raw: Mapping[str, Any]


def last_page(
    visited: Visited,
    version: Version,
    language: str,
    ending: Ending | None,
    told: Told | None = None,
    nameless: bool = False,
) -> Response:
    """The page after everything. A browser leaves it by itself where the ending wants that."""
    with use(locale=language):
        page = farewell(version.compiled.definition, ending, language, told)
        more = "" if page.url else gettext(MAY_CLOSE)
        if nameless:
            more = f"{gettext(WITHOUT_NAME)} {more}".strip()
        text = render_message(
            page.heading,
            page.text,
            brand=visited.brand,
            language=language,
            more=more,
            say=page.say,
            about=f"/s/{visited.address}",
            link=(page.button, page.url) if page.url else None,
        )
    answer = html(text)
    if page.redirect and page.url:
        answer.headers["Refresh"] = f"0;url={page.url}"
    return answer


def find_ending(definition: Definition, ending_id: str | None) -> Ending | None:
    """The ending of that id."""
    return next((ending for ending in definition.endings if ending.id == ending_id), None)


def needs_answers(definition: Definition, ending: Ending | None) -> bool:
    """Whether the last page says something of the answers, so that it cannot be a page for everybody."""
    texts = [definition.thanks] if ending is None else [ending.title, ending.text, ending.button, {"": ending.url}]
    return any(TOKEN.search(said) for text in texts for said in text.values())


def farewell(definition: Definition, ending: Ending | None, language: str, told: Told | None = None) -> Farewell:
    """The last page in the language in use. Where nothing was told, its places hold their fall-backs."""
    say = _nothing if told is None else sayer(told.path.definition, told.path.state, told.raw)

    def t(text: Text) -> str:
        return words(text, language, definition.default_language)

    if ending is None:
        return Farewell(gettext(THANKS), t(definition.thanks) or gettext(THANKS_WORDS), say)
    heading = filled(t(ending.title), say) or gettext(THANKS)
    button = filled(t(ending.button), say) or gettext(GO_ON)
    return Farewell(heading, t(ending.text), say, button, _address(ending.url, say), ending.redirect)


def _address(url: str, say: Say) -> str:
    """The address with its places filled; what is filled in cannot become another part of it (RFC 3986, 2.1)."""
    return TOKEN.sub(lambda found: quote(say(token := Token.of(found)) or token.otherwise, UNRESERVED), url)


def _nothing(token: Token) -> str:
    return ""
