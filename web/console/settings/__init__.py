"""Settings of a workspace: brand, languages and zone, people, API keys."""

from web.console.settings import api_keys, brand, domains, languages, people, people_one, security
from web.console.settings.blueprint import blueprint

__all__ = ["api_keys", "blueprint", "brand", "domains", "languages", "people", "people_one", "security"]
