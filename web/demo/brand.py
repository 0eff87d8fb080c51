"""Acme's look: a warm brown, and a logo that is drawn here, so that no picture has to be shipped."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.services import Services
from tenants import branding
from tenants.permissions import SYSTEM
from web.demo.story import ZONE

ACCENT = "#8a4b20"
CREAM = "#fbf3e7"
SIDE = 96
FINE = 4
"""Drawn so many times larger and made smaller, which smooths the edges."""


def dress(services: Services, tenant: TenantRef) -> None:
    """Gives the tenant its colours, logo, languages and zone. What is set already stays."""
    logo = branding.store_logo(services.storage, tenant, branding.Upload(BytesIO(logo_png())))
    with services.db.tenant_session(tenant) as session:
        settings = branding.get_settings(session)
        if settings.logo_digest == logo.digest:
            return
        branding.set_logo(session, logo, by=SYSTEM)
        _set_words(session)


def _set_words(session: Session) -> None:
    branding.set_look(session, accent=ACCENT, font="serif", corners=12, by=SYSTEM)
    branding.set_languages(session, languages=["en", "de"], default="en", by=SYSTEM)
    branding.set_zone(session, zone=ZONE, by=SYSTEM)


def logo_png() -> bytes:
    """A coffee bean in a round badge and the name beside it, as PNG."""
    font = ImageFont.load_default(46 * FINE)
    width = SIDE * FINE + round(font.getlength("Acme")) + 44 * FINE
    image = Image.new("RGBA", (width, SIDE * FINE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse(_box(4, 4, SIDE - 4), fill=ACCENT)
    image.alpha_composite(_bean())
    draw.text(((SIDE + 12) * FINE, SIDE * FINE // 2), "Acme", font=font, fill=ACCENT, anchor="lm")
    written = BytesIO()
    image.resize((width // FINE, SIDE), Image.Resampling.LANCZOS).save(written, "PNG", optimize=True)
    return written.getvalue()


def _bean() -> Image.Image:
    """A bean with its seam, tilted."""
    layer = Image.new("RGBA", (SIDE * FINE, SIDE * FINE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    draw.ellipse((30 * FINE, 18 * FINE, 66 * FINE, 78 * FINE), fill=CREAM)
    draw.arc((40 * FINE, 18 * FINE, 58 * FINE, 49 * FINE), 90, 270, fill=ACCENT, width=5 * FINE)
    draw.arc((38 * FINE, 44 * FINE, 56 * FINE, 78 * FINE), 270, 90, fill=ACCENT, width=5 * FINE)
    return layer.rotate(-28, Image.Resampling.BICUBIC)


def _box(left: int, top: int, right: int) -> tuple[int, int, int, int]:
    return left * FINE, top * FINE, right * FINE, (top + right - left) * FINE
