"""What customers write: pools of sentences by subject and temper, in two languages, none a translation."""

from random import Random

from web.demo.texts import english, german

POOLS = {"en": english.POOLS, "de": german.POOLS}
LENGTHS = (1, 1, 1, 1, 2, 2, 2, 3)
"""How many sentences a comment has, drawn evenly."""


def comment(chance: Random, language: str, pool: str) -> str:
    """One to three different sentences of the pool; now and then written in haste."""
    sentences = POOLS[language][pool]
    words = " ".join(chance.sample(sentences, min(chance.choice(LENGTHS), len(sentences))))
    return _in_haste(words) if chance.random() < 0.14 else words


def phrase(chance: Random, language: str, pool: str) -> str:
    """One line of the pool, as people fill in a short field."""
    return chance.choice(POOLS[language][pool])


def _in_haste(words: str) -> str:
    """As typed on a phone: no capital at the start, no full stop at the end."""
    return words[:1].lower() + words[1:].removesuffix(".")
