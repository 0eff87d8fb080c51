"""The list of customers: found, narrowed, sorted, and kept as views."""

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for

from customers import companies
from customers import people as register
from customers import views as saved
from customers.segments import verbs as segments
from infra.i18n import gettext
from tenants import audit
from web import tenancy
from web.console.customers import asked as asking
from web.console.customers import frame
from web.console.customers.asked import Asked
from web.console.customers.blueprint import blueprint
from web.schemas.customers import ListQuery

PAGE_SIZE = 25


@blueprint.get("")
def index() -> str:
    """Customers who fit what stands in the address."""
    query, session = ListQuery().load(request.args), tenancy.session()
    asked = asking.read(request.args)
    found = register.list_people(session, asked.filters, after=query["after"], limit=PAGE_SIZE, order=asked.order)
    audit.record_reading(session, "customers.listed", by=tenancy.actor(), subject=tenancy.tenant().id)
    shown = {
        "page": found,
        "asked": asked,
        "query": query,
        **_around(asked, [row.company_id for row in found.items]),
        **_views(asked, query["view"]),
    }
    return render_template("console/customers/index.html", **shown)


def _around(asked: Asked, company_ids: list[Any]) -> dict[str, Any]:
    """The words and choices around the rows."""
    session = tenancy.session()
    narrowed_to = asked.filters.company_id
    names = companies.names_of(session, [each for each in {*company_ids, narrowed_to} if each])
    return {
        "sections": frame.sections("index"),
        "companies": names,
        "chips": [
            (words, url_for(".index", **asked.address(part)))
            for words, part in asking.chips(asked, names.get(narrowed_to) if narrowed_to else None)
        ],
        "languages": [("", gettext("Any")), *frame.language_choices(asked.filters.language)[1:]],
        "sources": _any(frame.SOURCE_NAMES),
        "contacts": _any(asking.CONTACTS),
        "scores_known": _any(asking.SCORES),
        "orders": [(code, gettext(words)) for code, words in asking.ORDERS.items()],
        "segments_known": _segments(asked),
        "most_columns": asking.MOST_COLUMNS,
        "option_choices": frame.option_choices,
        "in_words": frame.in_words,
        "display_name": register.display_name,
    }


def _segments(asked: Asked) -> list[tuple[str, str]]:
    """Those in use, and the one that the list is narrowed to."""
    session, narrowed_to = tenancy.session(), asked.filters.segment_id
    found = {str(each.id): each.name for each in segments.list_segments(session)}
    if narrowed_to is not None:
        found.setdefault(str(narrowed_to), segments.get(session, narrowed_to).name)
    return [("", gettext("Any")), *found.items()]


def _any(choices: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("", gettext("Any")), *((code, gettext(words)) for code, words in choices.items())]


def _views(asked: Asked, current: str) -> dict[str, Any]:
    """The saved views as chips, and the one that is shown."""
    views = saved.list_views(tenancy.session(), by=tenancy.actor())
    everybody = (gettext("All"), url_for(".index"), not current and not asked.narrowed)
    chips = [(view.name, url_for(".index", view=view.id, **view.query), current == str(view.id)) for view in views]
    return {
        "view_chips": [everybody, *chips] if chips else [],
        "view": next((view for view in views if current == str(view.id)), None),
    }
