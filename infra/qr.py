"""QR codes (ISO/IEC 18004) for links on receipts, tables and posters."""

from io import BytesIO

import segno

QUIET_ZONE = 4  # modules, as the standard asks
PNG_MODULE = 16  # pixels; about 600 pixels a side for our links


def svg(content: str) -> bytes:
    """A scalable code without colours of its own but black on white; error correction at least M."""
    out = BytesIO()
    segno.make(content, error="m", micro=False).save(
        out, kind="svg", border=QUIET_ZONE, light="#fff", xmldecl=False
    )
    return out.getvalue()


def png(content: str) -> bytes:
    """The same as a picture for print."""
    out = BytesIO()
    segno.make(content, error="m", micro=False).save(out, kind="png", border=QUIET_ZONE, scale=PNG_MODULE)
    return out.getvalue()
