"""The vendor's own host: what Rapport is, signing up, and finding one's workspace again."""

from web.platform import pages, sign_up
from web.platform.blueprint import blueprint

__all__ = ["blueprint", "pages", "sign_up"]
