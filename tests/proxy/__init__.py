"""A real reverse proxy in front of the real site, as docs/domains.md describes it."""
