"""Texts in the reader's language, without a web framework: pages, mails, documents and jobs share one catalogue.

The source language is English. Catalogues are read directly from `locales/<locale>/LC_MESSAGES/messages.po`;
nothing is compiled. `python -m infra.i18n.extract` keeps them in step with the sources.
"""

from infra.i18n.catalogues import (
    N_,
    SHIPPED,
    direction,
    gettext,
    language_name,
    lazy,
    negotiate,
    ngettext,
    translations,
)
from infra.i18n.formats import (
    format_clock,
    format_date,
    format_moment,
    format_month,
    format_number,
    format_percent,
    format_relative,
    format_size,
    separators,
    zone_name,
)
from infra.i18n.scope import current_locale, current_zone, use

__all__ = [
    "N_",
    "SHIPPED",
    "current_locale",
    "current_zone",
    "direction",
    "format_clock",
    "format_date",
    "format_moment",
    "format_month",
    "format_number",
    "format_percent",
    "format_relative",
    "format_size",
    "gettext",
    "language_name",
    "lazy",
    "negotiate",
    "ngettext",
    "separators",
    "translations",
    "use",
    "zone_name",
]
