"""A look at a provider before customers are sent there: its document, its keys, and whether it knows our secret."""

from dataclasses import dataclass

from customers.portal import openid_documents, openid_exchange
from customers.portal.openid_calls import Calls
from customers.portal.openid_errors import OpenIdTrouble, ProviderAway
from customers.portal.openid_exchange import Client
from infra.i18n import N_

SENTENCES = {
    "away": N_("The provider does not answer at this address. Is the issuer spelled as the provider writes it?"),
    "unknown_host": N_("No network address was found for the name. Is the issuer spelled correctly?"),
    "address_refused": N_("The name leads to a network address that is not on the public internet."),
    "certificate_refused": N_("No secure connection came about. Check that the certificate is valid for the name."),
    "timed_out": N_("The provider took too long to answer. Please check again in a while."),
    "not_found": N_("No discovery document lies at this issuer. Is the address complete, with its path?"),
    "no_json": N_("What lies at this issuer is no discovery document."),
    "too_long": N_("The provider's answer is longer than any discovery document."),
    "issuer_differs": N_("The provider calls itself something else. Add it anew with exactly that issuer."),
    "no_code_flow": N_("The provider does not offer the authorization code flow, which is the only one used here."),
    "no_pkce": N_("The provider does not offer PKCE with S256, without which a code could be stolen."),
    "no_algorithm": N_("The provider signs in no way that is accepted here: RSA and elliptic curves are."),
    "no_secret": N_("The provider takes no client secret, neither in the header nor in the form."),
    "endpoint_missing": N_("The discovery document lacks one of the addresses that are needed."),
    "endpoint_odd": N_("The discovery document names an address that is not called: it must be public, and https."),
    "no_keys": N_("The provider shows no key with which its tokens could be checked."),
    "credentials_refused": N_("The provider refuses client id and secret. Copy both once more; secrets expire."),
}
"""What is wrong, by code, in words for whoever set it up."""


@dataclass(frozen=True, slots=True)
class Findings:
    """`problems` are codes of SENTENCES; none when all is well. `seen` is what the provider wrote instead."""

    problems: tuple[str, ...]
    seen: str = ""


def look(calls: Calls, client: Client, redirect_uri: str) -> Findings:
    """Asks the provider anew. Takes seconds when it is slow: hold no connection."""
    openid_documents.forget(client.kind, client.issuer)
    try:
        found = openid_documents.document(calls, client.kind, client.issuer)
        openid_documents.keys(calls, found, None)
        knows = openid_exchange.try_secret(calls, found, client, redirect_uri)
    except ProviderAway as away:
        return Findings((away.detail if away.detail in SENTENCES else "away",))
    except OpenIdTrouble as trouble:
        return Findings((trouble.detail if trouble.detail in SENTENCES else "no_json",), trouble.seen)
    return Findings(() if knows else ("credentials_refused",))
