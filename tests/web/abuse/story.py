"""How a visitor reports a page."""

from bs4 import BeautifulSoup
from sqlalchemy import select

from tenants.models import AbuseReport


def open_form(guest, survey=None):
    about = f"?about=/s/{survey.address}" if survey else ""
    return guest.get(f"/report{about}")


def send(guest, page, *, expect=303, **typed):
    return guest.submit(page, "/report", expect=expect, **{"reason": "phishing", "words": "", "email": "", **typed})


def all_reports(joined):
    with joined.db.control_session() as session:
        return session.scalars(select(AbuseReport).order_by(AbuseReport.id)).all()


def from_address(person, page, address, status):
    form = BeautifulSoup(page.text, "html.parser").find("form")
    data = {"_token": form.find("input", attrs={"name": "_token"})["value"], "reason": "spam"}
    person.post("/report", data=data, environ_base={"REMOTE_ADDR": address}, expect=status)


def token_of(page):
    return BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": "csrf_token"})["value"]
