"""The cut-off to the second, by hand."""

from datetime import date, datetime

import pytest

from policestats.simulator.calendar import add_months, posting


@pytest.mark.parametrize(
    ("on", "entered", "posted", "is_late"),
    [
        (date(2025, 10, 31), datetime(2025, 11, 2, 5, 59, 59), date(2025, 10, 31), False),  # last second of October's window
        (date(2025, 10, 31), datetime(2025, 11, 2, 6, 0, 0), date(2025, 11, 1), True),  # first second of November's
        (date(2025, 10, 1), datetime(2025, 10, 1, 0, 0, 1), date(2025, 10, 1), False),  # on day 1, before September closes: still October's
        (date(2025, 12, 30), datetime(2026, 2, 1, 9, 0, 0), date(2026, 1, 1), True),  # January is open until 2 February
        (date(2024, 2, 29), datetime(2024, 3, 1, 0, 0, 0), date(2024, 2, 29), False),  # leap day
    ],
)
def test_an_event_counts_in_its_month_until_the_cutoff(on, entered, posted, is_late):
    assert posting(on, entered) == (posted, is_late)


def test_months_are_added_over_years():
    assert add_months(date(2025, 12, 1), 1) == date(2026, 1, 1)
    assert add_months(date(2026, 1, 1), -12) == date(2025, 1, 1)
