"""Several SMTP servers behind the contract of one, and the choice between SMTP and SES.

Each server keeps its own warm connections. Mails are dealt out by weight, a few at a time; a server that is away is
passed over for a pause that grows while another is there, and tried again; only when all are away is the transport
away.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from infra.mail.mime import Envelope
from infra.mail.ses import SesTransport
from infra.mail.transport import LATE, TIMEOUT, Outcome, Server, SmtpTransport, SmtpUnavailable, Transport
from infra.settings import Settings, SettingsError

FIRST_REST, LONGEST_REST = 5.0, 300.0
"""Seconds that a server which is away is left alone, doubled each time it is found away again."""

T = TypeVar("T")

_SCHEMES = {"smtp": ("none", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}


@dataclass(slots=True)
class _Place:
    """A server and how it fared."""

    server: Server
    transport: SmtpTransport
    credit: float = 0.0
    rest: float = FIRST_REST
    away_until: float = field(default=0.0)


class Servers:
    """A transport over several servers. Not for several threads."""

    rewrites: frozenset[str] = frozenset()

    def __init__(self, servers: tuple[Server, ...], patience: float = TIMEOUT, at_end: float = LATE) -> None:
        self._places = [_Place(each, SmtpTransport(each, patience, at_end)) for each in servers]
        self._told: _Place | None = None

    def announce(self, envelopes: Sequence[Envelope]) -> None:
        """Tells the server whose turn it is; all of them are its turn. Raises SmtpUnavailable."""
        self._told = None
        self._told, _ = self._at_one(lambda transport: transport.announce(envelopes))

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome:
        """Hands the mail to the server that was told of it or whose turn it is, or to the next that lets us in."""
        told = self._told if self._told is not None and self._told.transport.announces(envelope) else None
        _, outcome = self._at_one(lambda transport: transport.send(envelope, before_data), told)
        return outcome

    def _at_one(self, ask: Callable[[SmtpTransport], T], first: _Place | None = None) -> tuple[_Place, T]:
        tried: set[int] = set()
        place = first or self._next(tried)
        while place is not None:
            tried.add(id(place))
            try:
                answer = ask(place.transport)
            except SmtpUnavailable:
                place.away_until = time.monotonic() + place.rest
                place.rest = min(place.rest * 2, LONGEST_REST)
                place = self._next(tried)
                continue
            place.rest, place.away_until = FIRST_REST, 0.0
            return place, answer
        raise SmtpUnavailable

    def close(self) -> None:
        """Ends all connections."""
        for place in self._places:
            place.transport.close()

    def _next(self, tried: set[int]) -> _Place | None:
        """Smooth weighted round robin among those that are there; then those of weight 0, then who is said away."""
        if len(self._places) == 1:
            return None if tried else self._places[0]
        moment = time.monotonic()
        left = [each for each in self._places if id(each) not in tried]
        there = [each for each in left if each.away_until <= moment]
        first = [each for each in there if each.server.weight > 0]
        if not first:
            return min(there or left, key=lambda each: each.away_until, default=None)
        for each in first:
            each.credit += each.server.weight
        best = max(first, key=lambda each: each.credit)
        best.credit -= sum(each.server.weight for each in first)
        return best


def servers_of(settings: Settings) -> tuple[Server, ...]:
    """The servers that the settings name. Raises SettingsError."""
    if settings.smtp_servers:
        return tuple(_server(each) for each in settings.smtp_servers.split())
    return (
        Server(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_tls,
            settings.smtp_user,
            settings.smtp_password,
        ),
    )


def open_transport(settings: Settings) -> Transport:
    """The transport that the settings name; it connects when it is first used. Raises SettingsError."""
    if settings.mail_transport == "ses":
        return SesTransport(settings)
    if settings.mail_transport != "smtp":
        raise SettingsError("RAPPORT_MAIL_TRANSPORT must be smtp or ses.")
    patience, at_end = min(TIMEOUT, 0.1 * settings.mail_lease), min(LATE, 0.4 * settings.mail_lease)
    return Servers(servers_of(settings), patience, at_end)


def _server(address: str) -> Server:
    parts = urlsplit(address)
    try:
        tls, usual_port = _SCHEMES[parts.scheme]
        weight = int(parse_qs(parts.query).get("weight", ["1"])[0])
        port = parts.port or usual_port
    except (KeyError, ValueError) as problem:
        raise SettingsError(
            "RAPPORT_SMTP_SERVERS must hold addresses like smtp+starttls://host:587?weight=2."
        ) from problem
    if not parts.hostname or weight < 0:
        raise SettingsError("RAPPORT_SMTP_SERVERS must name a host, and no weight below 0.")
    return Server(parts.hostname, port, tls, unquote(parts.username or ""), unquote(parts.password or ""), weight)
