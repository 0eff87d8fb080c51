"""What may come in and what goes out, as marshmallow schemas; forms and API share the fields."""
