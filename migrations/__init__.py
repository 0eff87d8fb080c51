"""Schema changes, in two lines: the control plane and the tenants. It imports every models module."""

from pathlib import Path

CONTROL = Path(__file__).parent / "control"
TENANT = Path(__file__).parent / "tenant"
