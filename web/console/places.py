"""Where things are in the console: the rail, the person's own menu, and the keys, each as one list.

A new section of the console is one line in PLACES: it then stands in the rail, under its key, and in the list of
keys. What a person may not do is not shown; the policy in `web/surfaces.py` decides, this list only asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask, request

from infra.i18n import N_
from web.auth import may
from web.console.settings.menu import MENU, first_section, settings_menu

SETTINGS = "console.settings"
CUSTOMERS = "console.customers."
BESIDE = {
    "console.surveys.": ("console.invitations.",),
    CUSTOMERS: (
        *("console.imports.", "console.duplicates.", "console.company_merges."),
        *("console.writing.", "console.survey_link."),
    ),
}
"""Pages of a section that have blueprints of their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """A section of the console. `key` is the letter that follows `g`; its pages begin with `prefix`."""

    label: str
    endpoint: str
    permission: str
    key: str
    prefix: str
    go: str
    """What the list of keys says."""


@dataclass(frozen=True, slots=True)
class Own:
    """A page about the one who is signed in; everybody has it."""

    label: str
    endpoint: str


PLACES: tuple[Place, ...] = (
    Place(N_("Home"), "console.home.index", "console.read", "h", "console.home.", N_("go to Home")),
    Place(N_("Surveys"), "console.surveys.index", "surveys.read", "s", "console.surveys.", N_("go to Surveys")),
    Place(
        N_("Customers"),
        "console.customers.index",
        "customers.read",
        "c",
        "console.customers.",
        N_("go to Customers"),
    ),
    Place(N_("Tasks"), "console.tasks.index", "customers.read", "t", "console.tasks.", N_("go to Tasks")),
)
"""In the order of the rail; Settings stands last and leads to the first section that one may open."""

OWN: tuple[Own, ...] = (
    Own(N_("Your profile"), "console.profile.index"),
    Own(N_("Sign-in and security"), "console.security.index"),
    Own(N_("Help"), "console.home.guide"),
)
"""The person's menu, above "Sign out"."""

LOG = "c"
"""The key of the link in the bar, which carries it as `data-press`."""
WRITE = "w"
"""The same of the link on pages of one customer."""

KEYS: tuple[tuple[str, str], ...] = (
    ("/", N_("search")),
    (LOG, N_("log contact")),
    (WRITE, N_("write to the customer who is shown")),
    ("?", N_("this list")),
    ("Esc", N_("close what is open")),
)


NEEDED = {LOG: "customers.edit", WRITE: "contacts.write"}
"""The permissions without which a key does nothing."""


def places() -> Iterator[Place]:
    """The rail of the one who looks."""
    yield from (place for place in PLACES if may(place.permission))
    if (section := first_section()) is not None:
        yield Place(N_("Settings"), section.endpoint, section.permission, "e", SETTINGS, N_("go to Settings"))


def keys() -> Iterator[tuple[list[str], str]]:
    """Every key with what it does, for the list under `?`."""
    yield from (([key], words) for key, words in KEYS[:1])
    yield from ((["g", place.key], place.go) for place in places())
    yield from (([key], words) for key, words in KEYS[1:] if may(NEEDED.get(key, "")))


def this_page() -> str:
    """The address of the page that is shown; of Home, when a form was the way here."""
    return request.full_path.removesuffix("?") if request.method == "GET" else "/console/"


def is_here(prefix: str) -> bool:
    """Whether the page that is shown belongs to a place."""
    here = request.endpoint or ""
    return here.startswith((prefix, *BESIDE.get(prefix, ())))


def register(app: Flask) -> None:
    """Hands the lists to the templates."""
    app.jinja_env.globals.update(
        console_places=places,
        own_places=OWN,
        console_keys=keys,
        is_here=is_here,
        this_page=this_page,
        settings_menu=settings_menu,
        settings_endpoints=frozenset(section.endpoint for section in MENU),
    )
