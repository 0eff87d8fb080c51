"""Colours that people can read: WCAG 2.2 contrast, and a brand as CSS custom properties.

Relative luminance and contrast ratio as in WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio.
"""

import colorsys
import re
from dataclasses import dataclass

from infra.errors import Invalid

READABLE = 4.5  # WCAG 2.2, 1.4.3, level AA, for body text
PAPER = "#ffffff"  # the survey page's own ground, light
NIGHT = "#14171c"  # and dark

HEX = re.compile(r"#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
RGB = tuple[float, float, float]


class BadColour(Invalid):
    """The text is no colour in hexadecimal notation."""

    code = "bad_colour"
    message = "Write the colour as # and six digits from 0 to 9 and a to f, for example #0b6e4f."


@dataclass(frozen=True)
class Accessible:
    """A colour that can be read on its ground, and what was done to it."""

    colour: str
    original: str
    lightness_change: int  # percentage points of HSL lightness; negative is darker
    contrast_before: float
    contrast_after: float

    @property
    def changed(self) -> bool:
        return self.colour != self.original


@dataclass(frozen=True)
class Theme:
    """A tenant's brand as the pages need it."""

    accent: str = "#1f5fbf"
    font: str = "system"
    corners: int = 8  # pixels


FONTS = {
    "system": 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
    "serif": 'Charter, "Bitstream Charter", Georgia, Cambria, "Times New Roman", serif',
    "rounded": '"Avenir Next Rounded", "SF Pro Rounded", Nunito, Quicksand, system-ui, sans-serif',
    "mono": 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
}
"""The fonts a brand can choose: stacks that every device has, so that nothing is fetched."""


def normal_hex(text: str) -> str:
    """`#RRGGBB` in lower case from any hexadecimal notation. Raises BadColour."""
    if not HEX.fullmatch(text.strip()):
        raise BadColour
    digits = text.strip().lstrip("#").lower()
    return "#" + (digits if len(digits) == 6 else "".join(d * 2 for d in digits))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def accessible(colour: str, on: str = PAPER, ratio: float = READABLE) -> Accessible:
    """The nearest colour of the same hue and saturation that reaches `ratio` against `on`.

    The contrast of two colours is the same whichever is the text, so the result serves as a ground for text
    of colour `on` and as text on `on`. It moves away from `on` in steps of one point of HSL lightness.
    """
    original = normal_hex(colour)
    before = contrast(original, on)
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(original))
    step = -0.01 if _luminance(_rgb(on)) > 0.18 else 0.01
    moved, found = 0, original
    while contrast(found, on) < ratio and abs(moved) < 100:
        moved += 1
        target = min(1.0, max(0.0, lightness + step * moved))
        found = _hex(colorsys.hls_to_rgb(hue, target, saturation))
    return Accessible(found, original, moved if step > 0 else -moved, before, contrast(found, on))


def theme_css(theme: Theme) -> str:
    """The brand as a stylesheet of custom properties, for light and dark grounds."""
    light, dark = accessible(theme.accent, PAPER), accessible(theme.accent, NIGHT)
    font = FONTS.get(theme.font, FONTS["system"])
    corners = max(0, min(24, int(theme.corners)))
    return (
        f":root{{--brand:{light.colour};--on-brand:{PAPER};--brand-font:{font};--brand-radius:{corners}px}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{--brand:{dark.colour};--on-brand:{NIGHT}}}}}\n"
    )


def _rgb(colour: str) -> RGB:
    digits = normal_hex(colour)
    return int(digits[1:3], 16) / 255, int(digits[3:5], 16) / 255, int(digits[5:7], 16) / 255


def _hex(rgb: RGB) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _luminance(rgb: RGB) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
