"""One line of migrations."""
