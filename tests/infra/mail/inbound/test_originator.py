"""Who wrote a mail is read by the letter, and what can be read in two ways proves nobody."""

import random
from email.utils import getaddresses

import pytest

from infra.mail.inbound import mime, originator

ANN = "ann@shop.example"


def author(line: bytes) -> originator.Author:
    return originator.read(mime.read(b"Subject: x\r\nFrom: " + line + b"\r\n\r\nHello").headers)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"ann@shop.example", ""),
        (b"<ann@shop.example>", ""),
        (b"Ann Lee <ann@shop.example>", "Ann Lee"),
        (b"Ann Lee\r\n <ann@shop.example>", "Ann Lee"),
        (b"Ann B. Lee (Shop) <ann@shop.example>", "Ann B. Lee (Shop)"),
        (b"ann@shop.example (Ann Lee)", "Ann Lee"),
        (b'"Lee, Ann \\"Bea\\"" <ann@shop.example>', 'Lee, Ann "Bea"'),
        (b'"ann@shop.example" <Ann@Shop.example>', "ann@shop.example"),
        (b"=?utf-8?Q?Ann_L=C3=A9e?= <ann@shop.example>", "Ann Lée"),
        ("Ann Lée <ann@shop.example>".encode(), "Ann Lée"),
        (b"Ann L\xe9e <ann@shop.example>", "Ann Lée"),
        ("Ann <ann@bücher.example>".encode(), "Ann"),
        ("Jörg <jörg@shop.example>".encode(), "Jörg"),
        ('"अनिता @ Shop" <ann@shop.example>'.encode(), "अनिता @ Shop"),
        (b'"ann @ shop.example" <ann@shop.example>', "ann @ shop.example"),
        ('"\u202eelpmaxe.knab@ssob" <ann@shop.example>'.encode(), "elpmaxe.knab@ssob"),
    ],
)
def test_one_mailbox_in_plain_spelling_is_clear(line, name):
    found = author(line)
    assert (found.is_clear, found.name, len(found.addresses)) == (True, name, 1)
    assert found.address.endswith(".example")


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (b'"<boss@bank.example>" <ann@shop.example>', ANN),
        (b'"boss@bank.example" <ann@shop.example>', ANN),
        (b"boss@bank.example <ann@shop.example>", "boss@bank.example"),
        (b"(<boss@bank.example>) ann@shop.example", ANN),
        (b"ann@shop.example (boss@bank.example)", ANN),
        (b"Boss (boss@bank.example) <ann@shop.example>", ANN),
        (b"(a (<boss@bank.example>)) ann@shop.example", ANN),
        (b"=?utf-8?Q?boss=40bank.example?= <ann@shop.example>", ANN),
        (b"=?utf-8?B?Ym9zc0BiYW5rLmV4YW1wbGU=?= <ann@shop.example>", ANN),
        ('"boss＠bank.example" <ann@shop.example>'.encode(), ANN),
        ('"boss@\u200bbank．example" <ann@shop.example>'.encode(), ANN),
        (b'"boss @ bank.example" <ann@shop.example>', ANN),
        (b'"boss@ bank .example" <ann@shop.example>', ANN),
        ('"boss@\u2800bank.example" <ann@shop.example>'.encode(), ANN),
        ('"boss@ba\u034fnk.example" <ann@shop.example>'.encode(), ANN),
        ('"boss\ufe0f@bank\ufe0f.example" <ann@shop.example>'.encode(), ANN),
        ('"boss@bank\u20dd.example" <ann@shop.example>'.encode(), ANN),
        ('"boss@bank\u3164.example" <ann@shop.example>'.encode(), ANN),
        ('"boss@bank\u3002example" <ann@shop.example>'.encode(), ANN),
        ('"boss@bank\uff61example" <ann@shop.example>'.encode(), ANN),
        ('"boss@bank\u00b7example" <ann@shop.example>'.encode(), ANN),
        ("an\u034fn@shop.example".encode(), "an\u034fn@shop.example"),
        (b"Ann <ann@shop.example>, Boss <boss@bank.example>", ANN),
        (b"ann@shop.example, boss@bank.example", ANN),
        (b"Us: ann@shop.example, boss@bank.example;", ANN),
        (b"Us: ann@shop.example;", ANN),
        (b"Lee, Ann <ann@shop.example>", ANN),
        (b"Ann <ann@shop.example> <boss@bank.example>", ANN),
        (b"Ann <@bank.example,@b.example:ann@shop.example>", ANN),
        (b"ann@shop.example.", ANN),
        (b"ann @shop.example", ""),
        (b"ann(x)@shop.example", ""),
        (b'"boss@bank.example"@shop.example', ""),
        (b'"ann"@shop.example', ""),
        (b"=?utf-8?Q?boss?=@shop.example", "=?utf-8?Q?boss?=@shop.example"),
        (b"=?utf-8?Q?ann=40shop.example?=", ""),
        ("ａnn@shop.example".encode(), "ａnn@shop.example"),
        ("ann\u200b@shop.example".encode(), ""),
        ("ann@\u202eshop.example".encode(), ""),
        (b"j\xf6rg@shop.example", "jörg@shop.example"),
        (b"<ann@shop.example> (boss@bank.example)", ANN),
        (b"ann@[192.0.2.1]", ""),
        (b"ann@-shop-.example", ""),
        ("ann@\u2488shop.example".encode(), ""),
        (b"<>", ""),
        (b"Nobody:;", ""),
        (b"nobody at all", ""),
        (b'"Ann <ann@shop.example>', ANN),
        (b"Ann <ann@shop.example", ANN),
        (b"a" * 3000 + b" <ann@shop.example>", ""),
        (b'"' * 1999, ""),
        (b"(" * 1999, ""),
    ],
)
def test_what_programs_read_in_two_ways_is_never_clear(line, address):
    found = author(line)
    assert (found.address, found.is_clear) == (address, False)


@pytest.mark.parametrize(
    "head",
    [
        b"From: ann@shop.example\r\nFrom: boss@bank.example\r\n",
        b"From: ann@shop.example\nFROM : boss@bank.example\r\n",
        b"From\x0b: boss@bank.example\r\nFrom: ann@shop.example\r\n",
        b"From\xa0: boss@bank.example\r\nFrom: ann@shop.example\r\n",
        b"From: ann@shop.example\r\nX-A: y\x0bFrom: boss@bank.example\r\n",
        b"From: ann@shop.example\r\nX-A: y\rFrom: boss@bank.example\r\n",
        b"From: ann@shop.example\r\nX-A: \x00y\r\n",
        b"From boss@bank.example Mon Nov 23\r\nFrom: ann@shop.example\r\n",
        b" X: y\r\nFrom: ann@shop.example\r\n",
        b"From: ann@shop.example\r\nno field at all\r\n",
        b"From: ann@shop.example\r\nX-Long: " + b"a" * 300_000 + b"\r\n",
    ],
)
def test_a_head_that_may_hide_another_sender_proves_nobody(head):
    found = originator.read(mime.read(head + b"\r\nHello").headers)
    assert (found.address, found.is_clear) == (ANN, False)


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_only_a_lines_end_ends_a_field(end):
    headers = mime.read(f"From: ann@shop.example\r\nX-A: y{end}From: boss@bank.example\r\n\r\n".encode()).headers
    assert headers.all("from") == [ANN]


def test_who_sends_in_the_name_of_nobody_is_not_read_from_sender():
    headers = mime.read(b"Sender: ann@shop.example\r\nSubject: x\r\n\r\nHello").headers
    assert originator.read(headers) == originator.Author()


def test_what_is_clear_is_read_so_by_another_program_too():
    pieces = (
        *(
            "<",
            ">",
            '"',
            "(",
            ")",
            ",",
            ";",
            ":",
            " ",
            "\t",
            "\r\n ",
            "@",
            ".",
            "\\",
            "Ann",
            "%",
            "Us:",
            '"x" ',
            "(c)",
        ),
        *(
            "ann@shop.example",
            "boss@bank.example",
            "<ann@shop.example>",
            "=?utf-8?Q?a=40b.example?=",
            "[192.0.2.1]",
        ),
    )
    chance, clear = random.Random(7), 0
    for _ in range(15_000):
        line = "".join(chance.choices(pieces, k=chance.randint(1, 8)))
        found = author(line.encode())
        if found.is_clear:
            clear += 1
            assert getaddresses([line.replace("\r\n", "")])[0][1] == found.address, line
            assert len(getaddresses([line.replace("\r\n", "")])) == 1, line
    assert clear > 100
