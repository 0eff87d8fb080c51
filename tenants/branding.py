"""How a workspace looks and speaks: colour, font, logo, languages, time zone."""

import hashlib
import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import IO

from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.errors import Invalid
from infra.events import record
from infra.i18n import N_, SHIPPED
from infra.storage import Storage, tenant_key
from infra.text import FONTS, NIGHT, Accessible, Theme, accessible, normal_hex, theme_css
from infra.uploads import clean_image
from tenants import audit
from tenants.events import ZoneChanged
from tenants.models import TenantSettings
from tenants.permissions import Actor

SURVEY_LANGUAGES: tuple[str, ...] = (
    *SHIPPED,
    *("ar", "bg", "cs", "da", "el", "es", "et", "fa", "fi", "he", "hr", "hu", "it", "ja", "ko", "lt", "lv", "nb"),
    *("nl", "pl", "pt", "pt-BR", "ro", "sk", "sl", "sr", "sv", "tr", "uk", "zh"),
)
"""Languages a business can offer its customers; the product's own texts exist in SHIPPED."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; `stream` is None when none was chosen."""

    stream: IO[bytes] | None


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo in the file store."""

    key: str
    content_type: str
    size: int
    digest: str


CORNERS = range(0, 25)

LARGEST_LOGO = 1024 * 1024
"""Bytes of the file that is sent; what is stored is written anew and smaller."""

NO_FILE = N_("Choose an image first.")
UNKNOWN_FONT = N_("Choose one of the fonts in the list.")
BAD_CORNERS = N_("Corners are between 0 and 24 pixels round.")
NO_LANGUAGE = N_("Choose at least one language.")
UNKNOWN_LANGUAGE = N_("One of these languages is not known here.")
DEFAULT_NOT_CHOSEN = N_("The first language must be one of the chosen ones.")
UNKNOWN_ZONE = N_("Choose a time zone from the list, for example Europe/Vienna.")


def get_settings(session: Session) -> TenantSettings:
    """The workspace's settings. A new workspace has defaults that are stored with its first change."""
    return session.get(TenantSettings, 1) or default_settings()


def default_settings() -> TenantSettings:
    """What a new workspace has; not stored."""
    return TenantSettings(
        id=1,
        accent=Theme.accent,
        font=Theme.font,
        corners=Theme.corners,
        languages=["en"],
        default_locale="en",
        zone="UTC",
        version=0,
        trusted=False,
        allowed_hosts=[],
    )


def set_look(session: Session, *, accent: str, font: str, corners: int, by: Actor) -> Accessible:
    """Stores colour, font and corners. Returns what had to be done to the colour so that text on it can be read.

    Raises Invalid. The colour is kept as it was chosen; the moved one is derived wherever it is used.
    """
    problems: dict[str, list[str]] = {}
    try:
        accent = normal_hex(accent)
    except Invalid as problem:
        problems["accent"] = [problem.message]
    if font not in FONTS:
        problems["font"] = [UNKNOWN_FONT]
    if corners not in CORNERS:
        problems["corners"] = [BAD_CORNERS]
    if problems:
        raise Invalid(problems=problems)
    settings = changed(session)
    settings.accent, settings.font, settings.corners = accent, font, corners
    audit.record(session, "brand.look_changed", by=by, accent=accent, font=font)
    return accessible(accent)


def store_logo(storage: Storage, tenant: TenantRef, upload: Upload) -> Logo:
    """Cleans an image and stores it under its digest. Touches no database. Raises UploadRefused."""
    if upload.stream is None:
        raise Invalid(NO_FILE)
    image = clean_image(upload.stream, max_bytes=LARGEST_LOGO, max_side=800)
    digest = hashlib.sha256(image.content).hexdigest()[:32]
    key = tenant_key(tenant, "brand", f"logo-{digest}.{image.extension}")
    storage.put(key, image.content, content_type=image.content_type)
    return Logo(key, image.content_type, len(image.content), digest)


def set_logo(session: Session, logo: Logo, *, by: Actor) -> None:
    """Points the brand at a stored logo. The file before it stays, for pages that are still open."""
    settings = changed(session)
    settings.logo_key, settings.logo_type = logo.key, logo.content_type
    settings.logo_bytes, settings.logo_digest = logo.size, logo.digest
    audit.record(session, "brand.logo_changed", by=by, digest=logo.digest)


def remove_logo(session: Session, *, by: Actor) -> None:
    """Takes the logo off the brand. Removing none does nothing."""
    if get_settings(session).logo_key is None:
        return
    settings = changed(session)
    settings.logo_key = settings.logo_type = settings.logo_bytes = settings.logo_digest = None
    audit.record(session, "brand.logo_removed", by=by)


def set_languages(session: Session, *, languages: Collection[str], default: str, by: Actor) -> None:
    """Stores the languages customers are asked in, `default` for whoever speaks none of them. Raises Invalid."""
    problems: dict[str, list[str]] = {}
    if not languages:
        problems["languages"] = [NO_LANGUAGE]
    elif not set(languages) <= set(SURVEY_LANGUAGES):
        problems["languages"] = [UNKNOWN_LANGUAGE]
    elif default not in languages:
        problems["default_locale"] = [DEFAULT_NOT_CHOSEN]
    if problems:
        raise Invalid(problems=problems)
    settings = changed(session)
    settings.languages = [language for language in SURVEY_LANGUAGES if language in languages]
    settings.default_locale = default
    audit.record(session, "settings.languages_changed", by=by, languages=settings.languages, default=default)


def set_zone(session: Session, *, zone: str, by: Actor) -> None:
    """Stores the IANA zone in which days begin and dates are shown; figures are counted anew. Raises Invalid."""
    if zone not in zones():
        raise Invalid(problems={"zone": [UNKNOWN_ZONE]})
    if get_settings(session).zone == zone:
        return
    changed(session).zone = zone
    audit.record(session, "settings.zone_changed", by=by, zone=zone)
    record(session, ZoneChanged(subject=session.info["tenant"].id, zone=zone))


def theme(settings: TenantSettings) -> Theme:
    """The brand as pages and mails need it."""
    return Theme(accent=settings.accent, font=settings.font, corners=settings.corners)


def on_dark(settings: TenantSettings) -> Accessible:
    """The colour as it is on the dark ground that some devices ask for."""
    return accessible(settings.accent, NIGHT)


def stylesheet(settings: TenantSettings) -> str:
    """The brand as custom properties."""
    return theme_css(theme(settings))


@lru_cache(1)
def zones() -> tuple[str, ...]:
    """The IANA zones that people live in, sorted."""
    lived_in = (zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return (*sorted(lived_in), "UTC")


def changed(session: Session) -> TenantSettings:
    """The stored row with a new version, so that caches of the brand miss."""
    settings = session.get(TenantSettings, 1, with_for_update=True)
    if settings is None:
        settings = session.merge(get_settings(session))
    settings.version = (settings.version or 0) + 1
    return settings
