"""What somebody may write into a mail to one customer: plain words, of which paragraphs and links are made."""

import re
import unicodedata

from markupsafe import Markup, escape

from customers import words
from customers.values import Unfit
from customers.writing_errors import MessageInvalid
from infra.i18n import N_
from infra.link_rules import links_in
from infra.sentences import Sentence

LONGEST_SUBJECT, LONGEST_TEXT = 200, 20_000

ONE_LINE = N_("A subject is one line. Leave out line breaks and control characters.")
NOT_HTTPS = N_("Begin links with https://. This one begins with %(scheme)s")
IS_ADDRESS = N_("%(host)s is a network address. Write the name of the site instead.")
LOOKALIKE = N_("%(host)s is written so that it looks like another name. Leave this link out.")
HIDDEN = N_("This link pretends to lead elsewhere than to %(host)s. Leave out what stands before the @.")
_AGAINST = {"address": IS_ADDRESS, "lookalike": LOOKALIKE, "hidden": HIDDEN}

_SCHEME = re.compile(r"\b([a-z][a-z0-9+.-]{1,20}:[/\\]{2,})", re.IGNORECASE)
_LINK = re.compile(r"https://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}]", re.IGNORECASE)
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what follows, so that an address reads as another one."""
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


def check(subject: str, text: str, *, required: bool = True, longest: int = LONGEST_TEXT) -> tuple[str, str]:
    """Both as they are stored. Raises MessageInvalid with every problem at once."""
    problems: dict[str, list[str]] = {}
    done = {"subject": "", "text": ""}
    for name, typed in (("subject", subject), ("text", text)):
        try:
            done[name] = (
                _subject(typed, required) if name == "subject" else words.text(typed, longest, required=required)
            )
        except Unfit as unfit:
            problems[name] = [unfit.sentence]
            continue
        found = _links(done[name])
        if found:
            problems[name] = found
    if problems:
        raise MessageInvalid(problems=problems)
    return done["subject"], done["text"]


def html(text: str) -> Markup:
    """Paragraphs, lines and links; everything else is escaped."""
    paragraphs = (_lines(each) for each in _PARAGRAPHS.split(text))
    return Markup("").join(
        Markup('<p style="margin: 0 0 16px 0" dir="auto">{}</p>').format(each) for each in paragraphs
    )


def _subject(typed: str, required: bool) -> str:
    plain = unicodedata.normalize("NFC", typed).strip()
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in plain):
        raise Unfit(ONE_LINE)
    straight = "".join(each for each in plain if each not in _TURNING)
    return words.text(straight, LONGEST_SUBJECT, required=required)


def _links(text: str) -> list[str]:
    """What stands against the links of a text, each sentence once."""
    schemes = [match[1].lower() for match in _SCHEME.finditer(text)]
    found = [Sentence(NOT_HTTPS, scheme=scheme) for scheme in schemes if scheme != "https://"]
    judged = ((_AGAINST.get(link.kind), link.host) for link in links_in(text))
    found += [Sentence(sentence, host=host) for sentence, host in judged if sentence is not None]
    return list(dict.fromkeys(found))


def _lines(paragraph: str) -> Markup:
    return Markup("<br>\n").join(_linked(line) for line in paragraph.split("\n"))


def _linked(line: str) -> Markup:
    done, at = Markup(""), 0
    for match in _LINK.finditer(line):
        done += escape(line[at : match.start()]) + Markup('<a href="{0}">{0}</a>').format(match[0])
        at = match.end()
    return done + escape(line[at:])
