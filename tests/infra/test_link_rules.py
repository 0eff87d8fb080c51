"""Links as people write them, and as they hide them."""

import pytest

from infra.limits import network
from infra.link_rules import Link, links_in, skeleton
from web.public.surveys.text import rich

EVERYBODY = ["acme.example", "evil.example", "other.example"]


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("Read https://acme.example/terms and www.acme.example.", ["acme.example"]),
        ("[Our shop](https://shop.acme.example/a?b=c)", ["shop.acme.example"]),
        ("acme.com, or acme.example/offers", ["acme.com", "acme.example"]),
        ("Write to info@acme.com", []),
        ("Was it good?Yes. z.B. St.Gallen, 3.14, e.g. node.js, Hello.World", []),
        ("mailto:info@acme.com", []),
        ("EVIL: HTTPS://ACME。COM/x", ["acme.com"]),
        ("hxxps://acme.com and https:\\\\acme.org", ["acme.com", "acme.org"]),
        ("ac\u200bme.com/x", ["acme.com"]),
        ("https://acme.example:8443/x", ["acme.example"]),
        ("", []),
    ],
)
def test_every_way_to_write_a_link_is_seen_and_nothing_else(text, hosts):
    assert [link.host for link in links_in(text)] == hosts


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://bit.ly/abc", "shortener"),
        ("TINYURL.com/abc", "plain"),
        ("https://TinyURL.com/abc", "shortener"),
        ("https://go.bit.ly/abc", "shortener"),
        ("http://192.0.2.7/login", "address"),
        ("http://0x7f000001/", "address"),
        ("http://[2001:db8::1]/", "address"),
        ("[here](http://[2a00::1]/x)", "address"),
        ("http://user@[2a00::1]:8080/", "hidden"),
        ("https://①⑥⑨.254.169.254/", "address"),
        ("[here](https://①⑥⑨.254.169.254/)", "address"),
        ("https://169.254\ufe0f.169.254/", "address"),
        ("ｈｔｔｐｓ：／／192.0.2.7/", "address"),
        ("https://paypal.com@evil.example/", "hidden"),
        ("https://раураl.com/", "lookalike"),
        ("https://xn--80ak6aa92e.com/", "lookalike"),
        ("https://bücher.example/", "plain"),
        ("https://москва.рф/", "plain"),
        ("https://καφές.gr/", "plain"),
    ],
)
def test_a_link_that_hides_where_it_leads_is_known_as_such(text, kind):
    found = links_in(text)
    assert [link.kind for link in found] == [kind] or (kind == "plain" and found == [])


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("[write](mailto:help@acme.example)", ["acme.example"]),
        ("[write](mailto:a%40acme.example,b@evil.example?cc=c@other.example)", EVERYBODY),
        ("[\u200b](https://acme.example/x)", ["acme.example"]),
        ("[shop](https:///acme.example/x)", ["acme.example"]),
        ("[shop](http://[2a00::1]:80/)", ["[2a00::1]"]),
    ],
)
def test_whatever_a_page_makes_a_link_of_is_judged(text, hosts):
    assert "<a href=" in rich(text)
    assert [link.host for link in links_in(text)] == hosts


def test_a_rendered_link_is_judged_where_a_browser_goes():
    assert Link("evil.example", "hidden") in links_in("[shop](https://acme.example|@evil.example/)")


def test_a_long_text_takes_no_time():
    assert links_in("https://" + "a." * 5000) is not None
    assert links_in("a-" * 20_000) == []
    assert links_in("www." * 5000) is not None


def test_the_same_host_is_one_link():
    assert links_in("https://acme.example/a https://acme.example/b") == [Link("acme.example", "plain")]


def test_a_hasty_reader_sees_no_difference():
    assert skeleton("Pаy-Pál 0f") == skeleton("paypal of")


@pytest.mark.parametrize(
    ("address", "subscriber"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_one_subscriber_is_one_address_or_the_half_of_one(address, subscriber):
    assert network(address) == subscriber
