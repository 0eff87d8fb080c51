"""A view that is saved without what tells about a customer says so."""

from sqlalchemy import select

from customers import attributes
from customers.models import SavedView
from tenants.permissions import SYSTEM
from tests.web.story import text_of


def test_a_view_says_when_values_that_tell_about_a_customer_were_left_out(session, acme, as_staff):
    for label, personal in (("Allergies", True), ("Branch", False)):
        asked = {"subject": "person", "label": label, "type": "text", "personal": personal}
        attributes.declare(session, by=SYSTEM, **asked)
    session.flush()
    who = as_staff("owner").at(acme)
    whole = {"view_name": "Ours", "a.branch": "Mitte", "contact": "never"}
    who.post("console.customers.save_view", data=whole)
    assert "The view is saved. It stands above the list." in text_of(who.get("console.customers.index"))
    who.post("console.customers.save_view", data={**whole, "view_name": "Part", "a.allergies": "Nuts"})
    assert "saved without the values that tell about a customer" in text_of(who.get("console.customers.index"))
    kept = {view.name: view.query for view in session.scalars(select(SavedView))}
    assert kept["Ours"] == kept["Part"] == {"a.branch": "Mitte", "contact": "never"}


def test_a_view_of_whom_nobody_fits_yet_is_saved_too(session, acme, as_staff):
    who = as_staff("owner").at(acme)
    page = who.get("/console/customers?source=import&language=cy")
    assert "No customer fits" in text_of(page)
    who.submit(page, "/views", view_name="Welsh")
    assert [view.query for view in session.scalars(select(SavedView))] == [{"source": "import", "language": "cy"}]
    assert "Save this view" not in text_of(who.get("console.customers.index")), "what is not narrowed is no view"
