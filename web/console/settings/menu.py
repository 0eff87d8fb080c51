"""The sections of Settings, one line each; the frame in `layouts/settings.html` draws them.

A new section is one line here. Its page extends the layout and sets `here` when its endpoint is not the section's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from infra.i18n import N_
from web.auth import may

WORKSPACE, PEOPLE, CONNECTIONS, RECORDS = N_("Workspace"), N_("People"), N_("Connections"), N_("Records")

GROUPS: tuple[str, ...] = (WORKSPACE, PEOPLE, CONNECTIONS, RECORDS)
"""In the order they are shown; the lines of MENU may stand in any."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of Settings. `name` is the last part of its endpoint, and what a page sets `here` to."""

    label: str
    endpoint: str
    permission: str
    group: str

    @property
    def name(self) -> str:
        """How a page says that it belongs here."""
        return self.endpoint.rpartition(".")[2]


MENU: tuple[Section, ...] = (
    Section(N_("Brand"), "console.settings.brand", "brand.edit", WORKSPACE),
    Section(N_("Languages and time zone"), "console.settings.languages", "settings.edit", WORKSPACE),
    Section(N_("Domains"), "console.settings.domains", "domains.manage", WORKSPACE),
    Section(N_("Customer pages"), "console.settings.portal", "settings.edit", WORKSPACE),
    Section(N_("Customer attributes"), "console.settings.attributes", "attributes.edit", WORKSPACE),
    Section(N_("Purposes and topics"), "console.settings.purposes_list", "contacts.manage", WORKSPACE),
    Section(N_("Contact rules"), "console.settings.contact_rules", "contacts.manage", WORKSPACE),
    Section(N_("Addresses not written to"), "console.settings.suppressions", "contacts.manage", WORKSPACE),
    Section(N_("People"), "console.settings.people_list", "staff.read", PEOPLE),
    Section(N_("Security"), "console.settings.security", "security.manage", PEOPLE),
    Section(N_("Sender domains"), "console.settings.senders", "mail.manage", CONNECTIONS),
    Section(N_("Mail in doubt"), "console.settings.outgoing", "mail.manage", RECORDS),
    Section(N_("API keys"), "console.settings.api_keys", "api_keys.manage", CONNECTIONS),
    Section(N_("Webhooks"), "console.settings.webhooks", "webhooks.read", CONNECTIONS),
    Section(N_("Audit log"), "console.settings.audit_log", "audit.read", RECORDS),
    Section(N_("Support access"), "console.settings.support", "support.grant", RECORDS),
    Section(N_("Diagnostics"), "console.settings.diagnostics", "diagnostics.read", RECORDS),
)


def settings_menu() -> Iterator[tuple[str, list[Section]]]:
    """The groups with the sections that the one who looks may open; empty groups are left out."""
    mine = sorted((each for each in MENU if may(each.permission)), key=lambda each: GROUPS.index(each.group))
    yield from ((group, list(found)) for group, found in groupby(mine, key=lambda each: each.group))


def first_section() -> Section | None:
    """Where "Settings" leads; None for whom no section is open."""
    return next((sections[0] for _, sections in settings_menu()), None)
