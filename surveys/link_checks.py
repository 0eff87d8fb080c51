"""Links in what a survey says, judged before customers see it.

A young workspace could be anybody's. Until it has a history its texts may not lead to places that hide where they
are, not in titles, and not to many sites; links that pretend to be others nobody may use whom no operator trusts.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.hostnames import registrable, within
from infra.link_rules import Link, links_in
from surveys.definition import Definition
from surveys.definition.model import Text
from surveys.models import Response
from surveys.wording import N_, Sentence
from tenants import branding
from tenants.models import Domain, StaffMember

Mode = Literal["refuse", "hold", "off"]
Standing = Literal["trusted", "proven", "new"]

YOUNG = timedelta(days=14)
ANSWERS = 20
"""A workspace that is this old and has this many finished answers has a history."""
MOST_SITES = 3

SHORTENED = N_("%(host)s hides where the link leads. Write the whole address instead.")
IS_ADDRESS = N_("%(host)s is a network address. Write the name of the site instead.")
LOOKALIKE = N_("%(host)s is written so that it looks like another name. Leave this link out.")
HIDDEN = N_("This link pretends to lead elsewhere than to %(host)s. Leave out what stands before the @.")
IN_TITLE = N_("A title holds no link. Move the one to %(host)s into a text.")
TOO_MANY = N_("A new workspace may lead to at most 3 other sites. Leave out the link to %(host)s.")

_mode: Mode = "refuse"


def configure(mode: str) -> None:
    """Called once by the composition root with the setting `link_rules`."""
    global _mode
    _mode = mode if mode in ("hold", "off") else "refuse"  # type: ignore[assignment]


def mode() -> Mode:
    """What becomes of a survey whose links are refused."""
    return _mode


def problems(session: Session, definition: Definition) -> dict[str, list[str]]:
    """What stands against the links of a survey, by JSON pointer; empty when nothing does."""
    texts = [(pointer, links) for pointer, text in texts_of(definition) if (links := links_in(text))]
    if _mode == "off" or not texts:
        return {}
    standing = standing_of(session)
    if standing == "trusted":
        return {}
    passes = _passing(session)
    found: dict[str, list[str]] = {}
    sites: set[str] = set()
    for pointer, links in texts:
        for link in links:
            if any(within(link.host, host) for host in passes):
                continue
            sites.add(registrable(link.host) or link.host)
            problem = _problem(pointer, link, standing, len(sites))
            if problem is not None:
                found.setdefault(pointer, []).append(problem)
    return found


def hosts_at_fault(session: Session, definition: Definition) -> list[str]:
    """The hosts that an operator would have to let pass."""
    refused = problems(session, definition)
    return sorted(
        {link.host for pointer, text in texts_of(definition) if pointer in refused for link in links_in(text)}
    )


def standing_of(session: Session) -> Standing:
    """What the workspace's history says for it."""
    if branding.get_settings(session).trusted:
        return "trusted"
    since = session.scalar(select(func.min(StaffMember.created_at)))
    if since is None or since > now() - YOUNG:
        return "new"
    some = select(Response.id).where(Response.state == "finished").limit(ANSWERS).subquery()
    return "proven" if (session.scalar(select(func.count()).select_from(some)) or 0) >= ANSWERS else "new"


def texts_of(definition: Definition) -> Iterator[tuple[str, str]]:
    """Everything that customers read, with its JSON pointer."""
    yield from _each("/title", definition.title)
    yield from _each("/thanks", definition.thanks)
    for e, ending in enumerate(definition.endings):
        yield from _each(f"/endings/{e}/title", ending.title)
        yield from _each(f"/endings/{e}/text", ending.text)
        yield from _each(f"/endings/{e}/button", ending.button)
        yield f"/endings/{e}/url", ending.url
    for b, block in enumerate(definition.blocks):
        yield from _each(f"/blocks/{b}/title", block.title)
        for q, question in enumerate(block.questions):
            at = f"/blocks/{b}/questions/{q}"
            yield from _each(f"{at}/text", question.text)
            yield from _each(f"{at}/help", question.help)
            for said in question.kind.texts(question):
                yield from _each(at + said.pointer, said.text)


def _each(pointer: str, text: Text) -> Iterator[tuple[str, str]]:
    for language, words in text.items():
        yield f"{pointer}/{language}", words


def _passing(session: Session) -> list[str]:
    """The workspace's own proved domains with everything beside them, and what operators let pass."""
    own = session.scalars(select(Domain.host).where(Domain.verified_at.is_not(None), Domain.removed_at.is_(None)))
    return [*(registrable(host) or host for host in own), *branding.get_settings(session).allowed_hosts]


def _problem(pointer: str, link: Link, standing: Standing, sites: int) -> Sentence | None:
    always = {"address": IS_ADDRESS, "lookalike": LOOKALIKE, "hidden": HIDDEN}.get(link.kind)
    if always:
        return Sentence(always, host=link.host)
    if standing != "new":
        return None
    if link.kind == "shortener":
        return Sentence(SHORTENED, host=link.host)
    if "/title/" in pointer:
        return Sentence(IN_TITLE, host=link.host)
    return Sentence(TOO_MANY, host=link.host) if sites > MOST_SITES else None
