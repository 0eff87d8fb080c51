"""Companies that might be one: of the same name without its legal form, or with the same website.

Names are no secret, so they are compared as they stand; what is read of the register is what its indexes of names
and of websites find. Two that somebody said are not the same stay away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from customers import companies, duplicates
from customers.decision_events import DuplicateDismissed
from customers.merge_errors import SameCompany
from customers.models import Company
from infra.events import record
from tenants import audit
from tenants.permissions import Actor

MOST_COMPARED = 200
FORMS = frozenset(
    (
        *("ab", "ag", "as", "bv", "co", "company", "corp", "corporation", "eg", "ek", "ev", "gbr", "gmbh", "inc"),
        *("kg", "limited", "llc", "llp", "ltd", "mbh", "nv", "og", "ohg", "oy", "plc", "sa", "sarl", "sas", "se"),
        *("sl", "spa", "srl", "ug", "und", "and", "et", "the"),
    )
)
"""Words of a name that say nothing about which company it is."""
LEADING = ("", *(f"{form} " for form in ("ag", "co", "eg", "gbr", "gmbh", "og", "sa", "sarl", "sas", "the")))
"""How names begin before what tells: "The Bean Co", "SARL Dupont"."""
ORIGINS = tuple(f"{scheme}://{www}" for scheme in ("https", "http") for www in ("", "www."))
NAME, WEBSITE = "name", "website"


@dataclass(frozen=True, slots=True)
class LikelyCompany:
    """A company that might be the same, and by what: `name`, `website`."""

    company: Company
    why: tuple[str, ...]


def likely(session: Session, company: Company, *, limit: int = 5) -> list[LikelyCompany]:
    """Those that might be the same, the oldest first."""
    away = {company.id, *duplicates.told_apart(session, company.id)}
    found = {each.id: each for each in (*_alike_named(session, company), *_alike_found(session, company))}
    alike = [LikelyCompany(found[each], _why(company, found[each])) for each in sorted(found) if each not in away]
    return [each for each in alike if each.why][:limit]


def dismiss(session: Session, one_id: UUID, other_id: UUID, *, by: Actor) -> None:
    """Notes that the two are not the same; they are not offered again. Twice does it once.

    Raises CompanyNotFound, SameCompany.
    """
    one, other = companies.get(session, one_id).id, companies.get(session, other_id).id
    if one == other:
        raise SameCompany()
    if duplicates.tell_apart(session, one, other, by=by):
        first, second = min(one, other), max(one, other)
        record(session, DuplicateDismissed(subject=first, other=second, about="company"))
        audit.record(session, "company_duplicate.dismissed", by=by, subject=first, other=second)


def words(name: str) -> list[str]:
    """The words of a name in small letters, without signs."""
    return "".join(letter if letter.isalnum() else " " for letter in name.lower()).split()


def core(name: str) -> str:
    """What is left of a name without its legal form, so that "Acme GmbH & Co. KG" and "ACME" are alike."""
    return " ".join(each for each in words(name) if each not in FORMS)


def host(website: str | None) -> str:
    """The host of a website without www."""
    return (urlsplit(website or "").hostname or "").removeprefix("www.")


def _why(one: Company, other: Company) -> tuple[str, ...]:
    same_name = bool(core(one.name)) and core(one.name) == core(other.name)
    same_website = bool(host(one.website)) and host(one.website) == host(other.website)
    return (*([NAME] if same_name else []), *([WEBSITE] if same_website else []))


def _alike_named(session: Session, company: Company) -> Sequence[Company]:
    """Those whose name begins with what tells in this one's, or with a legal form before it; the shortest first,
    because a longer one says more.
    """
    telling = core(company.name).split()  # letters and digits alone: nothing in it stands for something else
    alike, folded = "%".join((*telling, "")), func.lower(Company.name)
    return _shortest(session, Company.name, [folded.like(start + alike) for start in LEADING]) if telling else ()


def _alike_found(session: Session, company: Company) -> Sequence[Company]:
    name, folded = host(company.website), func.lower(Company.website)
    starts = [folded.startswith(origin + name, autoescape=True) for origin in ORIGINS]
    return _shortest(session, Company.website, starts) if name else ()


def _shortest(session: Session, column: Any, starts: Sequence[ColumnElement[bool]]) -> Sequence[Company]:
    query = select(Company).where(or_(*starts), Company.merged_into.is_(None))
    return session.scalars(query.order_by(func.length(column), Company.id).limit(MOST_COMPARED)).all()
