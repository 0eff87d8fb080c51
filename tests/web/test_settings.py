"""Brand, languages, zone and API keys, through the page."""

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from tenants import branding
from tenants.models import ApiKey, AuditEntry
from tests.web.story import Person, text_of


def picture(kind="PNG", size=(120, 60)):
    made = BytesIO()
    Image.new("RGB", size, "#aa3300").save(made, kind)
    return made.getvalue()


def test_a_colour_that_cannot_be_read_is_moved_and_the_page_says_so(as_staff, visitor, acme):
    editor = as_staff("editor").at(acme)
    editor.post("console.settings.save_look", data={"accent": "#ffcc00", "font": "serif", "corners": "4"})
    page = text_of(editor.get("console.settings.brand"))
    assert "You chose #ffcc00" in page
    assert "4.5 to 1 is needed" in page
    css = visitor().at(acme).get("public.brand.stylesheet").text
    assert "#ffcc00" not in css.splitlines()[0]
    assert "--brand-radius:4px" in css


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("accent", "red;}body{", "digits"),
        ("font", "Comic", "list"),
        ("corners", "99", "24"),
        ("corners", "x", "whole"),
    ],
)
def test_a_brand_that_cannot_be_is_refused(as_staff, session, acme, field, value, sentence):
    typed = {"accent": "#123456", "font": "system", "corners": "8", field: value}
    page = as_staff("editor").at(acme).post("console.settings.save_look", data=typed, expect=422)
    assert sentence in text_of(page)
    assert branding.get_settings(session).version == 0


def test_the_stylesheet_is_cached_and_changes_with_the_brand(as_staff, visitor, acme):
    guest = visitor().at(acme)
    first = guest.get("public.brand.stylesheet")
    guest.get("public.brand.stylesheet", headers={"If-None-Match": first.headers["ETag"]}, expect=304)
    as_staff("owner").at(acme).post(
        "console.settings.save_look", data={"accent": "#004488", "font": "system", "corners": "8"}
    )
    changed = guest.get("public.brand.stylesheet", headers={"If-None-Match": first.headers["ETag"]})
    assert "#004488" in changed.text
    assert "Set-Cookie" not in changed.headers


def test_a_logo_is_written_anew_and_shown_with_its_type(as_staff, visitor, acme, globex):
    owner = as_staff("owner").at(acme)
    file = (BytesIO(picture("JPEG")), "../../etc/passwd.svg", "image/svg+xml")
    owner.post("console.settings.save_logo", data={"logo": file}, content_type="multipart/form-data")
    logo = visitor().at(acme).get("public.brand.logo")
    assert logo.content_type == "image/jpeg"
    assert logo.data.startswith(b"\xff\xd8")
    visitor().at(acme).get("public.brand.logo", headers={"If-None-Match": logo.headers["ETag"]}, expect=304)
    visitor().at(globex).get("public.brand.logo", expect=404)
    owner.post("console.settings.remove_logo")
    visitor().at(acme).get("public.brand.logo", expect=404)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"<svg xmlns='x'/>", "SVG"), (b"", "Choose an image"), (b"MZ\x90", "not a PNG"), (picture()[:70], "damaged")],
)
def test_what_is_no_image_is_refused_beside_its_field(as_staff, acme, content, sentence):
    data = {"logo": (BytesIO(content), "logo.png")} if content else {}
    page = (
        as_staff("owner")
        .at(acme)
        .post("console.settings.save_logo", data=data, content_type="multipart/form-data", expect=422)
    )
    assert sentence in text_of(page)


def test_a_body_beyond_the_limit_is_a_413(as_staff, acme):
    body = b"--x\r\n" + b"y" * (3 * 1024 * 1024)
    as_staff("owner").at(acme).post(
        "console.settings.save_logo", data=body, content_type="multipart/form-data; boundary=x", expect=413
    )


def test_languages_and_zone_are_kept_and_shown(as_staff, session, acme):
    owner = as_staff("owner").at(acme)
    owner.post("console.settings.save_languages", data={"languages": ["de", "en"], "default": "de"})
    owner.post("console.settings.save_zone", data={"zone": "Europe/Vienna"})
    settings = branding.get_settings(session)
    assert (settings.languages, settings.default_locale, settings.zone) == (["en", "de"], "de", "Europe/Vienna")
    page = owner.get("console.settings.languages")
    assert 'value="Europe/Vienna" selected' in page.text


@pytest.mark.parametrize(
    "typed", [{"default": "en"}, {"languages": ["xx"], "default": "xx"}, {"languages": ["de"], "default": "en"}]
)
def test_languages_that_cannot_be_are_refused(as_staff, acme, typed):
    as_staff("owner").at(acme).post("console.settings.save_languages", data=typed, expect=422)


def test_an_api_key_is_shown_once_works_and_is_revoked(app, as_staff, session, acme, globex):
    owner = as_staff("owner").at(acme)
    page = owner.post(
        "console.settings.create_api_key", data={"name": "Web shop", "scopes": ["surveys.read"]}, expect=200
    )
    token = page.text.partition('value="rk_')[2].partition('"')[0]
    key = session.scalars(select(ApiKey)).one()
    listed = owner.get("console.settings.api_keys").text
    assert key.hint in listed
    assert token not in listed
    assert token.encode() not in key.token_hash
    answer = owner.get("console.settings.confirm_revocation", key.id)
    owner.submit(answer, "/revocation")
    owner.post("console.settings.revoke_api_key", key.id)
    session.expire_all()
    assert session.scalars(select(ApiKey)).one().revoked_at is not None
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == key.id)).all()
    assert sorted(actions) == ["api_key.created", "api_key.revoked"]


@pytest.mark.parametrize("typed", [{"name": ""}, {"name": "x", "scopes": ["everything"]}, {"name": "x"}])
def test_a_key_without_name_or_with_odd_scopes_is_refused(as_staff, session, acme, typed):
    as_staff("owner").at(acme).post("console.settings.create_api_key", data=typed, expect=422)
    assert session.scalars(select(ApiKey)).all() == []


def test_another_tenants_key_is_not_there(app, as_staff, session, acme, globex):
    stranger = as_staff("owner").at(globex)
    made = Person(app, scopes=("surveys.read",)).at(acme)
    assert made.headers
    key = session.scalars(select(ApiKey)).one()
    stranger.get("console.settings.confirm_revocation", key.id, expect=404)
    stranger.post("console.settings.revoke_api_key", key.id, expect=404)
