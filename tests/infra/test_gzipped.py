"""What is compressed is read again by anybody who knows gzip, also around a hole."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.gzipped import Halves, whole


@given(st.binary(max_size=300), st.binary(max_size=80), st.binary(max_size=300))
def test_halves_around_a_middle_are_one_file(before: bytes, middle: bytes, after: bytes) -> None:
    made = Halves(before * 9, after * 9)

    for filling in (middle, b"", middle[::-1]):
        said = before * 9 + filling + after * 9
        assert gzip.decompress(made.around(filling, len(said))) == said
        assert zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(made.around(filling, len(said))) == said


def test_a_page_becomes_much_shorter_and_always_the_same() -> None:
    page = b"<label><input type=radio name=q value=1> one</label>\n" * 400

    assert len(whole(page)) < len(page) / 20
    assert whole(page) == whole(page)
    assert len(Halves(page, page).around(b"token", 2 * len(page) + 5)) < len(page) / 10


def test_a_middle_longer_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        Halves(b"", b"").around(b"x" * 70_000, 70_000)
