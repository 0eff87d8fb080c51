"""The pictures of the product on the first page speak the visitor's language, or say which one they speak."""

import pytest
from bs4 import BeautifulSoup

from tests.shape.conftest import ROOT
from tests.web.story import text_of


@pytest.mark.parametrize(
    ("wish", "shown", "said"),
    [("en", "en", ""), ("de-AT", "de", ""), ("fr", "en", "Langue de l’image : Anglais."), ("tlh", "en", "")],
)
def test_the_pictures_follow_the_language(visitor, wish, shown, said):
    page = visitor().get("platform.landing", headers={"Accept-Language": wish})
    found = BeautifulSoup(page.text, "html.parser")
    pictures = [image["src"] for image in found.select("main img")]
    pictures += [source["srcset"] for source in found.select("main source")]
    assert len(pictures) == 3
    for address in pictures:
        assert address.endswith(f"-{shown}.webp")
        assert (ROOT / "web" / address.lstrip("/")).is_file()
    assert said in text_of(page)
    assert said or "Language of the picture" not in text_of(page)
