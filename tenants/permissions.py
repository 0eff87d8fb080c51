"""Who may do what: roles on one side, verbs on nouns on the other. Pages and API ask the same table."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from infra.errors import Forbidden
from infra.i18n import N_

OWNER, ADMIN, EDITOR, ANALYST, VIEWER = "owner", "admin", "editor", "analyst", "viewer"

ROLES: tuple[str, ...] = (OWNER, ADMIN, EDITOR, ANALYST, VIEWER)
"""Strongest first."""

_ALL = frozenset(ROLES)
_WRITERS = frozenset({OWNER, ADMIN, EDITOR})
_READERS = frozenset({OWNER, ADMIN, EDITOR, ANALYST})
_ANALYSTS = frozenset({OWNER, ADMIN, ANALYST})
_ADMINS = frozenset({OWNER, ADMIN})
_OWNER = frozenset({OWNER})


@dataclass(frozen=True, slots=True)
class Permission:
    """One line of the table: a verb on a noun, the roles that hold it, and what it lets them do, in words."""

    name: str
    roles: frozenset[str]
    words: str


# fmt: off
TABLE: tuple[Permission, ...] = (
    Permission("console.read",       _ALL,      N_("Sign in and see Home")),
    Permission("profile.edit",       _ALL,      N_("Keep their own profile and password")),
    Permission("surveys.read",       _ALL,      N_("See surveys and their previews")),
    Permission("surveys.edit",       _WRITERS,  N_("Make, change and archive surveys")),
    Permission("surveys.publish",    _WRITERS,  N_("Publish and close surveys")),
    Permission("surveys.delete",     _ADMINS,   N_("Delete surveys with all their answers")),
    Permission("results.read",       _ALL,      N_("See results: scores, charts and counts")),
    Permission("responses.read",     _READERS,  N_("Read single answers and their words")),
    Permission("responses.export",   _ANALYSTS, N_("Export answers")),
    Permission("responses.create",   _WRITERS,  N_("Send answers from programs")),
    Permission("customers.read",     _READERS,  N_("See customers and companies")),
    Permission("customers.edit",     _WRITERS,  N_("Add and change customers and companies")),
    Permission("customers.delete",   _ADMINS,   N_("Change and delete what others wrote about customers")),
    Permission("tasks.edit",         _WRITERS,  N_("Work on tasks for customers")),
    Permission("customers.export",   _ANALYSTS, N_("Export customers")),
    Permission("customers.import",   _WRITERS,  N_("Import customers from files, and undo it")),
    Permission("customers.merge",    _WRITERS,  N_("Merge customers who are the same, and undo it")),
    Permission("segments.edit",      _WRITERS,  N_("Make, change and delete segments of customers")),
    Permission("attributes.edit",    _ADMINS,   N_("Say what is known about customers and companies")),
    Permission("contacts.write",     _WRITERS,  N_("Write to customers")),
    Permission("contacts.manage",    _ADMINS,   N_("Set contact rules, topics and addresses not written to")),
    Permission("brand.edit",         _WRITERS,  N_("Change colour, type and logo")),
    Permission("settings.edit",      _ADMINS,   N_("Change languages and the time zone of the workspace")),
    Permission("api_keys.manage",    _ADMINS,   N_("Make and revoke API keys")),
    Permission("webhooks.read",      _ADMINS,   N_("See webhooks and what was sent to them")),
    Permission("webhooks.manage",    _ADMINS,   N_("Make, change, pause and delete webhooks, and send again")),
    Permission("domains.manage",     _ADMINS,   N_("Connect the workspace to domains of its own")),
    Permission("providers.manage",   _ADMINS,   N_("Choose the providers that customers can sign in with")),
    Permission("audit.read",         _ADMINS,   N_("Read the audit log")),
    Permission("audit.export",       _ADMINS,   N_("Export the audit log")),
    Permission("jobs.manage",        _ADMINS,  N_("See and cancel the background work of everybody")),
    Permission("diagnostics.read",   _ADMINS,   N_("See how mails, events and long work stand")),
    Permission("mail.manage",        _ADMINS,   N_("Decide about mail: domains, unknown senders, outcomes")),
    Permission("support.grant",      _ADMINS,   N_("Let the vendor's support in, and end it")),
    Permission("staff.read",         _ALL,      N_("See who works here and what each role may do")),
    Permission("staff.manage",       _ADMINS,   N_("Invite and remove colleagues and change their roles")),
    Permission("security.manage",    _ADMINS,   N_("Ask everybody for a second factor, and reset a colleague's")),
    Permission("workspace.transfer", _OWNER,    N_("Hand the workspace over to another owner")),
)
"""Who may do what, on one screen. A new permission is a new line; its words stand on the page about roles."""
# fmt: on

PERMISSIONS: dict[str, frozenset[str]] = {line.name: line.roles for line in TABLE}
"""Permission to the roles that hold it."""

GIVES: dict[str, frozenset[str]] = {
    OWNER: frozenset({ADMIN, EDITOR, ANALYST, VIEWER}),
    ADMIN: frozenset({ADMIN, EDITOR, ANALYST, VIEWER}),
}
"""Which roles one may give to others and take from them. Nobody gives more than they hold; the owner's role is
handed over (`tenants.ownership`), never given, because a workspace has exactly one owner."""

SCOPES: tuple[str, ...] = (
    "surveys.read",
    "surveys.edit",
    "surveys.publish",
    "surveys.delete",
    "responses.read",
    "responses.create",
    "results.read",
    "webhooks.read",
    "webhooks.manage",
    "customers.read",
    "customers.edit",
    "customers.merge",
    "customers.delete",
    "customers.import",
    "customers.export",
    "contacts.write",
    "contacts.manage",
    "tasks.edit",
    "segments.edit",
    "attributes.edit",
    "mail.manage",
)
"""What an API key can be given; always a subset of PERMISSIONS."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, only by id, so that it can be recorded.

    A staff member, an API key, an operator of the platform, an operator whom the tenant let in for support, a
    customer of the tenant, or the product itself.
    """

    kind: Literal["staff", "api_key", "operator", "support", "system", "person"]
    id: UUID | None
    permissions: frozenset[str] = field(default_factory=frozenset)

    def may(self, permission: str) -> bool:
        """Whether the permission is held; the empty one always is."""
        return not permission or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises Forbidden when the permission is not held."""
        if not self.may(permission):
            raise Forbidden()


SYSTEM = Actor("system", None)


def of_role(role: str) -> frozenset[str]:
    """All permissions of a role; none for an unknown one."""
    return frozenset(permission for permission, roles in PERMISSIONS.items() if role in roles)


def may_give(giver: str, role: str) -> bool:
    """Whether somebody with the role `giver` may make somebody else a `role`, or take it from them."""
    return role in GIVES.get(giver, frozenset())


def of_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """The permissions an API key's scopes give; what is no scope gives nothing."""
    return frozenset(scopes) & frozenset(SCOPES)
