"""Who may open a workspace under which name."""

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import infra
from infra.errors import Invalid
from infra.hostnames import registrable
from infra.i18n import N_
from infra.link_rules import links_in, skeleton
from infra.settings import Settings
from tenants.abuse.disposable import is_disposable

NAMES = Path(infra.__file__).parent / "data" / "borrowed_names.txt"
OURS = "rapport"

HAS_LINK = N_("A name holds no web address. Write what your business is called.")
IS_BRAND = N_("This is the name of another business. Sign up with an address of its domain, or write to us.")
IS_US = N_("Only we speak in the name of Rapport. Please choose another name.")
IS_AUTHORITY = N_(
    "This reads like a message of somebody's support or security team. Write what your business is called."
)
IS_DISPOSABLE = N_("This address will not last. Use one where we can reach you.")


def require_fit(settings: Settings, *, business_name: str, slug: str, email: str) -> None:
    """Raises Invalid with a sentence beside each field that is at fault."""
    problems = {
        "business_name": name_problem(business_name, email),
        "slug": _impersonation(slug.replace("-", " "), email),
        "email": IS_DISPOSABLE if is_disposable(settings, email) else None,
    }
    found = {name: [problem] for name, problem in problems.items() if problem}
    if found:
        raise Invalid(problems=found)


def name_problem(name: str, email: str) -> str | None:
    """What is wrong with the name of a business, or None. Surveys and mails speak in this name."""
    return HAS_LINK if links_in(name) else _impersonation(name, email)


def _impersonation(name: str, email: str) -> str | None:
    """Words are compared as a hasty reader sees them, alone and two by two.

    Whoever writes from a brand's own domain may use its name.
    """
    words = [word for word in map(skeleton, name.split()) if word]
    seen = {*words, *(first + second for first, second in pairwise(words))}
    office = borrowed("office")
    if words and office.issuperset(words):
        return IS_AUTHORITY
    taken = seen & borrowed("alone")
    rest = [word for word in words if word not in office]
    if len(rest) == 1 and rest[0] in borrowed("with"):
        taken.add(rest[0])
    if OURS in taken:
        return IS_US
    own = (registrable(email.rpartition("@")[2].lower()) or "").partition(".")[0]
    return IS_BRAND if taken and skeleton(own) not in taken else None


@lru_cache(4)
def borrowed(kind: str) -> frozenset[str]:
    """The names of a kind, as a hasty reader sees them."""
    lines = (line.partition(": ") for line in NAMES.read_text(encoding="ascii").splitlines())
    return frozenset(skeleton(name) for found, _, names in lines if found == kind for name in names.split())
