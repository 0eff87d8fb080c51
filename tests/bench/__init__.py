"""Measurements, each beside its floor: `make bench`, or `python -m tests.bench survey_page --quick`."""
