"""Quiet hours on the two nights when clocks change."""

from datetime import UTC, datetime

import pytest

from customers.quiet_hours import QuietHours

CET = "Europe/Vienna"


@pytest.mark.parametrize(
    ("moment", "until", "loud"),
    [
        ((10, 25, 0, 10), 150, (10, 25, 0, 30)),  # 02:10 for the first time: at the first 02:30
        ((10, 25, 1, 10), 150, (10, 25, 1, 30)),  # 02:10 for the second time: at the second 02:30, not an hour ago
        ((10, 25, 1, 10), 180, (10, 25, 2, 0)),
        ((3, 29, 0, 50), 150, (3, 29, 1, 30)),  # 02:30 is missing: at 03:30
    ],
)
def test_no_message_moves_backwards_when_clocks_change(moment, until, loud):
    asked, expected = datetime(2026, *moment, tzinfo=UTC), datetime(2026, *loud, tzinfo=UTC)
    assert QuietHours(60, until).next_allowed(asked, CET) == expected
