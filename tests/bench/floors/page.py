"""The floor of the survey page: one SELECT and a template of the same size."""

import os

from flask import Flask, render_template_string
from psycopg_pool import ConnectionPool

app = Flask(__name__)
pool = ConnectionPool(os.environ["FLOOR_DSN"], min_size=4, max_size=8, open=True)
ROW = "<label><input type='radio' name='{{ row }}' value='{{ loop.index }}'>{{ title }} {{ row }}</label>\n"
ROWS = max(1, int(os.environ["FLOOR_PAGE_BYTES"]) // 85)
PAGE = "<!doctype html><title>{{ title }}</title><form>{% for row in rows %}" + ROW + "{% endfor %}</form>"


@app.get("/s/<int:number>")
def page(number: int) -> str:
    with pool.connection() as connection:
        row = connection.execute("SELECT title FROM floor.surveys WHERE id = %s", [number]).fetchone()
    return render_template_string(PAGE, title=row[0] if row else "", rows=range(ROWS))
