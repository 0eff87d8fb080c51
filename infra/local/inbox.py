"""The inbox page: what the mailbox kept, newest first. A mail's HTML is shown in a sandboxed frame."""

import html
import re
import threading
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from infra.local.mailbox import messages, read

NAME = re.compile(r"/mail/([0-9A-Za-z.\-]+?)(/html|/source)?")
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css">
</head><body><main>{body}</main></body></html>"""
STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1c2330;background:#f6f7f9}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem}h1{font-size:1.4rem}a{color:#1d4ed8}
ul{list-style:none;padding:0}
li{background:#fff;border:1px solid #d9dde4;border-radius:8px;
margin:.5rem 0;padding:.75rem 1rem}
small{color:#4d5767;display:block}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#fff;border:1px solid #d9dde4;border-radius:8px;
padding:1rem}
iframe{width:100%;height:36rem;background:#fff;border:1px solid #d9dde4;border-radius:8px}"""
STRICT = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
MAIL = "default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline'; sandbox allow-popups"


class Inbox:
    """Serves the inbox page on its own loopback port, from a thread."""

    def __init__(self, folder: Path, port: int) -> None:
        handler = type("Handler", (_Handler,), {"folder": folder})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="inbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    folder: Path

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/":
            return self._send(_list(self.folder))
        if path == "/style.css":
            return self._send(STYLE, kind="text/css")
        found = NAME.fullmatch(path)
        file = self.folder / f"{found[1]}.eml" if found else None
        if found is None or file is None or not file.is_file():
            return self._send(_page("Not here", "<h1>There is no such mail.</h1>"), status=404)
        if found[2] == "/html":
            return self._send(_part(read(file), "html"), rules=MAIL)
        if found[2] == "/source":
            return self._send(file.read_text(errors="replace"), kind="text/plain")
        return self._send(_one(found[1], read(file)))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the page is looked at often and says nothing new."""

    def _send(self, text: str, *, kind: str = "text/html", status: int = 200, rules: str = STRICT) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", rules)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _list(folder: Path) -> str:
    rows = [
        f'<li><a href="/mail/{stem}">{_text(mail["Subject"])}</a>'
        f"<small>to {_text(mail['To'])} · {_text(mail['Date'])}</small></li>"
        for stem, mail in messages(folder)[:200]
    ]
    empty = "<p>No mail yet. Everything that Rapport sends on this machine arrives here.</p>"
    return _page("Inbox", f"<h1>Inbox ({len(rows)})</h1>" + (f"<ul>{''.join(rows)}</ul>" if rows else empty))


def _one(stem: str, mail: EmailMessage) -> str:
    frame = f'<iframe src="/mail/{stem}/html" sandbox="allow-popups" title="The mail as HTML"></iframe>'
    return _page(
        str(mail["Subject"]),
        f'<p><a href="/">Inbox</a> · <a href="/mail/{stem}/source">Source</a></p><h1>{_text(mail["Subject"])}</h1>'
        f"<small>from {_text(mail['From'])}</small><small>to {_text(mail['To'])} · {_text(mail['Date'])}</small>"
        f"<h2>Text</h2><pre>{_linked(_part(mail, 'plain'))}</pre>"
        + (f"<h2>HTML</h2>{frame}" if _part(mail, "html") else ""),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def _page(title: str, body: str) -> str:
    return PAGE.format(title=html.escape(title), body=body)


def _text(value: object) -> str:
    return html.escape(str(value or "–"))


def _linked(text: str) -> str:
    return re.sub(r"(https?://[^\s<>&]+(?:&amp;[^\s<>&]+)*)", r'<a href="\1">\1</a>', html.escape(text))
