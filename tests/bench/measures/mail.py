"""How many mails two worker processes send to a server beside them, from the outbox row to the recorded outcome."""

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from customers.models import Identity, Person
from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id
from infra.mail.leases import Leases
from infra.mail.models import Outbox
from infra.mail.purposes import MailPurposes
from infra.mail.sender_making import Maker
from infra.services import Services
from infra.settings import Settings
from tests.bench import mail_letter, seed
from tests.bench.house import FOLDER, House
from tests.bench.rows import Row, against_floor, at_most, info
from tests.support import mail_chaos as chaos
from tests.support.run import to_environment, without_settings
from tests.support.smtp_sink import sinking

WORKERS = 2
MAILS = 3_000
PEOPLE, DOMAINS = 1_000, 20


def mail_send(here: House) -> Iterator[Row]:
    """Resolving, rendering, DKIM, leasing and recording included; the floor sends mails made beforehand.

    Into aiosmtpd, which takes about as long for a mail as real servers do, and into a sink that does next to
    nothing, where the floor is two processes that write to a socket.
    """
    mail_letter.install()
    (tenant,) = seed.tenants(here.services, 1)
    people = _people(here.services, tenant)
    ours, floors = _rates(here, tenant, people, "--aiosmtpd")
    yield against_floor("mail_send", "1/s", ours, floors, 0.5)
    ours, floors = _rates(here, tenant, people)
    yield replace(against_floor("mail_send_lean_sink", "1/s", ours, floors, 0.5), target="", met=None)


def _rates(here: House, tenant: TenantRef, people: Sequence[UUID], *sink: str) -> tuple[list[float], list[float]]:
    """Mails per second of ours and of the floor, round by round; the first warms up."""
    ours: list[float] = []
    floors: list[float] = []
    with sinking(without_settings(os.environ), *sink) as port:
        settings = sending_settings(here.settings, port)
        environment = {**without_settings(os.environ), **to_environment(settings)}
        files = _made_beforehand(here, settings, tenant, people)
        floor_commands = [[sys.executable, "-m", "tests.bench.floors.mail", str(port), str(file)] for file in files]
        worker = [sys.executable, "-m", "tests.bench.mail_worker", str(tenant.id), tenant.cell]
        with _ready([worker] * WORKERS, environment) as workers, _ready(floor_commands, environment) as bare:
            for number in range(here.rounds + 1):
                ask(here.services, tenant, people, MAILS)
                mine, floor = MAILS / _seconds(workers), MAILS / _seconds(bare)
                if left(here.services, tenant):
                    raise RuntimeError("mails were left over")
                if number:
                    ours.append(mine)
                    floors.append(floor)
    return ours, floors


def prepare_letter() -> MailPurposes:
    """For a worker of the chaos run."""
    mail_letter.install()
    return mail_letter.PURPOSES


def mail_chaos(here: House) -> Iterator[Row]:
    """The chaos run, whole: each promise is a row."""
    count = 20_000 if here.rounds > 1 else 2_000
    (tenant,) = seed.tenants(here.services, 1)
    ask(here.services, tenant, _people(here.services, tenant), count)
    log = FOLDER.resolve() / "sink.log"
    log.unlink(missing_ok=True)
    services = replace(here.services, settings=sending_settings(here.settings, 0))
    found = chaos.run(services, tenant, prepare_letter, log, most_kills=10_000, timeout=1_800)
    states = found.states
    final = sum(states.get(state, 0) for state in ("accepted", "refused", "unknown", "cancelled"))
    yield at_most("mail_chaos_not_final", count - final, "mails", 0)
    yield at_most("mail_chaos_twice", found.twice, "mails", 0)
    yield at_most("mail_chaos_accepted_missing", found.missing, "mails", 0)
    yield at_most("mail_chaos_unknown", states.get("unknown", 0), "mails", found.unknown_allowed)
    share = found.accepted_share
    yield Row("mail_chaos_accepted", 100 * share, "%", None, None, "≥ 98 %", share >= 0.98)
    for name, value in (
        ("refused", states.get("refused", 0)),
        ("dropped", found.dropped),
        ("kills", found.kills),
    ):
        yield info(f"mail_chaos_{name}", value, "")
    yield info("mail_chaos_seconds", found.seconds, "s")


def sending_settings(settings: Settings, port: int) -> Settings:
    """To a server of ours, signed, and as fast as it goes."""
    key = FOLDER / "dkim.pem"
    if not key.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return replace(
        settings,
        smtp_host="127.0.0.1",
        smtp_port=port,
        mail_rate=1_000_000,
        dkim_selector="bench",
        dkim_key_file=str(key.resolve()),
    )


def ask(services: Services, tenant: TenantRef, people: Sequence[UUID], count: int) -> None:
    """So many mails in an empty outbox."""
    moment = now()
    rows = [
        {
            "id": (mail_id := new_id()),
            "purpose": mail_letter.PURPOSE,
            "ref_id": people[number % len(people)],
            "key": f"bench:{mail_id}",
            "locale": "en",
            "state": "queued",
            "attempts": 0,
            "created_at": moment,
            "next_attempt_at": moment,
        }
        for number in range(count)
    ]
    with services.db.tenant_session(tenant) as session:
        session.execute(delete(Outbox))
        session.execute(insert(Outbox), rows)


def left(services: Services, tenant: TenantRef) -> int:
    """Mails that were not accepted."""
    with services.db.tenant_session(tenant) as session:
        return session.scalar(select(func.count()).select_from(Outbox).where(Outbox.state != "accepted")) or 0


def _people(services: Services, tenant: TenantRef) -> list[UUID]:
    """Customers whose address stands encrypted under a key of their own; kept between runs."""
    with services.db.tenant_session(tenant) as session:
        query = select(Person.id).where(Person.source == "bench_mail").limit(PEOPLE)
        found = list(session.scalars(query))
        for number in range(PEOPLE - len(found)):
            person_id = new_id()
            email = f"ann.{person_id.hex}@d{number % DOMAINS}.example"
            identity = Identity(id=person_id, name=f"Ann Ündersen {number}", email=email)
            session.add(Person(id=person_id, source="bench_mail", identity=identity))
            found.append(person_id)
    return found


def _made_beforehand(here: House, settings: Settings, tenant: TenantRef, people: Sequence[UUID]) -> list[Path]:
    """One file of finished mails for each floor process."""
    ask(here.services, tenant, people, MAILS)
    services = replace(here.services, settings=settings)
    leases = Leases(services.db, tenant)
    maker = Maker(services, tenant, mail_letter.PURPOSES, leases, frozenset())
    made = [
        (envelope.sender, envelope.recipient, envelope.content)
        for envelope in (each.envelope for each in maker.make(leases.take(MAILS)))
    ]
    files = [FOLDER.resolve() / f"mails-{number}.pickle" for number in range(WORKERS)]
    for number, file in enumerate(files):
        file.write_bytes(pickle.dumps(made[number::WORKERS]))
    return files


@contextmanager
def _ready(commands: Sequence[Sequence[str]], environment: dict[str, str]) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that have said that they are ready."""
    processes = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for command in commands
    ]
    try:
        for each in processes:
            _hear(each, "ready")
        yield processes
    finally:
        for each in processes:
            assert each.stdin is not None
            each.stdin.close()
            each.wait(30)


def _seconds(processes: Sequence[subprocess.Popen[str]]) -> float:
    """Lets all of them go at once and waits for the last."""
    began = time.perf_counter()
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in processes:
        _hear(each, "done")
    return time.perf_counter() - began


def _hear(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    if said != word:
        raise RuntimeError(f"a process said {said!r} where {word!r} was due")
