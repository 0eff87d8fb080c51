"""Every link resolves: `url_for` in templates and code, and the paths that mails are given."""

import ast
import re
from uuid import UUID

from werkzeug.routing import RequestRedirect

from tests.shape.conftest import ROOT, sources, templates

ENDPOINT = re.compile(r"""url_for\(\s*["']([^"']+)["']""")
HREF = re.compile(r"""(?:href|action|src)="(/[^"{]*)""")


def test_templates_link_to_endpoints_that_exist(bare_app):
    known = {rule.endpoint for rule in bare_app.url_map.iter_rules()}
    broken = {
        f"{path}: {name}" for path, text in templates() for name in ENDPOINT.findall(text) if name not in known
    }
    assert not broken


def test_code_links_to_endpoints_that_exist(bare_app):
    known = {rule.endpoint for rule in bare_app.url_map.iter_rules()}
    broken = set()
    for path, tree in sources():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "url_for" and call.args:
                name = call.args[0]
                if isinstance(name, ast.Constant) and not _known(name.value, known):
                    broken.add(f"{path}:{call.lineno} {name.value}")
    assert not broken


def test_static_files_that_templates_name_exist():
    """Where a name goes on with something that is known only then, files begin with it."""
    named = re.compile(r"""url_for\(\s*["']static["'],\s*filename\s*=\s*["']([^"']+)["']\s*(~?)""")
    missing = {
        f"{path}: {name}"
        for path, text in templates()
        for name, goes_on in named.findall(text)
        if not any((ROOT / "web/static").glob(name + ("*" if goes_on else "")))
    }
    assert not missing


def test_plain_paths_in_templates_lead_somewhere(bare_app):
    broken = {
        f"{p}: {href}" for p, text in templates() for href in HREF.findall(text) if not _leads(bare_app, href)
    }
    assert not broken


def test_absolute_links_made_without_a_request_lead_somewhere(bare_app):
    """`links.tenant_url(settings, host, "/console/reset/…")`: what stands in braces is a letter or an id."""
    broken, seen = [], 0
    for path, tree in sources():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _name(call) in {"tenant_url", "platform_url"} and call.args:
                template = _text(call.args[-1])
                if template is not None:
                    seen += 1
                    path_there = "/" + template.lstrip("/")
                    with_id = re.sub(r"(?<=/)x(?=/|$)", str(UUID(int=0)), path_there)
                    if not any(_leads(bare_app, each) for each in (path_there, with_id)):
                        broken.append(f"{path}:{call.lineno} {template}")
    assert not broken
    assert seen >= 4


def _leads(app, path):
    adapter = app.url_map.bind("acme.localhost")
    try:
        return bool(adapter.match(path.partition("?")[0].partition("#")[0], method="GET"))
    except RequestRedirect:
        return True
    except Exception:  # noqa: BLE001 whatever routing says, the link is broken
        return False


def _known(name, known):
    return name in known if not name.startswith(".") else any(each.endswith(name) for each in known)


def _name(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _text(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
    return None
