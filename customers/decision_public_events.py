"""What programs outside may hear of decisions in the register. Ids and codes only."""

from customers.decision_events import AccountLinked, AccountUnlinked, DuplicateDismissed
from customers.public_events import OTHER_ID, PERSON_ID
from infra.i18n import N_
from tenants.webhooks.catalogue import SUBJECT, Field, telling

PROVIDER_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2f01"

_of_pair = telling(
    Field("one_id", "id", SUBJECT, "One of them.", PERSON_ID),
    Field("other_id", "id", "other", "The other one.", OTHER_ID),
)
_of_account = telling(
    Field("person_id", "id", SUBJECT, "The customer.", PERSON_ID),
    Field("provider_id", "id", "provider", "The provider of the account.", PROVIDER_ID),
)

EVENTS = (
    _of_pair(
        "duplicate.dismissed",
        DuplicateDismissed,
        N_("Somebody said that two customers, or two companies, are not the same."),
        Field("about", "code", "about", "`person` or `company`.", "person"),
    ),
    _of_account(
        "account.linked",
        AccountLinked,
        N_("A customer can sign in with an account at a provider."),
        Field("how", "code", "how", "By which proof: `provider`, `mailbox` or `session`.", "mailbox"),
    ),
    _of_account(
        "account.unlinked", AccountUnlinked, N_("A customer took the account back with which they could sign in.")
    ),
)
