"""The API: JSON over HTTP with OpenAPI 3.1, keys with scopes, problems by RFC 9457, cursors, repeatable writes."""
