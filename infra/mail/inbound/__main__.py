"""`python -m infra.mail.inbound`: receives mail by SMTP. Who keeps it is said by the composition root."""

from importlib import import_module

if __name__ == "__main__":
    import_module("inbound").main()
