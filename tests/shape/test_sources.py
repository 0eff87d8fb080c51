"""What no file of the product may do."""

import ast

from tests.shape.conftest import sources

RUNS_SQL = {"text", "execute", "exec_driver_sql", "scalar", "scalars", "SQL", "once", "once_control"}
EDGES = {"web/tenancy.py", "infra/db/databases.py", "infra/crypto/store.py"}
"""Where transactions end: the request, the sessions of jobs and commands, the key store's own connections."""
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_built(argument: ast.expr) -> bool:
    """Whether a text is put together: f-string with values, +, %, .format, .join or .replace."""
    if isinstance(argument, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in argument.values)
    if isinstance(argument, ast.BinOp):
        strings = any(isinstance(side, ast.Constant | ast.JoinedStr) for side in (argument.left, argument.right))
        return strings and isinstance(argument.op, ast.Add | ast.Mod)
    called = isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute)
    return called and argument.func.attr in {"join", "replace"}  # type: ignore[attr-defined]


def test_sql_is_never_built_from_strings():
    found = [
        f"{path}:{call.lineno}"
        for path, tree in sources()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and name_of(call) in RUNS_SQL and any(is_built(each) for each in call.args)
    ]
    assert not found, f"bind values instead; identifiers go through psycopg.sql: {found}"


def test_nothing_commits_but_the_edge():
    found = [
        f"{path}:{call.lineno}"
        for path, tree in sources()
        if path not in EDGES
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and name_of(call) == "commit"
    ]
    assert not found


def test_domain_code_never_opens_a_session_of_its_own_unless_it_is_a_chain_of_steps():
    allowed = {
        "surveys/jobs.py",
        "tenants/audit/jobs.py",
        "tenants/cleaning.py",
        "tenants/directory.py",
        "tenants/domains/checking.py",
        "tenants/domains/jobs.py",
        "tenants/sender_domains/checking.py",
        "surveys/file_jobs.py",
        "tenants/sender_domains/jobs.py",
        "tenants/doctor/parts.py",
        "tenants/due.py",
        "tenants/failures.py",
        "tenants/gauges.py",
        "tenants/jobs.py",
        "tenants/migrations.py",
        "tenants/moving.py",
        "tenants/operators/jobs.py",
        "tenants/operators/telling.py",
        "tenants/provisioning.py",
        "tenants/sign_up.py",
        "tenants/support_index.py",
        "tenants/staff_index.py",
        "tenants/webhooks/sending.py",
    }
    opens = {"tenant_session", "control_session", "open_tenant", "open_control"}
    found = {
        path
        for path, tree in sources()
        if path.startswith(("tenants/", "surveys/")) and path not in allowed
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and name_of(call) in opens
    }
    assert not found, f"take the caller's session: {sorted(found)}"


def test_nobody_swallows_what_he_does_not_know():
    found = [
        f"{path}:{handler.lineno}"
        for path, tree in sources()
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler)
        and (handler.type is None or getattr(handler.type, "id", "") in {"Exception", "BaseException"})
        and all(isinstance(step, ast.Pass | ast.Continue) for step in handler.body)
    ]
    assert not found


def test_files_and_functions_keep_their_size():
    long = []
    for path, tree in sources():
        last = max((getattr(node, "end_lineno", 0) or 0 for node in ast.walk(tree)), default=0)
        if last > LONGEST_FILE:
            long.append(f"{path} ({last} lines)")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long.append(f"{path}:{node.lineno} {node.name} ({length} lines)")
    assert not long
