"""Names and texts for a full catalog, as unevenly distributed as real ones.

Words are made letter by letter, by how letters follow each other in English prose (the language reference that comes
with Python). How often each occurs follows Zipf's law, as in every real text (Mandelbrot's form of it): the commonest
stand in nearly every text, half of the vocabulary in a handful. An achievement has a subject: half of its words are
of those common there, so words that go together are not independent. The commonest sixty are a text's joints ("and",
"students", "course"), real ones. Of the names, one in twelve is one of twenty stock names, as "Independent Study" is in
real course lists, and one in ten is almost another's.

Beside real texts: of the 529 descriptions in one term's course list, the commonest word stands in 95 %, the tenth in
52 %, the 30th in 20 %, the 200th in 4 %; of 17,600 texts of ESCO in 85, 23, 8 and 2 %; here in 91, 51, 24 and 2 %.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pydoc_data.topics import topics

VOCABULARY, SUBJECTS, STOCK = 30_000, 300, 20
FLATTENING = 2.7
COMMONEST = """
the of and to in students a course this for is on with as are by or an will from learners how their be that which
skills introduction knowledge through develop study research topics practice work methods include understanding apply
project analysis theory design at its into complete use who learn professional advanced data management history explore
based both between
"""
JOINTS = COMMONEST.split()
SMALL = {"of", "and", "to", "in", "the", "for", "with", "a", "on", "as", "by", "or", "an", "from", "at", "into"}


@dataclass(frozen=True, slots=True)
class Text:
    """What an achievement says of itself."""

    name: str
    description: str
    outcomes: Sequence[str]


class Prose:
    """A source of texts: the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same catalog every time
        self._words = _vocabulary(self._chance)
        self._weights = list(accumulate(1 / (rank + FLATTENING) for rank in range(1, VOCABULARY + 1)))
        self._stock = [self._name(subject) for subject in range(STOCK)]
        self._names: list[str] = []

    def text(self) -> Text:
        """One achievement's."""
        subject = self._chance.randrange(SUBJECTS)
        sentences = [" ".join(self._draw(subject, self._chance.randint(8, 24))) for _ in range(4)]
        outcomes = [" ".join(self._draw(subject, self._chance.randint(4, 9))) for _ in range(3)]
        name = self._stocked(subject)
        self._names.append(name)
        return Text(name, ". ".join(one.capitalize() for one in sentences), outcomes)

    def label(self) -> str:
        """A skill's."""
        return " ".join(self._content(self._chance.randrange(SUBJECTS), self._chance.randint(2, 4)))

    def _stocked(self, subject: int) -> str:
        kind = self._chance.random()
        if kind < 1 / 12:
            return self._chance.choice(self._stock)
        if kind < 1 / 12 + 1 / 10 and self._names:
            return self._almost(self._chance.choice(self._names), subject)
        return self._name(subject)

    def _almost(self, name: str, subject: int) -> str:
        words = name.split()
        match self._chance.randrange(3):
            case 0:
                words[self._chance.randrange(len(words))] = self._content(subject, 1)[0].capitalize()
            case 1:
                words.append(self._chance.choice(("I", "II", "III", "Online", "Seminar")))
            case _:
                words.append(self._content(subject, 1)[0].capitalize())
        return " ".join(words)

    def _name(self, subject: int) -> str:
        words = self._content(subject, self._chance.randint(1, 4))
        if self._chance.random() < 0.3:
            words.insert(len(words) // 2, "and" if len(words) > 1 else "the")
        begin = self._chance.choices(
            ("", "introduction to ", "advanced ", "topics in ", "research in "), (70, 12, 8, 6, 4)
        )
        return " ".join(word if word in SMALL else word.capitalize() for word in (begin[0] + " ".join(words)).split())

    def _content(self, subject: int, count: int) -> list[str]:
        words: list[str] = []
        while len(words) < count:
            words += [word for word in self._draw(subject, count) if word not in SMALL]
        return words[:count]

    def _draw(self, subject: int, count: int) -> list[str]:
        ranks = self._chance.choices(range(VOCABULARY), cum_weights=self._weights, k=count)
        return [self._words[self._rank(subject, rank)] for rank in ranks]

    def _rank(self, subject: int, rank: int) -> int:
        """Every other word that is no joint is one of the subject's own, of the same frequency there."""
        if rank < len(JOINTS) or self._chance.random() < 0.5:
            return rank
        return len(JOINTS) + (rank + subject * 997) % (VOCABULARY - len(JOINTS))


def _vocabulary(chance: random.Random) -> list[str]:
    """Joints first, then made-up words; short ones are the commoner ones."""
    following: dict[str, list[str]] = defaultdict(list)
    for word in re.findall(r"\b[a-z]{3,14}\b", " ".join(topics.values())):
        padded = f"  {word} "
        for place in range(len(word) + 1):
            following[padded[place : place + 2]].append(padded[place + 2])
    made: dict[str, None] = dict.fromkeys(JOINTS)
    while len(made) < VOCABULARY:
        word = "  "
        while not word.endswith(" ", 2) and len(word) < 16:
            word += chance.choice(following[word[-2:]])
        if len(word.strip()) > 2:
            made[word.strip()] = None
    return list(made)
