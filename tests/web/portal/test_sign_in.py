"""Signing in on the customer pages: one mail with a link and a code, for the right mailbox, once."""

from tests.web.portal.story import asks, types
from tests.web.story import text_of


def test_the_code_signs_in_the_browser_that_asked(browser, town):
    town.customer()
    eva = browser()
    assert asks(eva, " EVA@Example.org ").location.endswith("/portal/sign-in/code")
    (mail,) = town.mails()
    assert mail.to == "eva@example.org"
    assert types(eva, f"{mail.code[:4]} {mail.code[4:]}").location.endswith("/portal")
    assert "Hello Eva" in text_of(eva.get("portal.index"))


def test_the_link_signs_in_on_any_device_after_one_press_and_a_scanner_spends_nothing(browser, town):
    town.customer()
    asks(browser(), "eva@example.org")
    (mail,) = town.mails()
    phone = browser()
    for _ in range(3):
        page = phone.get(mail.link)
        phone.send("HEAD", mail.link, expect=200)
    assert "e…@example.org" in text_of(page)
    assert phone.submit(page, "/sign-in/link/").location.endswith("/portal")
    assert "Hello Eva" in text_of(phone.get("portal.index"))
    late = browser()
    assert "Ask for a new mail" in text_of(late.get(mail.link, expect=410))
    assert late.get("portal.index", expect=303).location.startswith("/portal/sign-in")
