"""The floor of `mail_send`: bare smtplib over a warm connection, with signed mails made beforehand.

`python -m tests.bench.floors.mail <port> <file>`: the file holds pickled (sender, recipient, content).
"""

import pickle
import smtplib
import sys
from pathlib import Path


def main() -> None:
    mails = pickle.loads(Path(sys.argv[2]).read_bytes())
    smtp = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
    smtp.ehlo()
    print("ready", flush=True)
    for _ in sys.stdin:
        for sender, recipient, content in mails:
            smtp.sendmail(sender, [recipient], content)
        print("done", flush=True)


if __name__ == "__main__":
    main()
