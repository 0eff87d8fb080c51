"""Accounts of those who run Rapport: made here and nowhere else."""

import click
from marshmallow import ValidationError

from infra import links
from infra.services import Services
from tenants.operators import accounts
from tenants.operators.models import Operator
from web.cli.common import main, services
from web.schemas.fields import Email


@main.group()
def operators() -> None:
    """Adds, lists, resets and disables operators."""


@operators.command("add")
@click.argument("email")
@click.argument("name")
def add(email: str, name: str) -> None:
    """Makes an account and prints the link with which it is set up: once, within a day."""
    try:
        Email().deserialize(email)
    except ValidationError:
        raise click.ClickException("That is no e-mail address.") from None
    if not name.strip() or not name.isprintable():
        raise click.ClickException("An operator needs a name.")
    with services() as parts:
        with parts.db.control_session() as session:
            operator, token = accounts.add(session, name=name.strip(), email=email)
        _show(parts, operator, token)


@operators.command("list")
def list_operators() -> None:
    """Every operator with state and last sign-in."""
    with services() as parts, parts.db.control_session() as session:
        seen = accounts.last_signed_in(session)
        for operator in accounts.list_all(session):
            last = seen.get(operator.id)
            when = f"last signed in {last:%Y-%m-%d %H:%M} UTC" if last else "never signed in"
            click.echo(f"{operator.id}  {_state(operator):<9} {operator.email}  {operator.name}  {when}")


@operators.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Ends password, second factor and sessions, and prints a new set-up link. Also lets a disabled one back in."""
    with services() as parts:
        with parts.db.control_session() as session:
            operator = accounts.get_by_email(session, email)
            token = accounts.reset(session, operator)
        _show(parts, operator, token)


@operators.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Lets an operator in no more and ends their sessions."""
    with services() as parts, parts.db.control_session() as session:
        accounts.disable(session, accounts.get_by_email(session, email))
    click.echo(f"{email} is disabled")


def _state(operator: Operator) -> str:
    return "disabled" if operator.disabled_at else "ready" if operator.ready_at else "invited"


def _show(parts: Services, operator: Operator, token: str) -> None:
    click.echo(f"{operator.email} sets the account up here, once, within 24 hours:", err=True)
    click.echo(links.platform_url(parts.settings, f"operator/set-up/{token}"))
