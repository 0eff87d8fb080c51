"""What a mail's foot leads to: unsubscribe with one press, the preferences, confirming a consent. No login.

Every address carries a signed token or a personal link, and nothing else tells who somebody is: no cookie, so that
the pages work in frames and one-click unsubscribe works from a mail server. Opening a page changes nothing.
"""

from web.public.preferences import centre, confirming, fresh_link, unsubscribing
from web.public.preferences.blueprint import blueprint

__all__ = ["blueprint", "centre", "confirming", "fresh_link", "unsubscribing"]
