"""An S3 server as a child process: rclone over a folder, whose sub-folders are the buckets."""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

from infra.local.process import Process
from infra.local.trouble import Trouble


def s3(data_dir: Path, port: int, key: str, secret: str, bucket: str) -> Process:
    """The server, not started yet, with one bucket. The key pair goes in by the environment."""
    folder = data_dir / "s3"
    (folder / bucket).mkdir(mode=0o700, parents=True, exist_ok=True)
    address = f"127.0.0.1:{port}"

    def answers() -> None:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=3):
                return
        except urllib.error.HTTPError as refused:  # 403 without a signature: it is there
            refused.close()

    command = [str(_binary()), "serve", "s3", "--addr", address, "--config", "/dev/null", str(folder)]
    environment = {
        **os.environ,
        "RCLONE_AUTH_KEY": f'"{key},{secret}"',
        "RCLONE_CACHE_DIR": str(data_dir / "cache"),
    }
    return Process("S3", "s3", command, data_dir, answers=answers, environment=environment)


def _binary() -> Path:
    found = Path(sys.executable).parent / "rclone"
    if not found.is_file():
        raise Trouble(f"{found} is missing: run `make run` again, or set RAPPORT_S3_ENDPOINT.")
    return found
