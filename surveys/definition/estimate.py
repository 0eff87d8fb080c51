"""How long a survey takes, before anybody has answered it.

Reading: 238 words a minute, silent reading of English non-fiction; other languages need about as long for the same
message (M. Brysbaert, How many words do we read per minute?, Journal of Memory and Language 109, 2019). Where words
are not set apart by spaces, characters are counted: 255 a minute in Chinese, 357 in Japanese
(S. Trauzettel-Klosinski and K. Dietz, Standardized assessment of reading performance: the new International Reading
Speed Texts, Investigative Ophthalmology & Visual Science 53, 2012).

Answering, beside reading: the keystroke-level model gives 1.35 s to make up one's mind and 1.1 + 0.2 s to point and
press, for each mark that is made (S. Card, T. Moran, A. Newell, The keystroke-level model for user performance time
with interactive systems, Communications of the ACM 23, 1980). Words are written at 36.2 a minute, as on phones
(K. Palin et al., How do people type on mobile devices?, MobileHCI 2019). How much people write is our assumption:
3 words in a short text, 20 in a long one, 2 marks among several options; and
so are the marks and words of the other types.

The sums are of the size that others measure: about 10 s for an ordinary question that stands alone, and much more
for one that asks for a text (Pew Research Center, How we keep our online surveys from running too long, 2022).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from surveys.definition.model import END, Block, Definition, Jump, Question, Text, words

READING = 60 / 238
"""Seconds for a word."""
READING_HAN, READING_KANA = 60 / 255, 60 / 357
"""Seconds for a character in Chinese and Japanese."""
MARKING = 1.35 + 1.1 + 0.2
"""Seconds to decide on a mark and to make it."""
WRITING = 60 / 36.2
"""Seconds for a written word."""
WRITTEN = {"short_text": 3, "long_text": 20, "number": 1, "email": 4, "phone": 3}
"""Words; an address and a phone number take as long as so many."""
MARKS = {"multiple_choice": 2, "date": 3, "time": 2, "date_time": 5, "file_upload": 4}
"""Marks that differ from one: a day is three of them, a file is looked for."""

UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0e7f]")
"""Kana, Han and Thai."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds on the shortest and on the longest way through; a survey without logic has one way."""

    least: float
    most: float

    @property
    def minutes(self) -> tuple[int, int]:
        """Whole minutes, rounded up, at least one."""
        return max(1, ceil(self.least / 60)), max(1, ceil(self.most / 60))


def estimate(definition: Definition, language: str = "") -> Estimate:
    """How long it takes to read and answer the survey in a language (none: its default language)."""
    chosen = language or definition.default_language
    seconds = {q.id: _seconds(q, chosen, definition.default_language) for q in definition.questions}
    titles = [_reading(block.title, chosen, definition.default_language) for block in definition.blocks]
    before = _reading(definition.title, chosen, definition.default_language)
    least = _shortest(definition, seconds, titles)
    return Estimate(before + least, before + sum(titles) + sum(seconds.values()))


def _shortest(definition: Definition, seconds: dict[str, float], titles: list[float]) -> float:
    """The shortest way, block by block from behind. Blocks that change places are taken as they are written."""
    places = {block.id: index for index, block in enumerate(definition.blocks)}
    ways = [0.0] * (len(definition.blocks) + 1)
    for number in range(len(definition.blocks) - 1, -1, -1):
        block = definition.blocks[number]
        inside = min(_ways_through(block, number, places, seconds, ways)) + titles[number]
        ways[number] = min(inside, ways[number + 1]) if block.show_if is not None else inside
    return ways[0]


def _ways_through(
    block: Block, number: int, places: dict[str, int], seconds: dict[str, float], ways: list[float]
) -> Iterator[float]:
    """The length of every way from a block's beginning to the end of the survey, jump by jump."""
    passed = 0.0
    for question in block.questions:
        leaving = list(_leaving(question.jumps, number, places, len(ways) - 1))
        yield from (passed + seconds[question.id] + ways[to] for _, to in leaving)
        if question.show_if is None:
            passed += seconds[question.id]
            if any(jump.when is None for jump, _ in leaving):
                return
    leaving = list(_leaving(block.jumps, number, places, len(ways) - 1))
    yield from (passed + ways[to] for _, to in leaving)
    if not any(jump.when is None for jump, _ in leaving):
        yield passed + ways[number + 1]


def _leaving(jumps: tuple[Jump, ...], number: int, places: dict[str, int], end: int) -> Iterator[tuple[Jump, int]]:
    """The jumps that lead forward, and where to."""
    for jump in jumps:
        to = places.get(jump.to, end if jump.to == END or jump.to.startswith("e_") else -1)
        if to > number:
            yield jump, to


def _seconds(question: Question, language: str, default: str) -> float:
    """Reading a question with everything that stands beside it, and answering it."""
    texts = [question.text, question.help, *(said.text for said in question.kind.texts(question))]
    reading = sum(_reading(text, language, default) for text in texts)
    if not question.asks:
        return reading
    return reading + _marks(question) * MARKING + _written(question) * WRITING


def _marks(question: Question) -> int:
    """How many marks an answer takes; each part of an answer is one, or as many as several options are."""
    parts = question.kind.parts(question) or question.parts
    if question.type == "ranking":
        return question.max_choices or len(parts)
    return max(1, len(parts)) * (2 if question.type == "matrix_multiple" else MARKS.get(question.type, 1))


def _written(question: Question) -> int:
    """How many words are written, a part of a sum or an address being one or two."""
    if question.type == "sum":
        return len(question.options)
    return 2 * len(question.parts) or WRITTEN.get(question.type, 0)


def _reading(text: Text, language: str, default: str) -> float:
    said = words(text, language, default)
    dense = len(UNSPACED.findall(said))
    pace = READING_HAN if language.startswith("zh") else READING_KANA
    return dense * pace + len(UNSPACED.sub(" ", said).split()) * READING
