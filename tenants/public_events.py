"""What programs outside may hear of the workspace itself."""

from infra.i18n import N_
from tenants.events import SenderDomainLost, SenderDomainVerified
from tenants.webhooks.catalogue import SUBJECT, Field, telling

DOMAIN_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2d01"

_of_domain = telling(Field("domain_id", "id", SUBJECT, "The domain.", DOMAIN_ID))

EVENTS = (
    _of_domain(
        "domain.verified", SenderDomainVerified, N_("Mail may come from a domain: its DKIM record was found.")
    ),
    _of_domain("domain.lost", SenderDomainLost, N_("Mail comes from a domain no longer: its DKIM record is gone.")),
)
