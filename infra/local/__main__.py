"""`python -m infra.local up`: the servers alone, until Ctrl-C; others start the web process themselves."""

import os
import signal
import sys
import threading
from pathlib import Path

from infra.local.stack import Stack
from infra.local.trouble import Trouble
from infra.settings import PREFIX, Settings


def up(data_dir: Path) -> None:
    """Runs the servers until SIGINT or SIGTERM."""
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    stack = Stack(data_dir)
    stack.start()
    print(
        f"The stack is up; its settings are in {data_dir}/settings.env, its inbox at {stack.inbox_url}", flush=True
    )
    ended.wait()
    stack.stop()


def main() -> int:
    data_dir = Path(os.environ.get(PREFIX + "DATA_DIR", Settings.data_dir)).resolve()
    try:
        up(data_dir)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
