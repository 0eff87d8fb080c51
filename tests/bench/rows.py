"""What a measure found, as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `met` is None where nothing was promised; `target` is in words, with its direction."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None


def against_floor(name: str, unit: str, values: Sequence[float], floors: Sequence[float], least: float) -> Row:
    """Medians of interleaved rounds; the ratio is the median of the rounds' own ratios."""
    ratio = median(value / floor for value, floor in zip(values, floors, strict=True))
    target = f"≥ {least:g} × floor"
    return Row(name, median(values), unit, median(floors), ratio, target, ratio >= least)


def at_most(name: str, value: float, unit: str, most: float) -> Row:
    """A figure that must not be larger."""
    return Row(name, value, unit, None, None, f"≤ {most:g} {unit}", value <= most)


def exactly(name: str, value: float, unit: str, wanted: float) -> Row:
    """A figure that must be this one."""
    return Row(name, value, unit, None, None, f"= {wanted:g} {unit}", value == wanted)


def info(name: str, value: float, unit: str) -> Row:
    """A figure that is printed and promises nothing."""
    return Row(name, value, unit)


def table(rows: Sequence[Row]) -> str:
    """The rows under each other."""
    lines = [f"{'measure':<34}{'value':>12} {'unit':<8}{'floor':>10}{'ratio':>8}  {'target':<20}"]
    for row in rows:
        floor = f"{row.floor:,.1f}" if row.floor is not None else ""
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        met = {True: "met", False: "MISSED", None: ""}[row.met]
        lines.append(
            f"{row.name:<34}{row.value:>12,.2f} {row.unit:<8}{floor:>10}{ratio:>8}  {row.target:<20} {met}"
        )
    return "\n".join(lines)


def write(rows: Sequence[Row], path: Path) -> None:
    """Keeps the rows; figures of measures that did not run this time stay."""
    path.parent.mkdir(exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else []
    fresh = {row.name for row in rows}
    merged = [old for old in kept if old["name"] not in fresh] + [asdict(row) for row in rows]
    path.write_text(json.dumps(sorted(merged, key=lambda row: row["name"]), indent=1) + "\n")
