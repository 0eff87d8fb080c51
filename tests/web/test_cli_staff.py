"""`rapport staff`: an owner who lost phone and codes gets back in, with help from who runs the installation."""

import pytest
from click.testing import CliRunner

from infra.db import TenantRef
from infra.services import Services
from tenants import second_factor, staff
from tests.support.second_factor import give
from tests.web.story import add_member
from web.cli import main


@pytest.mark.processes
def test_an_owners_second_factor_is_reset_by_hand(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        owner = add_member(session, "owner", email="olga@own.example").id
        give(session, staff.get(session, owner))

    def reset(email: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["staff", "reset-second-factor", own_tenant.slug, email])
        return done.exit_code, done.output

    assert reset("nobody@own.example") == (1, "Error: Nobody with this address works there.\n")
    assert reset("Olga@own.example") == (0, "reset\n")
    assert reset("olga@own.example") == (1, "Error: There is no second factor to reset.\n")
    with services.db.tenant_session(own_tenant) as session:
        assert second_factor.find(session, staff.get(session, owner)) is None
