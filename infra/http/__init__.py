"""Guarded calls to addresses that other people chose: nothing inside our own network can be reached with them.

The name is resolved once, each address is judged, and the connection is made to an address that passed, so that no
second answer of a name server counts. Redirects are not followed; time, header and body have caps; nothing is taken
from the environment, no cookie is kept, and the certificate is verified for the name that was asked for.
"""

from infra.http.addresses import Policy, refusal
from infra.http.client import Answer, Client, Limits, client_for
from infra.http.errors import CallFailed, UrlRefused
from infra.http.urls import Target, check_url

__all__ = [
    "Answer",
    "CallFailed",
    "Client",
    "Limits",
    "Policy",
    "Target",
    "UrlRefused",
    "check_url",
    "client_for",
    "refusal",
]
