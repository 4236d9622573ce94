"""What search engines are to know of: every published achievement and pathway, in parts of bounded size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# A part holds what has an id that begins so. Parts stay the same while things come and go, and one part of a hundred
# thousand things is read without holding anybody up.
PARTS = tuple(f"{number:02x}" for number in range(256))
MOST = 50_000  # of one part (sitemaps.org)


@dataclass(frozen=True, slots=True)
class Known:
    """One thing with a page: its collection, its id, and since when the page is as it is."""

    collection: str
    id: str
    changed_at: datetime


class SitemapReadings(Protocol):
    """Reading for search engines."""

    async def parts(self) -> Sequence[str]:
        """Those of PARTS that something is in: an empty one would be no sitemap."""

    async def part(self, digits: str) -> Sequence[Known]:
        """Everything published with an id that begins so, by id."""
