"""What people call a role, and what it is for in one sentence: on pages and in mails."""

from infra.i18n import N_
from tenants.permissions import ADMIN, ANALYST, EDITOR, OWNER, VIEWER

ROLE_NAMES: dict[str, str] = {
    OWNER: N_("Owner"),
    ADMIN: N_("Admin"),
    EDITOR: N_("Editor"),
    ANALYST: N_("Analyst"),
    VIEWER: N_("Viewer"),
}

ROLE_PURPOSES: dict[str, str] = {
    OWNER: N_("Answers for the workspace. There is exactly one owner."),
    ADMIN: N_("Looks after settings, connections and colleagues."),
    EDITOR: N_("Makes and publishes surveys and reads the answers."),
    ANALYST: N_("Reads and exports answers and results, and changes nothing."),
    VIEWER: N_("Sees surveys and results, without single answers."),
}


def role_name(role: str) -> str:
    """The catalogue message of a role; the code itself for one that is unknown."""
    return ROLE_NAMES.get(role, role)
