"""Schema changes, in two lines: the control plane and the tenants. It imports every models module."""

from tenants.migrations import CONTROL, TENANT

__all__ = ["CONTROL", "TENANT"]
