"""How somebody came into the register, in words."""

from collections.abc import Mapping

from infra.i18n import N_

SOURCE_NAMES: Mapping[str, str] = {
    "staff": N_("Added by hand"),
    "import": N_("Imported"),
    "api": N_("By a program"),
    "portal": N_("Signed up in the portal"),
    "mail": N_("Wrote a mail"),
    "survey": N_("Answered a survey"),
}
