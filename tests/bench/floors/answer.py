"""The floor of one answer: a form in, one INSERT of jsonb, COMMIT."""

import os
from uuid import uuid4

from flask import Flask, Response, request
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

app = Flask(__name__)
pool = ConnectionPool(os.environ["FLOOR_DSN"], min_size=4, max_size=8, open=True)


@app.post("/s/<int:number>")
def submit(number: int) -> Response:
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO floor.answers (id, survey, answers) VALUES (%s, %s, %s)",
            [uuid4(), number, Jsonb(request.form.to_dict())],
        )
    return Response(status=303, headers={"Location": f"/s/{number}/thanks"})
