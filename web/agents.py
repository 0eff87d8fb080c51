"""The kind of browser and system behind a User-Agent: enough to know one's own sessions by, and nothing more.

Only two codes are kept (`firefox/windows`); versions, models and the text itself are not.
"""

import re

from infra.i18n import gettext

_BROWSERS = (
    ("edge", "Edge", r"\bEdgA?(?:iOS)?/"),
    ("opera", "Opera", r"\bOPR/|\bOpera\b"),
    ("samsung", "Samsung Internet", r"\bSamsungBrowser/"),
    ("firefox", "Firefox", r"\bFirefox/|\bFxiOS/"),
    ("chrome", "Chrome", r"\bChrome/|\bCriOS/|\bChromium/|\bHeadlessChrome/"),
    ("safari", "Safari", r"\bSafari/"),
)
"""In this order: most browsers name older ones besides themselves."""

_SYSTEMS = (
    ("iphone", "iPhone", r"\biPhone\b"),
    ("ipad", "iPad", r"\biPad\b"),
    ("android", "Android", r"\bAndroid\b"),
    ("chromeos", "ChromeOS", r"\bCrOS\b"),
    ("windows", "Windows", r"\bWindows\b"),
    ("mac", "macOS", r"\bMacintosh\b|\bMac OS X\b"),
    ("linux", "Linux", r"\bLinux\b|\bX11\b"),
)
_LONGEST = 512
_NAMES = {code: name for code, name, _ in (*_BROWSERS, *_SYSTEMS)}


def kind_of(user_agent: str) -> str:
    """`browser/system` as codes; a part that is not known is empty."""
    text = user_agent[:_LONGEST]
    return f"{_first(_BROWSERS, text)}/{_first(_SYSTEMS, text)}"


def words(kind: str | None) -> str:
    """The kind as a person says it: "Firefox on Windows"."""
    browser, _, system = (kind or "").partition("/")
    named = {"browser": _NAMES.get(browser, ""), "system": _NAMES.get(system, "")}
    if all(named.values()):
        return gettext("%(browser)s on %(system)s", **named)
    return named["browser"] or named["system"] or gettext("Unknown device")


def _first(table: tuple[tuple[str, str, str], ...], text: str) -> str:
    return next((code for code, _, pattern in table if re.search(pattern, text)), "")
