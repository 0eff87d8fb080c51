"""The process that receives: listens until SIGTERM, and lets those who are sending finish."""

import asyncio
import logging
import signal
import ssl

from infra.limits import Limiter
from infra.mail.inbound.receiver import Mailroom, Receiver
from infra.settings import Settings, SettingsError

LETS_FINISH = 10.0
"""Seconds in which mails that are being sent are taken; what is cut off is sent again by its server."""

log = logging.getLogger(__name__)


def serve(settings: Settings, mailroom: Mailroom) -> None:
    """Receives mail for the inbound domain. Raises SettingsError when the settings do not say where."""
    if not settings.inbound_port or not settings.inbound_domain:
        raise SettingsError("RAPPORT_INBOUND_PORT and RAPPORT_INBOUND_DOMAIN must be set to receive mail.")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the library's own log names people's addresses
    limiter = Limiter(settings.valkey_url, settings.secret)
    receiver = Receiver(mailroom, limiter, per_hour=settings.inbound_rate, name=settings.inbound_domain)
    try:
        asyncio.run(_until_told(settings, receiver))
    finally:
        receiver.close()


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """For STARTTLS; None without a certificate. Raises SettingsError."""
    if not settings.inbound_tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.inbound_tls_cert, settings.inbound_tls_key or None)
    except OSError as problem:
        raise SettingsError("RAPPORT_INBOUND_TLS_CERT and _KEY must name PEM files that fit.") from problem
    return context


async def _until_told(settings: Settings, receiver: Receiver) -> None:
    told, loop, tls = asyncio.Event(), asyncio.get_running_loop(), tls_of(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    server = await loop.create_server(
        lambda: receiver.protocol(tls), settings.inbound_host, settings.inbound_port, reuse_address=True
    )
    log.info("mail is received", extra={"port": settings.inbound_port})
    await told.wait()
    server.close()
    ends = loop.time() + LETS_FINISH
    while receiver.connections.total() and loop.time() < ends:
        await asyncio.sleep(0.1)
