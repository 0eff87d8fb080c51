"""Sign-in and security of the one who is signed in: their sessions, and the password asked again."""

from web.console.security.sessions import blueprint

__all__ = ["blueprint"]
