"""Search in the header: customers and companies, surveys by name, answers by their id, colleagues by their exact
address, work, and pages.

What can be found is a line in SOURCES: what it is called, who may find it, and how. A source asks few questions,
and none when the words cannot mean anything to it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import select

from customers import companies, people
from customers import search as customer_search
from customers.companies import CompanyFilters
from customers.people import PeopleFilters
from infra import long_jobs
from infra.i18n import N_, format_moment, gettext
from surveys import surveys
from surveys.models import Response, Survey
from tenants import staff
from web import tenancy
from web.auth import may
from web.console import jobs
from web.console.customers import frame
from web.console.places import OWN, PLACES
from web.console.settings.menu import MENU

blueprint = Blueprint("search", __name__)

MOST = 5
"""Hits of one source."""
LONGEST = 120
"""Letters of what is looked for; nothing that can be found is called longer."""
WORK_SOUGHT = 50
"""The newest pieces of my long work among which is looked."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found, and where it is."""

    title: str
    href: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One sort of thing that can be found."""

    label: str
    permission: str
    find: Callable[[str], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Known:
    """A page that is found by its name, or by words that people use for what is there."""

    label: str
    endpoint: str
    permission: str
    words: str = ""


@blueprint.get("/search")
def index() -> str:
    """Everything that fits, in groups; for the box in the header only the part that it shows."""
    words = asked(request.args.get("q", ""))
    found = list(groups(words)) if words else []
    inside = request.headers.get("HX-Target") == "search-hits"
    page = "console/search/_hits.html" if inside else "console/search/index.html"
    return render_template(page, words=words, groups=found)


def asked(typed: str) -> str:
    """What was typed as one line without control characters, cut to what can be found."""
    clean = "".join(letter if letter.isprintable() else " " for letter in typed[: 10 * LONGEST])
    return " ".join(clean.split())[:LONGEST]


def groups(words: str) -> Iterator[tuple[str, Sequence[Hit]]]:
    """The hits of each source that the one who looks may search; sources without any are left out."""
    for source in SOURCES:
        if may(source.permission):
            hits = list(source.find(words))[:MOST]
            if hits:
                yield source.label, hits


def _customers(words: str) -> Iterator[Hit]:
    """By the beginnings of the words of a name, by address, number or external id."""
    session = tenancy.session()
    fitting = PeopleFilters(search=customer_search.asked(session, words))
    for person in people.list_people(session, fitting, limit=MOST).items:
        identity, name = person.identity, people.display_name(person)
        about = next((each for each in (identity.email, identity.phone) if each and each != name), "")
        yield Hit(name, url_for("console.customers.person", person_id=person.id), about)


def _companies(words: str) -> Iterator[Hit]:
    fitting = CompanyFilters(search=words)
    for company in companies.list_companies(tenancy.session(), fitting, limit=MOST).items:
        yield Hit(company.name, url_for("console.customers.company", company_id=company.id))


def _surveys(words: str) -> Iterator[Hit]:
    for survey in surveys.list_surveys(tenancy.session(), search=words, limit=MOST).items:
        shown = "results" if survey.live_version_id or survey.withdrawn_at else "share"
        yield Hit(survey.name, url_for(f"console.surveys.{shown}", survey_id=survey.id), f"/s/{survey.address}")


def _answers(words: str) -> Iterator[Hit]:
    if (response_id := _id(words)) is None:
        return
    query = select(Response, Survey).join(Survey, Survey.id == Response.survey_id).where(Response.id == response_id)
    for response, survey in tenancy.session().execute(query):
        at = url_for("console.surveys.response", survey_id=survey.id, response_id=response.id)
        yield Hit(gettext("Answer to “%(name)s”", name=survey.name), at, format_moment(response.started_at))


def _colleagues(words: str) -> Iterator[Hit]:
    member = staff.find_by_email(tenancy.session(), words) if "@" in words else None
    if member is not None:
        yield Hit(member.name, url_for("console.settings.person", member_id=member.id), member.email)


def _work(words: str) -> Iterator[Hit]:
    who = tenancy.actor()
    if who.id is None:
        return
    wanted = _id(words)
    for row in long_jobs.list_long_jobs(tenancy.session(), by=who.id, after=None, limit=WORK_SOUGHT):
        shown = jobs.shown(row)
        if row.id == wanted or _fits(words, shown.label):
            yield Hit(shown.label, url_for("console.jobs.job", job_id=row.id), format_moment(row.created_at))


def _pages(words: str) -> Iterator[Hit]:
    for page in known():
        names = (page.label, gettext(page.label), page.words, gettext(page.words) if page.words else "")
        if may(page.permission) and _begin(words, *names):
            yield Hit(gettext(page.label), url_for(page.endpoint))


def known() -> Iterator[Known]:
    """The pages of the rail, of Customers, of Settings, of the person's menu, and a few more."""
    yield from PAGES
    yield from (Known(place.label, place.endpoint, place.permission) for place in PLACES)
    for tab in frame.SECTIONS[1:]:
        yield Known(tab.label, tab.endpoint, tab.permission, WORDS.get(tab.endpoint, ""))
    for section in MENU:
        yield Known(section.label, section.endpoint, section.permission, WORDS.get(section.name, ""))
    yield from (Known(own.label, own.endpoint, "console.read", WORDS.get(own.endpoint, "")) for own in OWN)


# fmt: off
SOURCES: tuple[Source, ...] = (
    Source(N_("Customers"), "customers.read", _customers),
    Source(N_("Companies"), "customers.read", _companies),
    Source(N_("Surveys"), "surveys.read", _surveys),
    Source(N_("Answers"), "responses.read", _answers),
    Source(N_("Colleagues"), "staff.read", _colleagues),
    Source(N_("Pages"), "console.read", _pages),
    Source(N_("Background work"), "console.read", _work),
)
"""In the order in which they are shown."""

PAGES: tuple[Known, ...] = (
    Known(N_("New survey"), "console.surveys.gallery", "surveys.edit", N_("template create make questionnaire")),
    Known(N_("Add customer"), "console.customers.new", "customers.edit", N_("person contact create make")),
    Known(N_("Invite colleague"), "console.settings.invitation", "staff.manage", N_("add person staff team user")),
    Known(N_("Leave workspace"), "console.profile.leaving", "console.read", N_("quit close delete account")),
    Known(N_("Hand over the workspace"), "console.settings.ownership_page", "workspace.transfer", N_("owner")),
    Known(N_("Low answers"), "console.home.low_answers", "responses.read", N_("unhappy detractor complaint bad")),
    Known(N_("Background work"), "console.jobs.index", "console.read", N_("export download file job")),
)

WORDS: dict[str, str] = {
    "console.customers.company_list": N_("business organisation account"),
    "console.imports.import_list": N_("upload CSV XLSX Excel file"),
    "console.duplicates.pairs": N_("merge same twice"),
    "console.customers.segment_list": N_("group list audience rule"),
    "console.customers.mails.unknown": N_("inbox received unknown sender attachment"),
    "console.customers.contacts": N_("sent refused e-mail history"),
    "brand": N_("logo colour font look"),
    "languages": N_("language time zone translation"),
    "domains": N_("address host DNS website"),
    "portal": N_("portal sign-in OpenID Google Microsoft welcome"),
    "attributes": N_("field property custom"),
    "purposes_list": N_("consent wording newsletter preferences subscription"),
    "contact_rules": N_("quiet hours budget frequency consent age"),
    "suppressions": N_("unsubscribe bounce blocked complaint"),
    "senders": N_("e-mail SPF DKIM DMARC reply"),
    "outgoing": N_("e-mail failed refused send again"),
    "people_list": N_("invite colleague staff team role user"),
    "security": N_("second factor password two-factor"),
    "api_keys": N_("token program interface integration"),
    "webhooks": N_("event endpoint integration program"),
    "audit_log": N_("log history who did what record"),
    "console.profile.index": N_("name e-mail password language time zone"),
    "console.security.index": N_("password second factor sessions sign out devices"),
}
"""What people call what stands on a page, by the section of Settings or the endpoint."""
# fmt: on


def _fits(words: str, *names: str) -> bool:
    """Whether each word is in one of the names, in whatever case."""
    text = " ".join(names).casefold()
    return all(word in text for word in words.casefold().split())


def _begin(words: str, *names: str) -> bool:
    """Whether each word begins one of the names' words: whoever types "re" does not mean an "address"."""
    known = " ".join(names).casefold().replace("-", " ").split()
    return all(any(each.startswith(word) for each in known) for word in words.casefold().replace("-", " ").split())


def _id(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
