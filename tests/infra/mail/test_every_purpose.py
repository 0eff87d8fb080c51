"""Each mail the product sends can be made, in each language that is shipped, and says the same in text and HTML."""

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

import worker
from infra import i18n
from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id
from infra.mail.mime import build
from infra.mail.purposes import Message, OutgoingMail
from infra.services import Services
from tests.infra.mail.makers import ADDRESS, CASES, WITHOUT_LINK, Made, Maker

if TYPE_CHECKING:
    from web.application import Application

WORKSPACE = "Acme Coffee Roasters"
BUSINESS = "Zoë's 100 % Bakery"
each_case = pytest.mark.parametrize(("purpose", "maker"), CASES)


@pytest.fixture(scope="module")
def app(services: Services) -> "Application":
    """Its routes, to which links are held."""
    from web import create_app

    return create_app(services)


def rendered(services: Services, purpose: str, made: Made, locale: str) -> tuple[OutgoingMail, Message]:
    """As the sender does it: in the row's language."""
    with i18n.use(locale):
        row = (new_id(), purpose, made.ref, made.key, locale)
        mail = OutgoingMail(*row, made.tenant, services.settings, BUSINESS if made.tenant else "")
        message = worker.PURPOSES.render(made.session, mail)
    assert message is not None
    return mail, message


def words(text: str) -> str:
    """Without what only layout needs: white space, and the colon between a name and what is said of it."""
    return " ".join(text.replace(":", " ").split())


def links(message: Message) -> list[str]:
    return re.findall(r"http://\S+", message.text)


@cache
def in_html(html: str) -> str:
    return words(BeautifulSoup(html, "html.parser").get_text(" "))


def sentences(message: Message) -> set[str]:
    """What is said in more than one word: subject, title, paragraphs and buttons, without names and addresses."""
    pieces = BeautifulSoup(message.html, "html.parser").body.stripped_strings  # type: ignore[union-attr]
    parts = {part for piece in (*pieces, message.subject) for part in re.split(r"(?<=[.?!])\s+", piece)}
    return {part for part in parts if len(part.split()) > 1 and "://" not in part} - {WORKSPACE, BUSINESS}


def test_every_purpose_is_tried_here() -> None:
    assert sorted(worker.PURPOSES) == sorted({purpose for purpose, _ in CASES})


@each_case
def test_a_mail_of_every_purpose_renders(
    joined: Services, acme: TenantRef, app: "Application", purpose: str, maker: Maker
) -> None:
    with maker(joined, acme) as made:
        for locale in i18n.SHIPPED:
            mail, message = rendered(joined, purpose, made, locale)
            assert message.to == ADDRESS
            assert f'lang="{locale}"' in message.html
            assert all(one.replace("&", "&amp;") in message.html for one in links(message))
            assert bool(links(message)) is (purpose not in WITHOUT_LINK)
            assert not [one for one in links(message) if not leads(app, one)]
            assert not re.search(r"%\(|\{\{|[\ue000\ue001]", message.subject + message.text + message.html)
            said = [words(line) for line in message.text.partition("\n--")[0].splitlines()]
            assert not [line for line in said if line not in in_html(message.html)]
            sender = joined.settings.mail_from
            assert build(message, id=mail.id, date=now(), default_sender=sender, signer=None).content


@each_case
def test_a_mail_to_a_person_names_the_business_and_not_its_address(
    joined: Services, acme: TenantRef, purpose: str, maker: Maker
) -> None:
    with maker(joined, acme) as made:
        message = rendered(joined, purpose, made, "en")[1]
        said = re.sub(r"http://\S+", "", message.subject + message.text)
        assert not re.search(rf"\b{acme.slug}\b", said)
        assert made.tenant is None or BUSINESS in said


@each_case
def test_no_sentence_of_a_mail_stays_english(joined: Services, acme: TenantRef, purpose: str, maker: Maker) -> None:
    with maker(joined, acme) as made:
        english = sentences(rendered(joined, purpose, made, "en")[1])
        assert len(english) > 2
        for locale in ("de", "fr"):
            assert not english & sentences(rendered(joined, purpose, made, locale)[1])


@each_case
def test_a_mail_whose_reason_has_gone_is_not_sent(
    joined: Services, acme: TenantRef, purpose: str, maker: Maker
) -> None:
    with maker(joined, acme) as made:
        outgoing = OutgoingMail(new_id(), purpose, new_id(), made.key, "en", made.tenant, joined.settings)
        assert worker.PURPOSES.render(made.session, outgoing) is None


def leads(app: "Application", link: str) -> bool:
    """Whether there is a page, and on the host that the link names: the platform's or a workspace's."""
    there, base = urlsplit(link), urlsplit(app.services.settings.base_url)
    endpoint, _ = app.url_map.bind(there.netloc).match(there.path, method="GET")
    host = app.policy[endpoint].surface.host
    return host in {"any", "platform" if there.netloc == base.netloc else "tenant"}
