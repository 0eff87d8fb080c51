"""`python -m web.cli`, for where the command itself is not on the path."""

from web.cli import main

main(prog_name="rapport")
