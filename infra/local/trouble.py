"""What a person can mend: every error of the embedded stack is one sentence that says what to do."""


class Trouble(Exception):
    """The stack cannot start or go on; the message is a sentence for the person at the terminal."""
