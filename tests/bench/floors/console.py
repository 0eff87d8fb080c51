"""The floor of a console page: bare Flask with the same templates, and no database at all."""

import re
from pathlib import Path

from flask import Flask, render_template

import web
from infra import render
from web.console.places import OWN, PLACES
from web.console.settings.menu import MENU

ROOT = Path(web.__file__).parent / "templates"
app = Flask(__name__, template_folder=str(ROOT), static_folder=str(ROOT.parent / "static"))
render.prepare(app.jinja_env)  # the filters and texts that the templates are written with
PAGES = "".join(path.read_text() for path in ROOT.rglob("*.html"))
for name in set(re.findall(r"[\"'](console\.[\w.]+)[\"']", PAGES)) | {at.endpoint for at in (*PLACES, *OWN, *MENU)}:
    app.add_url_rule("/" + name.replace(".", "/"), endpoint=name, view_func=str)
GIVEN = {name: lambda *_: "" for name in ("theme", "csrf_token", "is_here", "this_page")}
LISTS = {"console_places": lambda: PLACES, "bell_news": list, "settings_menu": lambda: [("Workspace", MENU)]}
KEYS = {"console_keys": lambda: [(["g", place.key], place.go) for place in PLACES] * 3, "may": lambda _: True}
WORDS = {"workspace_name": "Bench", "staff_name": "Bench", "own_places": OWN, "support_visit": None}
THEMES = {"themes": [("", "Light")] * 3}
app.jinja_env.globals.update(**GIVEN, **LISTS, **KEYS, **WORDS, **THEMES)


@app.get("/console/help")
def guide() -> str:
    return render_template("console/home/guide.html")
