"""Templates to start from, in English and German. Each is an ordinary definition; using one makes fresh ids."""

from dataclasses import dataclass
from functools import lru_cache

from infra.errors import NotFound
from surveys.definition import Definition, Text, parse
from surveys.library.customers import AFTER_PURCHASE, COMPLAINT, EVENT
from surveys.library.product import PRODUCT, WEBSITE
from surveys.library.quality import ISO_9001
from surveys.library.scores import CES, CSAT, NPS
from surveys.library.writing import Draft
from surveys.wording import N_


class TemplateNotFound(NotFound):
    """There is no template of that name."""

    code = "template_not_found"
    message = N_("There is no such template.")


@dataclass(frozen=True, slots=True)
class Template:
    """A survey to start from. `key` is stable; name and purpose are texts by language."""

    key: str
    name: Text
    purpose: Text
    definition: Definition


ALL: tuple[Draft, ...] = (NPS, CSAT, CES, AFTER_PURCHASE, PRODUCT, WEBSITE, EVENT, COMPLAINT, ISO_9001)


@lru_cache(1)
def list_templates() -> tuple[Template, ...]:
    """All templates in the order of the gallery."""
    return tuple(Template(draft.key, draft.name, draft.purpose, parse(draft.document())) for draft in ALL)


def get_template(key: str) -> Template:
    """The template, or TemplateNotFound."""
    for template in list_templates():
        if template.key == key:
            return template
    raise TemplateNotFound()


__all__ = ["Template", "TemplateNotFound", "get_template", "list_templates"]
