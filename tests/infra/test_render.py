import pytest
from jinja2 import TemplateNotFound, UndefinedError

from infra import render
from infra.i18n import use


def test_values_are_escaped_and_texts_translated() -> None:
    template = render.environment().from_string("{{ _('Something went wrong.') }} {{ name }}")
    with use("de"):
        assert template.render(name="<b>") == "Etwas ist schiefgegangen. &lt;b&gt;"


def test_a_forgotten_variable_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render.environment().from_string("{{ nothing }}").render()


@pytest.mark.parametrize("name", ["../x/y", "infra/../../etc/passwd", "infra", "infra/none.html"])
def test_only_templates_of_packages_are_found(name: str) -> None:
    with pytest.raises(TemplateNotFound):
        render.render(name)
