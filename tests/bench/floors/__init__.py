"""What bare Flask and a raw psycopg pool do with the same work: at most 40 lines each, same server flags."""
