"""Keyset pages, as everywhere."""

from infra.pages import CursorInvalid, Page, bounded, decode, encode, page

__all__ = ["CursorInvalid", "Page", "bounded", "decode", "encode", "page"]
