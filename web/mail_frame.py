"""A mail in a frame of a page, to be looked at: as mail programs show it, and nothing in it can act.

Mails carry their styles in their elements, which our policy forbids. In the frame exactly the styles of this mail
are allowed, by their hashes; it has no origin, runs no script, and loads nothing but the workspace's logo.
"""

import base64
import hashlib
import re
from html import unescape

from flask import Response

from web.security import CONTENT_POLICY

_ATTRIBUTE = re.compile(r'\sstyle="([^"]*)"')
_BLOCK = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_LINK = re.compile(r"<a\s")

AROUND = ("default-src 'none'", "img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "sandbox")


def around() -> str:
    """The policy of a page with such a frame: the usual one, and frames of our own."""
    return "; ".join((*CONTENT_POLICY, "frame-src 'self'", "form-action 'self'", "frame-ancestors 'none'"))


def answer(html: str, status: int = 200) -> Response:
    """The mail as a document that only our own pages may frame."""
    styles = [unescape(each) for each in _ATTRIBUTE.findall(html)] + _BLOCK.findall(html)
    hashes = " ".join(sorted({f"'sha256-{_hash(each)}'" for each in styles}))
    policy = "; ".join((*AROUND, f"style-src 'unsafe-hashes' {hashes}", "frame-ancestors 'self'"))
    response = Response(_LINK.sub('<a tabindex="-1" ', html), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "no-store"
    return response


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
