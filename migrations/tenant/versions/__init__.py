"""Migrations of this line, oldest first."""
