"""`/portal`: a word of welcome and what is there for somebody."""

from flask import render_template

from customers.portal import offers, rules
from customers.portal.names import first_name
from web import tenancy
from web.portal import entry
from web.portal.blueprint import blueprint


@blueprint.get("")
def index() -> str:
    """What the tenant offers, as its domains say."""
    db, person = tenancy.session(), entry.me()
    return render_template(
        "portal/home.html",
        name=first_name(person),
        welcome=rules.welcome(db),
        shown=offers.list_shown(db, person),
        here="home",
    )
