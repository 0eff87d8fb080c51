"""What is said about whether a mail comes from whom it says."""

from collections.abc import Mapping

from infra.i18n import N_, gettext

VERDICTS: Mapping[str, tuple[str, str]] = {
    "verified": (N_("Sender verified"), "good"),
    "unverified": (N_("The sender could not be verified"), "watch"),
    "failed": (N_("The sender's domain disowns this mail"), "bad"),
}
"""With the colour of its tag."""

SAID: Mapping[str, Mapping[str, str]] = {
    "dkim": {
        "pass": N_("Signed by the sender's domain"),
        "fail": N_("The signature does not hold"),
        "none": N_("Not signed by the sender's domain"),
        "temperror": N_("The name servers did not answer"),
    },
    "spf": {
        "pass": N_("The server may send for the domain"),
        "fail": N_("The server may not send for the domain"),
        "softfail": N_("The server should not send for the domain"),
        "neutral": N_("The domain does not say"),
        "none": N_("The domain does not say"),
        "other": N_("It was sent in the name of another domain"),
        "permerror": N_("What the domain says cannot be read"),
        "temperror": N_("The name servers did not answer"),
        "": N_("Not asked"),
    },
    "dmarc": {
        "": N_("None published"),
        "none": N_("Accept anyway"),
        "quarantine": N_("Keep aside what is not proved"),
        "reject": N_("Refuse what is not proved"),
    },
    "author": {"unclear": N_("Can be read in more than one way")},
}
LABELS = {
    "dkim": N_("Signature (DKIM)"),
    "spf": N_("Server (SPF)"),
    "dmarc": N_("The domain's rule (DMARC)"),
    "author": N_("From line"),
}


def checks(found: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """What was found, in words; nothing where nothing was asked."""
    if not found or not any(found.values()):
        return []
    return [
        (gettext(label), gettext(SAID[name].get(found.get(name, ""), found.get(name, ""))))
        for name, label in LABELS.items()
        if name not in ("dkim", "author") or found.get(name)
    ]
