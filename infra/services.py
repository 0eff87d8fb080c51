"""The parts a process works with, made once by its composition root and handed down."""

from dataclasses import dataclass
from typing import Self

from infra import crypto, scanning
from infra.crypto import Keys
from infra.db import Databases
from infra.events import signals
from infra.jobs import Queues, sending
from infra.settings import Settings
from infra.storage import S3Storage, Storage


@dataclass(frozen=True, slots=True)
class Services:
    """Settings, databases, keys, files and queues of this process."""

    settings: Settings
    db: Databases
    keys: Keys
    storage: Storage
    queues: Queues
    before: tuple[Keys | None, Queues | None] = (None, None)
    """The keys and queues that the process worked with until these parts were started."""

    @classmethod
    def start(cls, settings: Settings) -> Self:
        """Makes every part; none connects before it is used. A forked child must start its own."""
        databases = Databases(settings)
        queues = Queues(settings)
        scanning.configure(settings.scanner)
        keys = crypto.Keys(crypto.key_provider(settings), databases)
        return cls(
            settings=settings,
            db=databases,
            keys=keys,
            storage=S3Storage(settings),
            queues=queues,
            before=(crypto.use(keys), sending.configure(queues)),
        )

    def stop(self) -> None:
        """Sends the last signals, gives all connections back, and the process works with what it had before."""
        keys, queues = self.before
        signals.configure(None)
        sending.configure(queues)
        crypto.use(keys)
        self.db.close()
        self.queues.connection.close()
