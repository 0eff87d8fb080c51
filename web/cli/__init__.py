"""The `rapport` command: one module per group of commands, each hangs its own on `main`."""

from web.cli import api_keys, audit, demo, doctor, jobs, keys, operators, processes, setup, staff, surveys, tenants
from web.cli.common import main

__all__ = [
    "api_keys",
    "audit",
    "demo",
    "doctor",
    "jobs",
    "keys",
    "main",
    "operators",
    "processes",
    "setup",
    "staff",
    "surveys",
    "tenants",
]
