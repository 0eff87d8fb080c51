"""The mails that a test caused, as they arrived over SMTP."""

import time
from email.message import EmailMessage
from pathlib import Path

from infra.local.mailbox import Mailbox, messages
from infra.local.ports import free_port


class Post:
    """A mailbox of this worker. Reads what arrived; `wait_for` polls with a deadline."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._recipients: set[str] = set()
        self._mailbox = _listening(folder)
        self.port = self._mailbox.port

    def messages(self, to: str | None = None) -> list[EmailMessage]:
        """What arrived, the newest first; `to` keeps one recipient's."""
        found = [message for _, message in messages(self.folder)]
        return [message for message in found if to is None or to in str(message["Delivered-To"])]

    def wait_for(self, to: str, subject: str = "", seconds: float = 15) -> EmailMessage:
        """The newest mail to that address whose subject holds the words. Fails when none comes in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.messages(to):
                if subject in str(message["Subject"]):
                    return message
            time.sleep(0.05)
        raise AssertionError(
            f"no mail to {to} with {subject!r} within {seconds} s, only {len(self.messages())} others"
        )

    def clear(self) -> None:
        """Forgets what arrived so far, but not to whom."""
        self._recipients = self.recipients()
        for path in self.folder.glob("*.eml"):
            path.unlink(missing_ok=True)

    def recipients(self) -> set[str]:
        """Every address that a mail arrived for."""
        return self._recipients | {str(message["Delivered-To"]) for message in self.messages()}

    def stop(self) -> None:
        self._mailbox.stop()


def _listening(folder: Path) -> Mailbox:
    """A started mailbox; another worker may take the port between looking and listening, so a few tries."""
    for _ in range(5):
        mailbox = Mailbox(folder, free_port())
        try:
            mailbox.start()
        except OSError:
            continue
        return mailbox
    raise AssertionError("no port for the test's mailbox")
