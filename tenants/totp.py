"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds) and the recovery codes beside them.

Pure functions: who holds which secret, and which step was used last, is kept by the callers (staff in the tenant,
operators in the control plane).
"""

import hashlib
import hmac
import secrets

import pyotp

from infra.clock import now

STEP = 30
"""Seconds for which one code stands."""
SKEW = 1
"""Steps by which a phone's clock may be off, either way (RFC 6238, 5.2)."""
RECOVERY_CODES = 10

_LETTERS = "abcdefghjkmnpqrstvwxyz0123456789"
"""Crockford's base 32 in another order: no i, l, o and u, so that nothing is misread from paper."""
_GROUPS, _GROUP = 4, 4
"""Sixteen letters are 80 bits: too many to try, so that a fast hash is enough to store them."""
_MISREAD = str.maketrans({"i": "1", "l": "1", "o": "0", "u": "v"})


def new_secret() -> str:
    """A secret of 160 bits in base 32, as apps take it."""
    return pyotp.random_base32()


def address(secret: str, account: str, issuer: str) -> str:
    """The otpauth address that a QR code brings to the app; account and issuer are what the app shows."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def matching_step(secret: str, code: str, *, after: int | None) -> int | None:
    """The 30 s step whose code this is, when it is valid now and newer than the last used one; else None.

    Store the step under a lock: what was accepted once is then refused for ever. Each candidate is compared, in
    constant time, whatever the code looks like.
    """
    typed = "".join(code.split()).encode()
    present = int(now().timestamp()) // STEP
    app = pyotp.TOTP(secret)
    found: int | None = None
    for step in range(present - SKEW, present + SKEW + 1):
        fits = hmac.compare_digest(app.generate_otp(step).encode(), typed)
        if fits and (after is None or step > after):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of one use for the day the phone is lost; show them once, store their hashes."""
    return [_new_recovery_code() for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> bytes:
    """What is stored of a recovery code. Case, spaces, dashes and letters that are easily misread do not matter."""
    plain = "".join(letter for letter in code.casefold() if letter.isalnum()).translate(_MISREAD)
    return hashlib.sha256(b"rapport.recovery.v1\0" + plain.encode()).digest()


def _new_recovery_code() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)
