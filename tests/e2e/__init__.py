"""Whole journeys in a real browser against real processes."""
