"""Where an installed package lies, without importing it: those that carry our servers do things on import."""

from importlib.util import find_spec
from pathlib import Path

from infra.local.trouble import Trouble


def folder_of(package: str) -> Path:
    """The folder of an installed package."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise Trouble(f"The package {package} is not installed: run `make run`, which installs what is locked.")
    return Path(found.submodule_search_locations[0])
