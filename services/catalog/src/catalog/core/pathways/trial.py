"""What a set of achievements would be worth to a published pathway. Nothing is verified and nothing is kept."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from catalog.core.model import PathwayId, PathwayVersion
from catalog.core.pathways.pathways import NO_PATHWAY, address
from catalog.core.ports import PathwayReadings
from service_kit.errors import NotFound
from stacking import Evaluation, Held, Setting, evaluate
from stacking.compiled import CompiledPathways

T = TypeVar("T")


class Offload(Protocol):
    """Runs a slow function elsewhere."""

    def __call__(self, function: Callable[[], T]) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True)
class TryPathway:
    """Evaluates: the same rules, and the same reasons, by which the issuer awards."""

    readings: PathwayReadings
    offload: Offload
    base_url: str
    compiled: CompiledPathways = field(default_factory=CompiledPathways)

    async def __call__(
        self, pathway_id: PathwayId, held: Sequence[Held], setting: Setting, number: int | None = None
    ) -> tuple[PathwayVersion, Evaluation]:
        """Raises NotFound."""
        version = await self._version(pathway_id, number)
        return version, await self.offload(lambda: self._evaluate(version, held, setting))

    def _evaluate(self, version: PathwayVersion, held: Sequence[Held], setting: Setting) -> Evaluation:
        identifier = address(self.base_url, version.pathway_id)
        rules = self.compiled(version.document, identifier=identifier, version=version.number, digest=version.digest)
        return evaluate(rules, held, setting)

    async def _version(self, pathway_id: PathwayId, number: int | None) -> PathwayVersion:
        if number is not None:
            version = await self.readings.version(pathway_id, number)
        else:
            view = await self.readings.pathway(pathway_id, None)
            version = view.version if view else None
        if version is None:
            raise NotFound(NO_PATHWAY)
        return version
