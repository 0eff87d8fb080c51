"""Every setting, one line each. With none set, the embedded stack of `make run` fills in its own addresses."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

PREFIX = "RAPPORT_"
HIDDEN = "(hidden)"
_IN_ADDRESS = re.compile(r"(://[^:/@\s]*:)[^@\s]+@")


@dataclass(frozen=True)
class Settings:
    """All settings; the environment variable is `RAPPORT_` and the field's name in capitals."""

    base_url: str = "http://localhost:8000"  # the platform host; tenants live at {slug}.<its host>
    proxies: int = 0  # reverse proxies in front of us whose X-Forwarded-For, -Proto and -Host are believed
    domain_target: str = ""  # what tenants' own domains point at (CNAME); empty: {slug}.<host of base_url>
    nameservers: str = (
        ""  # that domains are checked with, "9.9.9.9 127.0.0.1:5353"; empty: the system's; "file:<zone>"
    )
    secret: str = ""  # signs links, forms and session cookies; 32 bytes or more, base64
    data_dir: str = ".data"  # where the embedded stack keeps its state
    control_database: str = "postgresql://127.0.0.1:15432/rapport"  # address of the control plane, no credentials
    cells: str = ""  # "name=postgresql://host:port/database" separated by spaces; empty: default=control_database
    app_password: str = ""  # of login rapport_app (web and workers)
    owner_password: str = ""  # of login rapport_owner (schemas and migrations)
    disposal_password: str = ""  # of login rapport_disposal (erasure and retention)
    keys_password: str = ""  # of login rapport_keys (the key store)
    pool_size: int = 8  # connections per process and cell
    pool_max_lifetime: int = 900  # seconds until a connection is renewed; backends never give catalogue memory back
    spare_tenants: int = 3  # schemas made ahead in each cell, so that sign-up is instant
    valkey_url: str = "redis://127.0.0.1:16379/0"  # queues, rate limits; may be emptied at any time
    s3_endpoint: str = ""  # empty: AWS
    s3_bucket: str = "rapport"
    s3_region: str = "us-east-1"
    s3_key: str = ""
    s3_secret: str = ""
    scanner: str = ""  # host:port of a clamd that looks at files people send; empty: none
    key_provider: str = "file"  # "file" or "kms"
    key_file: str = ".data/master.key"  # for "file": 32 random bytes, base64
    kms_key_id: str = ""  # for "kms"
    kms_endpoint: str = ""  # empty: AWS
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 16025
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: str = "none"  # "none", "starttls" or "tls"
    smtp_servers: str = ""  # several instead: "smtp+starttls://host:587?weight=2 smtps://other:465"
    mail_transport: str = "smtp"  # "smtp" or "ses"
    ses_region: str = ""  # for "ses"; empty: what AWS's own settings say
    ses_key: str = ""  # empty: the machine's role
    ses_secret: str = ""
    ses_endpoint: str = ""  # empty: AWS
    ses_configuration_set: str = ""  # whose events tell of bounces and complaints
    mail_lease: int = 300  # seconds that a worker may hold a mail; waiting for a server takes at most 0.4 of it
    mail_first_pause: int = 60  # seconds before a mail that a server put off is tried again; doubles up to 4 hours
    mail_spf: str = ""  # what tenants' domains have to allow, "include:spf.example.com"; empty: no SPF is asked for
    mail_from: str = "Rapport <no-reply@rapport.localhost>"  # sender of platform and staff mail
    http_ports: str = "443 8443"  # ports on the internet that calls to tenants' webhooks may go to
    http_networks: str = (
        ""  # networks that they may reach besides the internet, also by http: development and tests
    )
    answers_per_minute: int = 120  # posts from one network address to one survey; offices share an address
    answers_per_minute_of_all: int = 6000  # posts from everywhere to one tenant
    disposable_allowed: str = ""  # domains of mail addresses that may sign up although they are on the shipped list
    disposable_file: str = ""  # more domains that may not, one on each line
    link_rules: str = "refuse"  # links in surveys of new tenants: "refuse", "hold" for an operator, or "off"
    mail_rate: int = 50  # mails per second for one tenant to one recipient domain
    inbound_domain: str = ""  # mail to <anything>@<slug>.<this> is ours, bounces go there too; empty: nowhere
    inbound_host: str = "127.0.0.1"  # the address that the receiver of mail listens on
    inbound_port: int = 0  # the receiver's port; 0: nothing is received by SMTP
    inbound_rate: int = 600  # mails per hour from one network; bounces come from few
    inbound_relays: str = ""  # networks of the mail servers that stand before the receiver, "10.0.0.0/24 192.0.2.7"
    inbound_tls_cert: str = ""  # PEM with the receiver's certificate and chain; empty: no STARTTLS
    inbound_tls_key: str = ""  # PEM with its key
    sns_topics: str = ""  # ARNs of the SNS topics by which SES tells of bounces, separated by spaces
    sns_certificate: str = ""  # PEM file that they are signed with, in tests; empty: AWS's own, fetched from it
    dkim_selector: str = ""  # empty: mails go out unsigned
    dkim_key_file: str = ""  # PEM, RSA 2048
    metrics_port: int = 0  # Prometheus reads here; 0: nothing is counted
    metrics_host: str = "127.0.0.1"  # the address that port listens on
    metrics_tenants: str = ""  # slugs of the tenants (50 at most) that are counted by name
    log_format: str = "json"  # "json" or "console"
    development: bool = False  # plain http is fine, pages of the style guide are served

    @property
    def cell_addresses(self) -> dict[str, str]:
        """Cell name to database address without credentials."""
        if not self.cells:
            return {"default": self.control_database}
        return dict(pair.split("=", 1) for pair in self.cells.split())

    @property
    def secure(self) -> bool:
        """Whether the outside speaks https."""
        return self.base_url.startswith("https://")


class SettingsError(ValueError):
    """A setting that cannot be used, with its name in the sentence."""


def shown(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every setting's name and value as an operator may see them: secrets and passwords in addresses are hidden."""
    for each in fields(settings):
        value = str(getattr(settings, each.name))
        secret = value and ("password" in each.name or "secret" in each.name)
        yield PREFIX + each.name.upper(), HIDDEN if secret else _IN_ADDRESS.sub(rf"\1{HIDDEN}@", value)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, falling back to `<data_dir>/settings.env`, which the embedded stack writes.

    A variable that is set wins over the file, one by one. Raises SettingsError for an unknown name or a value
    of the wrong type.
    """
    given = dict(os.environ if environ is None else environ)
    local = Path(given.get(PREFIX + "DATA_DIR", Settings.data_dir)) / "settings.env"
    merged = {**_read_env_file(local), **{k: v for k, v in given.items() if k.startswith(PREFIX)}}
    hints = get_type_hints(Settings)
    known = {PREFIX + field.name.upper(): field.name for field in fields(Settings)}
    values: dict[str, Any] = {}
    for name, raw in merged.items():
        if name not in known:
            raise SettingsError(f"{name} is not a setting. `rapport settings` lists them all.")
        values[known[name]] = _convert(name, raw, hints[known[name]])
    return Settings(**values)


def _convert(name: str, raw: str, kind: type) -> object:
    if kind is bool:
        if raw.lower() not in {"1", "0", "true", "false", "yes", "no"}:
            raise SettingsError(f"{name} must be yes or no, not {raw!r}.")
        return raw.lower() in {"1", "true", "yes"}
    if kind is int:
        if not raw.lstrip("-").isdigit():
            raise SettingsError(f"{name} must be a whole number, not {raw!r}.")
        return int(raw)
    return raw


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
