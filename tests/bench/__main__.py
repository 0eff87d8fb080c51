"""`python -m tests.bench [measure …] [--quick]`: runs measures and prints one table."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping

from tests.bench import house, rows
from tests.bench.house import House
from tests.bench.measures import (
    audit,
    console,
    customer_import,
    customers,
    doors,
    forty,
    mail,
    respondents,
    scale,
    segments,
    tenants,
    timeline,
    webhooks,
)
from tests.bench.rows import Row

MEASURES: Mapping[str, Callable[[House], Iterator[Row]]] = {
    "survey_page": respondents.survey_page,
    "answer_submit": respondents.answer_submit,
    "survey_page_40q": forty.survey_page_40q,
    "answer_submit_40q": forty.answer_submit_40q,
    "quota_race": forty.quota_race,
    "page_weight": forty.page_weight,
    "tenant_overhead": tenants.tenant_overhead,
    "tenant_signup": tenants.tenant_signup,
    "tenant_migrate": tenants.tenant_migrate,
    "list_page_audit": audit.list_page_audit,
    "audit_chain": audit.audit_chain,
    "results_1m": scale.results_1m,
    "export_1m": scale.export_1m,
    "webhook_delivery": webhooks.webhook_delivery,
    "mail_send": mail.mail_send,
    "mail_chaos": mail.mail_chaos,
    "customer_import": customer_import.customer_import,
    "console_home": console.console_home,
    "list_page": console.list_page,
    "doors": doors.doors,
    "console_static": console.console_static,
    "customer_list": customers.customer_list,
    "customer_search": customers.customer_search,
    "segment_count": segments.segment_count,
    "timeline": timeline.timeline_10k,
}


def main() -> int:
    """Answers 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("measure", nargs="*", choices=[*MEASURES, []], help="all when none is named")
    parser.add_argument("--quick", action="store_true", help="one short round: to see that a measure works")
    chosen = parser.parse_args()
    found: list[Row] = []
    rounds, seconds = (1, 1.0) if chosen.quick else (5, 3.0)
    with house.opened(rounds=rounds, seconds=seconds) as here:
        for name in chosen.measure or MEASURES:
            print(f"… {name}", end="", file=sys.stderr, flush=True)
            begin = time.perf_counter()
            found.extend(MEASURES[name](here))
            print(f" ({time.perf_counter() - begin:.0f} s)", file=sys.stderr, flush=True)
    print(rows.table(found))
    rows.write(found, house.FOLDER / "results.json")
    return 1 if any(row.met is False for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
