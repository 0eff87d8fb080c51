"""The site behind a real nginx or Caddy, with a tenant whose domain is proved in a real DNS."""

import os
import secrets
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.local.ports import free_port
from tests.proxy.authority import Authority
from tests.proxy.running import BASE, Behind, documented, find_program, start_proxy, start_web
from tests.support.nameserver import Nameserver

if TYPE_CHECKING:
    from infra.db import TenantRef
    from infra.services import Services

MISSING = "%s is not installed: apt-get install %s, or infra/local/proxies.sh on a machine with Debian's packages"


@dataclass
class House:
    """A tenant with a domain that is proved and leads here."""

    services: "Services"
    tenant: "TenantRef"
    host: str
    home: str

    def lead_to_domain(self, wanted: bool) -> None:
        """Makes the domain the main address, or the subdomain again."""
        from tenants.domains import claims
        from tenants.permissions import SYSTEM

        def change() -> None:
            with self.services.db.tenant_session(self.tenant) as session:
                domain = claims.list_all(session)[0]
                (claims.make_main if wanted else claims.unmake_main)(session, domain, by=SYSTEM)
            self.check()

        Context().run(change)

    def check(self) -> None:
        from infra import dns
        from tenants.domains import claims
        from tenants.domains.checking import Checker

        services, tenant = self.services, self.tenant
        with services.db.tenant_session(tenant) as session:
            domain = claims.list_all(session)[0]
        checker = Checker(
            lambda: services.db.tenant_session(tenant),
            services.db,
            services.settings,
            dns.resolver(services.settings),
            tenant,
        )
        checker.check(domain.id)


@pytest.fixture(scope="module")
def nameserver() -> Iterator[Nameserver]:
    running = Nameserver()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def house(services: "Services", nameserver: Nameserver) -> Iterator[House]:
    from tenants.domains import claims
    from tenants.domains.records import proof
    from tenants.permissions import SYSTEM
    from tests.support.tenants import close_for_good, open_own

    settings = replace(services.settings, nameservers=nameserver.setting, base_url=f"https://{BASE}")
    own = replace(services, settings=settings)
    tenant = open_own(services)
    host = f"feedback.{secrets.token_hex(4)}.example"
    found = House(own, tenant, host, f"{tenant.slug}.{BASE}")

    def add() -> None:
        with own.db.tenant_session(tenant) as session:
            domain = claims.add(session, settings, host=host, by=SYSTEM)
        nameserver.set_text(f"_rapport-challenge.{host}", proof(domain.token))
        nameserver.set(host, "CNAME", f"{found.home}.")
        found.check()

    Context().run(add)
    yield found
    close_for_good(services, tenant)


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def behind(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    house: House,
    nameserver: Nameserver,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Behind]:
    name = request.param
    program = find_program(name)
    if program is None:
        pytest.fail(MISSING % (name, "nginx-light" if name == "nginx" else "caddy"))
    folder = tmp_path_factory.mktemp(name)
    web_port = free_port()
    running = Behind(web_port, free_port(avoid=[web_port]), folder / "ca.pem", log=folder / "log")
    try:
        start_web({**environment, "RAPPORT_NAMESERVERS": nameserver.setting}, running)
        (_start_nginx if name == "nginx" else _start_caddy)(program, folder, running, house)
        yield running
    finally:
        running.stop()


def _start_nginx(program: str, folder: Path, running: Behind, house: House) -> None:
    """The documented configuration with the ports and folders of this test."""
    authority = Authority(folder)
    certificates = folder / "certificates"
    for name, hosts in (("wildcard", (BASE, f"*.{BASE}")), (house.host, (house.host, "nobody.example"))):
        (certificates / name).mkdir(parents=True)
        pem, key = authority.issue(name, *hosts)
        pem.rename(certificates / name / "fullchain.pem")
        key.rename(certificates / name / "privkey.pem")
    (folder / "domains.map").write_text(f"{house.host} {house.host};\nnobody.example {house.host};\n")
    inner = _with_ports(documented("nginx"), running).replace("/etc/rapport", str(folder))
    inner = inner.replace("listen 443", f"listen 127.0.0.1:{running.tls_port}")
    temporary = "\n".join(
        f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}pid {folder}/nginx.pid;\ndaemon off;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}\nserver_names_hash_bucket_size 128;\n"
        f"map_hash_bucket_size 128;\n{inner}\n}}\n"
    )
    start_proxy(
        [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], running
    )


def _start_caddy(program: str, folder: Path, running: Behind, house: House) -> None:
    """The documented configuration; certificates come from Caddy's own authority in place of a public one."""
    text = _with_ports(documented("Caddy"), running)
    text = text.replace(
        "{\n\ton_demand_tls", f"{{\n\tadmin off\n\tskip_install_trust\n\tstorage file_system {folder}/caddy\n"
        f"\tauto_https disable_redirects\n\ton_demand_tls", 1
    )  # fmt: skip
    text = text.replace("https:// {", f"https://:{running.tls_port} {{\n\tbind 127.0.0.1", 1)
    text = text.replace("\t\ton_demand\n", "\t\ton_demand\n\t\tissuer internal\n", 1)
    (folder / "Caddyfile").write_text(text)
    command = [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    start_proxy(command, running, {"HOME": str(folder), "XDG_DATA_HOME": str(folder)})
    running.authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"


def _with_ports(text: str, running: Behind) -> str:
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{running.web_port}")
