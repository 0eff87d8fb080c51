"""Files for spreadsheets: what a cell is stays what it is, nothing runs, and nothing grows with the file."""

import io
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from customers.imports import reading
from infra import sheets

NAME = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MOMENT = datetime(2026, 3, 29, 9, 30, tzinfo=UTC)


def made(form, titles, *batches, **options):
    return b"".join(sheets.pieces(form, titles, batches, **options))


def cells(content, sheet=1):
    """Type and text of each cell of a sheet, row by row."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))
    return [
        [(cell.get("t", "n"), "".join(cell.itertext()), cell.get("s")) for cell in row]
        for row in root.iter(f"{NAME}row")
    ]


def test_both_forms_hold_texts_numbers_days_and_moments_and_neither_runs_a_formula(tmp_path):
    row = ["=1+1", "Jörg", 7, 2.5, date(2026, 3, 1), MOMENT, None, True, Decimal("1.25")]
    text = made("csv", ["a"], [row]).decode("utf-8-sig")
    assert text == "a\r\n'=1+1,Jörg,7,2.5,2026-03-01,2026-03-29T09:30:00+00:00,,True,1.25\r\n"
    content = made("xlsx", ["=a", *"bcdefghi"], [row])
    head, shown = cells(content)
    assert head[0][:2] == ("inlineStr", "=a")
    kinds = [("inlineStr", "=1+1"), ("inlineStr", "Jörg"), ("n", "7"), ("n", "2.5"), ("n", "46082")]
    kinds += [("n", "46110.39583333334"), ("b", "1"), ("n", "1.25")]
    assert [cell[:2] for cell in shown] == kinds
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        styles, sheet = archive.read("xl/styles.xml").decode(), archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'quotePrefix="1"' in styles
    assert "yyyy-mm-dd hh:mm:ss" in styles
    assert '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' in sheet
    assert "<f>" not in sheet
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    [(_, again)] = reading.rows_of(path, {"kind": "xlsx"})
    assert again[:5] == ["=1+1", "Jörg", "7", "2.5", "2026-03-01"]


def test_what_a_spreadsheet_would_spoil_is_a_text():
    row = [10**16, date(1899, 12, 31), float("nan"), "x" * 40_000, "\x00\x0b\uffff<&>", "https://x.org"]
    [shown] = cells(made("xlsx", list("abcdef"), [row]))[1:]
    assert [kind for kind, _, _ in shown] == ["inlineStr"] * 6
    assert [shown[0][1], shown[1][1], len(shown[3][1])] == ["10000000000000000", "1899-12-31", sheets.LONGEST_TEXT]
    assert shown[3][1].endswith("…")


def test_moments_name_their_zone_where_cells_know_none():
    titles = ("name", "created_at")
    assert sheets.headings("csv", titles, titles[1:], "Europe/Vienna") == ["name", "created_at"]
    assert sheets.headings("xlsx", titles, titles[1:], "Europe/Vienna")[1] == "created_at (Europe/Vienna)"


def test_more_rows_than_a_sheet_holds_go_on_in_the_next_one_below_its_own_headings():
    content = made("xlsx", ["n"], [[n] for n in range(3)], [[n] for n in range(3, 5)], most_rows=3)
    found = [[cell[1] for row in cells(content, sheet) for cell in row] for sheet in (1, 2, 3)]
    assert found == [["n", "0", "1"], ["n", "2", "3"], ["n", "4"]]


LARGE = """
import resource
from datetime import UTC, datetime
from infra import sheets
def batches():
    for k in range(0, 200_000, 1_000):
        yield [[f"Name {n}", "=x", n, datetime(2026, 3, 1, tzinfo=UTC)] for n in range(k, k + 1_000)]
list(sheets.pieces("xlsx", list("abcd"), [[["warm", "=x", 1, datetime(2026, 3, 1, tzinfo=UTC)]]]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = sum(len(piece) for piece in sheets.pieces("xlsx", list("abcd"), batches()))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, size)
"""


def test_memory_stays_flat_at_two_hundred_thousand_rows():
    told = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True).stdout.split()
    assert int(told[0]) < 20 * 1024
    assert int(told[1]) > 1 << 20


def test_a_file_that_is_given_up_in_the_middle_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken():
        yield [["a"]] * 10
        raise TimeoutError

    with pytest.raises(TimeoutError):
        list(sheets.pieces("xlsx", ["n"], broken()))
    source = sheets.pieces("xlsx", ["n"], iter([[["a"]]]))
    next(source)
    source.close()
    assert list(tmp_path.iterdir()) == []
