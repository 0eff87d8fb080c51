"""One line of the access policy (`web/surfaces.py`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Host = Literal["platform", "tenant", "any"]
Who = Literal["anyone", "visitor", "staff", "key", "operator", "guest", "portal"]

OPEN = ""


@dataclass(frozen=True, slots=True)
class Surface:
    """One blueprint. `needs` maps a permission to the endpoints that ask for it, separated by spaces."""

    name: str
    module: str
    host: Host
    prefix: str
    who: Who
    needs: Mapping[str, str] = field(default_factory=dict)
    framed: bool = False
    """Whether other sites may show its pages in a frame."""
    fresh: str = ""
    """Endpoints that want the password typed within the last quarter of an hour, separated by spaces."""
    bulky: str = ""
    """Endpoints that take a file of up to `web.auth.LARGEST_UPLOAD`, separated by spaces."""
    enrolment: bool = False
    """Whether its pages are open to those who still lack the second factor that their workspace asks for."""

    def grants(self) -> Iterator[tuple[str, str]]:
        """Every endpoint of the surface in full, with the permission it needs."""
        for permission, endpoints in self.needs.items():
            for endpoint in endpoints.split():
                yield (f"{self.name}.{endpoint}" if self.module else endpoint), permission
