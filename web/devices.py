"""The browser in front of us: what kind it is, whether it signed in here before, and the cookie that says so.

The cookie lets nobody in (`tenants.devices`): it keeps an allowance of attempts for who has signed in on it.
"""

from flask import Response, after_this_request, request

from tenants import devices
from tenants.devices import Device
from tenants.models import StaffMember
from tenants.throttle import Caller
from web import agents, tenancy


def kind() -> str:
    """Kind of browser and system as codes."""
    return agents.kind_of(request.headers.get("User-Agent", ""))


def caller() -> Caller:
    """Where an attempt comes from: the network address and the device, if it is known."""
    return Caller(request.remote_addr or "", _present())


def knows(email: str) -> bool:
    """Whether the account signed in on this device before."""
    present = _present()
    return present is not None and present.knows(devices.mark_of(tenancy.services().keys, email))


def remember(member: StaffMember) -> None:
    """From this answer on the device knows the account. For who has just proved that it is theirs."""
    services = tenancy.services()
    value = devices.cookie_of(services.settings, services.keys, _present(), member.email)

    @after_this_request
    def send(answer: Response) -> Response:
        answer.set_cookie(
            _name(),
            value,
            max_age=int(devices.LIVES.total_seconds()),
            secure=services.settings.secure,
            httponly=True,
            samesite="Lax",
            path="/",
        )
        return answer


def _present() -> Device | None:
    tenancy.session()  # opens the tenant, whose cookie it must be
    return devices.read(tenancy.services().settings, request.cookies.get(_name()))


def _name() -> str:
    return "__Host-rapport-device" if tenancy.services().settings.secure else "rapport-device"
