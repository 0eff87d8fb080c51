"""The checks, one function each."""

import base64
import binascii
import secrets
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import func, select

from infra.crypto import CannotDecrypt, KeyMissing, MasterKeyUnusable
from infra.db.databases import Login
from infra.errors import Unavailable
from infra.ids import new_token
from infra.mail.servers import servers_of
from infra.mail.ses import SesTransport
from infra.mail.transport import SmtpTransport
from infra.services import Services
from infra.storage import platform_key
from tenants import migrations
from tenants.doctor import machine
from tenants.doctor.findings import Check, Finding
from tenants.jobs import refs
from tenants.models import Cell, Tenant

LOGINS: tuple[Login, ...] = ("app", "owner", "disposal", "keys")
OLDEST_POSTGRES = 15
SKEW = 2.0
"""Seconds that clocks may differ; codes of one use and signatures live by the clock."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def settings(services: Services) -> Iterator[Finding]:
    """Settings that are dangerous or contradict each other."""
    own, part = services.settings, "settings"
    try:
        strong = len(base64.b64decode(own.secret, validate=True)) >= 32
    except (binascii.Error, ValueError):
        strong = len(own.secret) >= 43
    if not strong:
        yield Finding(
            part,
            "problem",
            "RAPPORT_SECRET is shorter than 32 bytes",
            "Set it to the output of: openssl rand -base64 32. Whoever is signed in has to sign in again.",
        )
    if not own.secure and not own.development:
        yield Finding(
            part,
            "problem",
            "RAPPORT_BASE_URL is plain http",
            "Put a reverse proxy with a certificate in front and set it to https://…; cookies are safe only then.",
        )
    if own.secure and not own.proxies:
        yield Finding(
            part,
            "warning",
            "RAPPORT_PROXIES is 0 although the outside speaks https",
            "Behind a reverse proxy set RAPPORT_PROXIES=1, or every visitor counts as one network address.",
        )
    if own.development and not _is_loopback(own.base_url):
        advice = "Set RAPPORT_DEVELOPMENT=no: it lets plain http pass and shows what only developers should see."
        yield Finding(part, "problem", "RAPPORT_DEVELOPMENT is on for a host that others reach", advice)
    if own.http_networks and not own.development:
        advice = "Empty RAPPORT_HTTP_NETWORKS unless tenants are meant to call these networks by webhook."
        yield Finding(part, "warning", f"webhooks may reach {own.http_networks}", advice)
    if own.link_rules == "off":
        advice = 'Set RAPPORT_LINK_RULES to "refuse" or "hold": new tenants may spread any link under your name.'
        yield Finding(part, "warning", "links in surveys of new tenants are not looked at", advice)
    bare = [each for each in servers_of(own) if each.tls == "none" and each.host not in LOOPBACK]
    if bare and own.mail_transport == "smtp":
        yield Finding(
            part, "problem", "mail goes out unencrypted", "Set RAPPORT_SMTP_TLS=starttls (or tls for port 465)."
        )
    if not own.dkim_key_file and not own.development:
        yield Finding(
            part,
            "warning",
            "mails are not signed (DKIM)",
            "Set RAPPORT_DKIM_SELECTOR and RAPPORT_DKIM_KEY_FILE; large providers sort unsigned mail out.",
        )
    yield Finding(part, "ok", f"read, for {own.base_url}")


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host in LOOPBACK or host.endswith(".localhost")


def databases(services: Services) -> Iterator[Finding]:
    """Every database answers every login, is new enough, and keeps the time."""
    for cell in ("control", *services.db.addresses):
        part = f"postgres {cell}"
        for login in LOGINS:
            began = time.time()
            try:
                with psycopg.connect(services.db.dsn(cell, login), connect_timeout=5) as connection:
                    version, theirs = connection.info.server_version, _clock(connection)
            except psycopg.OperationalError as problem:
                reason = str(problem).strip().partition("\n")[0]
                advice = f"Start it, or mend the address, or RAPPORT_{login.upper()}_PASSWORD. It says: {reason}"
                yield Finding(part, "problem", f"login rapport_{login} gets no connection", advice)
                continue
            if login == "app":
                yield from _about_server(part, version, theirs - (began + time.time()) / 2)


def _clock(connection: "psycopg.Connection[tuple[float]]") -> float:
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    return float(row[0]) if row else 0.0


def _about_server(part: str, version: int, skew: float) -> Iterator[Finding]:
    major = version // 10000
    if major < OLDEST_POSTGRES:
        yield Finding(part, "problem", f"PostgreSQL {major} is too old", f"Upgrade to {OLDEST_POSTGRES} or newer.")
    if abs(skew) > SKEW:
        yield Finding(
            part,
            "problem",
            f"its clock differs from this machine's by {skew:+.1f} seconds",
            "Let both take the time from a time server (timedatectl set-ntp true).",
        )
    yield Finding(part, "ok", f"PostgreSQL {major} answers every login; clocks agree within {abs(skew):.2f} s")


def schemas(services: Services) -> Iterator[Finding]:
    """Control plane and tenants stand at the newest migration; cells have room."""
    part, newest = "migrations", migrations.head(migrations.TENANT)
    with psycopg.connect(services.db.dsn("control", "owner"), connect_timeout=5) as connection:
        row = connection.execute("SELECT version_num FROM control.alembic_version").fetchone()
    if row is None or row[0] != migrations.head(migrations.CONTROL):
        yield Finding(part, "problem", "the control plane is behind", "Run: rapport migrate")
    with services.db.control_session() as session:
        behind, failed = session.execute(
            select(
                func.count().filter(Tenant.revision.is_distinct_from(newest)),
                func.count().filter(Tenant.migration_problem.is_not(None)),
            ).where(Tenant.state.in_(migrations.STATES))
        ).one()
        held = select(func.count()).where(Tenant.cell == Cell.name, Tenant.state != "closed").scalar_subquery()
        cells = session.execute(select(Cell.name, Cell.capacity, Cell.open, held)).all()
    if failed:
        yield Finding(
            part, "problem", f"{failed} tenants failed", "rapport tenants list names them and the reason."
        )
    elif behind:
        yield Finding(part, "problem", f"{behind} tenants are behind", "Run: rapport migrate")
    else:
        yield Finding(part, "ok", f"everything stands at {newest}")
    for name, capacity, is_open, count in cells:
        if count >= capacity * 0.9 and is_open:
            yield Finding(
                f"cell {name}",
                "warning",
                f"{count} of {capacity} tenants",
                "Add a cell to RAPPORT_CELLS and run rapport migrate, or raise this one's capacity.",
            )


PUT_BACK = "Put back the key file (or KMS key) that was in use; without it personal data stays unreadable."


def keys(services: Services) -> Iterator[Finding]:
    """The master key opens what it wrapped. A key file that others can read stops every process at its start."""
    part, own = "keys", services.settings
    cells = dict.fromkeys(ref.cell for ref in refs(services.db))
    for cell in cells:
        ref = next(ref for ref in refs(services.db) if ref.cell == cell)
        try:
            services.keys.for_tenant(ref).derive("doctor")
        except (CannotDecrypt, MasterKeyUnusable, KeyMissing) as problem:
            yield Finding(
                part,
                "problem",
                f"the master key does not open the keys in cell {cell}: {problem}",
                PUT_BACK,
            )
    try:
        services.keys.platform.derive("doctor")
    except (CannotDecrypt, MasterKeyUnusable, KeyMissing) as problem:
        yield Finding(part, "problem", f"the master key does not open the platform's key: {problem}", PUT_BACK)
        return
    yield Finding(part, "ok", f"{own.key_provider}; opened our own key and one in each of {len(cells)} cells")


def queues(services: Services) -> Iterator[Finding]:
    """Valkey answers and somebody works."""
    from infra.jobs import looking

    try:
        seen = looking.look(services.settings)
    except Unavailable:
        advice = "Start Valkey or mend RAPPORT_VALKEY_URL. Until then answers are taken and mails and figures wait."
        yield Finding("valkey", "problem", "does not answer", advice)
        return
    waiting = sum(queue.depth for queue in seen.queues)
    yield Finding("valkey", "ok", f"answers; {waiting} jobs wait")
    if not seen.workers:
        advice = "Start one: rapport worker, or systemctl start rapport-worker."
        yield Finding("workers", "problem", "no worker is running", advice)
    else:
        yield Finding("workers", "ok", f"{len(seen.workers)} running")
    if not seen.has_schedule:
        advice = "Start one: python -m schedule, or systemctl start rapport-schedule. Nothing that is due is done."
        yield Finding("schedule", "problem", "no scheduler is running", advice)
    else:
        yield Finding("schedule", "ok", "running")


def files(services: Services) -> Iterator[Finding]:
    """The file store takes a file, gives it back, and lets it go."""
    key, content = platform_key("doctor", secrets.token_hex(8)), new_token().encode()
    try:
        services.storage.put(key, content, content_type="text/plain")
        same = services.storage.get(key) == content
        services.storage.delete(key)
    except Unavailable as problem:
        cause = problem.__cause__
        advice = f"Check RAPPORT_S3_ENDPOINT, bucket, key and secret. It says: {type(cause).__name__}: {cause}"
        yield Finding("files", "problem", "the bucket cannot be used", advice)
        return
    if not same:
        yield Finding("files", "problem", "the bucket gave back something else", "Check what stands between.")
    yield Finding("files", "ok", f"bucket {services.settings.s3_bucket} takes and gives")


def mail(services: Services) -> Iterator[Finding]:
    """Each mail server lets us in, or SES does. Nothing is sent."""
    own = services.settings
    if own.mail_transport == "ses":
        advice = "Check RAPPORT_SES_REGION, KEY and SECRET, and that the account is out of the sandbox."
        yield _greeted("Amazon SES", SesTransport(own), advice)
        return
    names = "RAPPORT_SMTP_SERVERS" if own.smtp_servers else "RAPPORT_SMTP_HOST, PORT, TLS, USER and PASSWORD"
    for server in servers_of(own):
        yield _greeted(repr(server), SmtpTransport(server), f"Check {names}.")


def _greeted(place: str, transport: SmtpTransport | SesTransport, advice: str) -> Finding:
    try:
        transport.greet()
    except Unavailable as problem:
        said = f"{type(problem.__cause__).__name__}: {problem.__cause__}"
        return Finding("mail", "problem", f"{place} does not let us in", f"{advice} It says: {said}")
    finally:
        transport.close()
    return Finding("mail", "ok", f"{place} lets us in")


CHECKS: dict[str, Check] = {
    "settings": settings,
    "postgres": databases,
    "migrations": schemas,
    "keys": keys,
    "valkey": queues,
    "files": files,
    "mail": mail,
    "clock": machine.clock,
    "disk": machine.disk,
    "names": machine.names,
}
