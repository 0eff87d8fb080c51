"""Workspace addresses: the part before the platform's domain."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.i18n import N_
from tenants.models import Tenant

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])")
RESERVED = frozenset(
    [
        "about",
        "account",
        "accounts",
        "admin",
        "api",
        "app",
        "apps",
        "assets",
        "auth",
        "billing",
        "blog",
        "cdn",
        "console",
        "control",
        "dashboard",
        "demo",
        "dev",
        "docs",
        "download",
        "email",
        "files",
        "ftp",
        "help",
        "host",
        "imap",
        "info",
        "internal",
        "login",
        "logout",
        "mail",
        "marketing",
        "mx",
        "my",
        "news",
        "ns",
        "ns1",
        "ns2",
        "operator",
        "partner",
        "partners",
        "platform",
        "pop",
        "postmaster",
        "press",
        "pricing",
        "privacy",
        "rapport",
        "root",
        "sales",
        "secure",
        "security",
        "service",
        "shop",
        "sign-in",
        "sign-up",
        "smtp",
        "ssl",
        "staging",
        "static",
        "status",
        "store",
        "support",
        "survey",
        "surveys",
        "system",
        "team",
        "terms",
        "test",
        "tests",
        "vpn",
        "webmail",
        "webmaster",
        "www",
    ]
)

BAD_SLUG = N_("Use 3 to 40 small letters, digits and hyphens, beginning and ending with a letter or digit.")
RESERVED_SLUG = N_("This address is reserved. Please choose another.")
TAKEN_SLUG = N_("This address is taken. Please choose another.")


def unfit(slug: str) -> str | None:
    """What is wrong with a workspace address, whoever has it, or None."""
    if not SLUG.fullmatch(slug) or "--" in slug:
        return BAD_SLUG
    return RESERVED_SLUG if slug in RESERVED else None


def problem(session: Session, slug: str) -> str | None:
    """What is wrong with a workspace address, or None."""
    found = unfit(slug)
    if found:
        return found
    taken = session.scalar(select(Tenant.id).where(Tenant.slug == slug))
    return TAKEN_SLUG if taken is not None else None
