"""Notices of failed delivery that follow no standard: text that each server program words in its own way.

Their shape is alike all the same: words that say that mail came back, then each address on a line of its own with
the reason behind it (Lotus: before it), then the mail that came back. The words are known by program (`SHAPES`,
from the programs' sources and from the test data of flufl.bounce and sisimai); one reader serves all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from infra.mail import bounces
from infra.mail.inbound.hypertext import to_text
from infra.mail.inbound.mime import Headers, Part

READ_MOST = 60_000
"""Characters of the notice that are read."""
MOST_FAILURES = 20

SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(words, re.IGNORECASE))
    for name, words in (
        ("mail.ru", r"создано автоматически сервером mail\.ru"),
        ("1&1, GMX, web.de", r"--- the header of the original message is following\. ---"),
        ("qmail", r"hi\. this is the (?:qmail-send program|deliver program)|i wasn't able to deliver your message"),
        ("yahoo", r"sorry, we were unable to deliver your message to the following address"),
        ("exim", r"this message was created automatically by mail delivery software|mail delivery system at \S+"),
        ("t-online, smail", r"\|-+ failed addresses follow: -+\|"),
        ("sendmail", r"-{3,} the following addresses (?:had|have) (?:permanent|transient)|transcript of session"),
        ("lotus", r"-{3,} failure reasons\s+-{3,}|not listed in (?:the )?(?:domino directory|public name)"),
        ("exchange", r"did not reach (?:some or all of )?the (?:following|intended) recipient|RESOLVER\.ADR"),
        ("exchange", r"delivery has failed to these recipients|diagnostic information for administrators"),
        ("exchange", r"(?:die nachricht konnte|ihre nachricht) .{0,80}nicht (?:zugestellt|erreicht)"),
        ("gmail", r"delivery to the following recipients? (?:failed permanently|has been delayed)"),
        ("gmail", r"(?:message not delivered|address not found).{0,400}(?:the response (?:from|was))"),
        ("postfix", r"this is the (?:postfix|mail system)"),
        ("courier", r"undeliverable mail.{0,200}courier|your message to the following recipients? cannot be"),
        (
            "other",
            r"(?:could not|cannot|can't|was not|unable to) be delivered|delivery (?:has )?failed|undeliverable",
        ),
    )
)

_BACK = re.compile(
    r"^(?:-{2,}[ -]*(?:original message|returned message|this is a copy of (?:the|your) message|below this line|"
    r"enclosed is a copy|the header of the original|message header follows|unsent message|return(?:ed)? message)"
    r"|\|-+ message (?:text|header) follows|original message (?:headers|follows)|----+ ?weitergeleitet|"
    r"return-path: |received: (?:from|by) )",
    re.IGNORECASE | re.MULTILINE,
)
_FAILED = re.compile(
    r"^[ \t>*]{0,12}(?:to|an|recipient|empfänger|final-recipient: rfc822;)?:?[ \t]{0,8}"
    r"[<\"'(]?(?:mailto:)?(?P<address>[^\s<>()\"',;:@]{1,128}@[^\s<>()\"',;:@]{1,255}\.[a-z0-9-]{2,63})[>\"')]{0,2}"
    r"(?=\s|:|\.\.\.|$)(?P<rest>[^\n]{0,500})$",
    re.IGNORECASE | re.MULTILINE,
)
_MESSAGE_ID = re.compile(r"^[> \t]*(?:x-)?(?:original-)?message-id:\s*(<[^<>\s]{1,400}>)", re.IGNORECASE | re.M)
_DELAYED = re.compile(
    r"has been delayed|warning message only|will (?:continue to )?(?:be )?retr(?:y|ied)|still being retried|"
    r"not yet been delivered|noch nicht zugestellt|delivery (?:is )?delayed",
    re.IGNORECASE,
)
_FROM_MACHINE = re.compile(r"mailer-?daemon|postmaster|mail delivery (?:sub)?system|double-bounce", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Failure:
    """One address and what was said about it; `said` may hold addresses, `diagnostic` does not."""

    recipient: str
    status: str
    said: str
    diagnostic: str
    delayed: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice with its shape and the Message-IDs of what came back."""

    shape: str
    failures: tuple[Failure, ...]
    message_ids: tuple[str, ...]


def read(headers: Headers, parts: Sequence[Part], *, null_sender: bool) -> Notice | None:
    """The notice, None when the mail is none: who writes must be a machine, and it must say that mail failed."""
    failed_header = headers.get("x-failed-recipients")
    machine = null_sender or bool(failed_header) or _FROM_MACHINE.search(headers.words("from")) is not None
    text = _text(parts) if machine else ""
    shape = next((name for name, words in SHAPES if words.search(text)), "")
    if not shape:
        return None
    back = _BACK.search(text)
    told, returned = (text[: back.start()], text[back.start() :]) if back else (text, "")
    failures = _failures(told, _own(headers)) or _failures_of_header(failed_header, told)
    ids = _MESSAGE_ID.findall(returned) or _MESSAGE_ID.findall(text)
    return Notice(shape, tuple(failures[:MOST_FAILURES]), tuple(ids[:5])) if failures or ids else None


def _text(parts: Sequence[Part]) -> str:
    """All that is text, one part after the other; some put what came back into a part of its own."""
    texts = [
        to_text(part.text(READ_MOST)) if part.type == "text/html" else part.text(READ_MOST)
        for part in parts
        if part.type.startswith("text/")
    ]
    return "\n".join(texts)[:READ_MOST]


def _own(headers: Headers) -> set[str]:
    """Addresses that the notice itself carries are not what failed."""
    named = " ".join(headers.get(name) for name in ("to", "from", "cc", "delivered-to"))
    return {found.lower() for found in re.findall(r"[^\s<>,;\"]+@[^\s<>,;\"]+", named)}


def _failures(told: str, own: set[str]) -> list[Failure]:
    found = [each for each in _FAILED.finditer(told) if each["address"].lower() not in own]
    delayed = _DELAYED.search(told) is not None
    failures: dict[str, Failure] = {}
    for number, each in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(told)
        said = each["rest"].lstrip(":. ") + told[each.end() : end]
        if not said.strip():
            said = told[found[number - 1].end() if number else 0 : each.start()]
        address = each["address"].rstrip(".")
        before = failures.get(address.lower())
        if before is None or len(before.said) < 20:
            failures[address.lower()] = _failure(address, said[:4000], delayed=delayed)
    return list(failures.values())


def _failures_of_header(value: str, told: str) -> list[Failure]:
    """Exim and Gmail name them in a header of their own."""
    addresses = [each.strip() for each in value.split(",") if "@" in each]
    return [_failure(each, told[:4000], delayed=_DELAYED.search(told) is not None) for each in addresses]


def _failure(address: str, said: str, *, delayed: bool) -> Failure:
    return Failure(address, bounces.status_in(said), said, bounces.without_addresses(_telling(said)), delayed)


def _telling(said: str) -> str:
    """From the line with the server's code on, else all of it."""
    found = re.search(r"[^\n]*(?:\b[45]\d\d[ \-]|\b[45]\.\d{1,3}\.\d{1,3}\b)", said)
    return said[found.start() :] if found else said
