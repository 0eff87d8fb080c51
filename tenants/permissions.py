"""Who may do what: roles on one side, verbs on nouns on the other. Pages and API ask the same table."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from infra.errors import Forbidden

OWNER, ADMIN, EDITOR, ANALYST, VIEWER = "owner", "admin", "editor", "analyst", "viewer"

ROLES: tuple[str, ...] = (OWNER, ADMIN, EDITOR, ANALYST, VIEWER)
"""Strongest first."""

_ALL = frozenset(ROLES)
_WRITERS = frozenset({OWNER, ADMIN, EDITOR})
_ADMINS = frozenset({OWNER, ADMIN})

PERMISSIONS: dict[str, frozenset[str]] = {
    "console.read": _ALL,
    "surveys.read": _ALL,
    "surveys.edit": _WRITERS,
    "surveys.publish": _WRITERS,
    "surveys.delete": _ADMINS,
    "results.read": _ALL,
    "responses.read": frozenset({OWNER, ADMIN, EDITOR, ANALYST}),
    "responses.export": frozenset({OWNER, ADMIN, ANALYST}),
    "responses.create": _WRITERS,
    "brand.edit": _WRITERS,
    "settings.edit": _ADMINS,
    "api_keys.manage": _ADMINS,
    "staff.manage": _ADMINS,
}

SCOPES: tuple[str, ...] = (
    "surveys.read",
    "surveys.edit",
    "surveys.publish",
    "surveys.delete",
    "responses.read",
    "responses.create",
    "results.read",
)
"""What an API key can be given; always a subset of PERMISSIONS."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts: a staff member, an API key, or the product itself. Only ids, so that it can be recorded."""

    kind: Literal["staff", "api_key", "system"]
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


def of_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """The permissions an API key's scopes give; what is no scope gives nothing."""
    return frozenset(scopes) & frozenset(SCOPES)
