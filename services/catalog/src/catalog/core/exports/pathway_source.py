"""What every export of a pathway is made from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from catalog.core.exports.source import ENGLISH, first_issuer
from catalog.core.model import Endorsement, Json, PathwayVersion, PathwayView
from catalog.core.pathways.pathways import address, parse
from credential_core.organizations import Organization
from stacking import Component, Condition, Pathway


@dataclass(frozen=True, slots=True)
class PathwayExport:
    """One published version, with who offers it. Its texts name no language: they are told as English."""

    address: str
    version: PathwayVersion
    pathway: Pathway
    body: Organization | None
    endorsements: Sequence[Endorsement] = ()

    @property
    def destination(self) -> Component:
        """The component that is reached when all is."""
        return self.pathway.components[self.pathway.destination]

    @property
    def description(self) -> str:
        """What it says of itself; its name where it says nothing, as CTDL asks for one."""
        return str(self.version.document.get("description") or self.pathway.name)

    def words(self, text: str) -> Json:
        """A text as a language map."""
        return {ENGLISH: text}

    def node(self, component: Component) -> str:
        """A component's IRI."""
        return f"{self.address}#{quote(component.id, safe='')}"

    def title(self, name: str) -> str:
        """What a component is called, by its id."""
        return self.pathway.components[name].name or name

    def below(self, component: Component) -> list[Component]:
        """The components that its condition asks for, at any depth of conditions, in their order."""
        names = dict.fromkeys(_targets(component.condition)) if component.condition else {}
        return [self.pathway.components[name] for name in names]


def pathway_source(view: PathwayView, base_url: str) -> PathwayExport | None:
    """What there is to export; None while nothing is published."""
    if view.version is None:
        return None
    where = address(base_url, view.id)
    pathway = parse(view.version.document, identifier=where, version=view.version.number)
    told = {name: _as_counted(one, pathway.destination) for name, one in pathway.components.items()}
    pathway = replace(pathway, components=told)
    return PathwayExport(where, view.version, pathway, first_issuer(view.issuers, base_url), view.endorsements)


def _as_counted(component: Component, destination: str) -> Component:
    """Without what the evaluator does not look at: only the condition completes a destination that has one, or whatever
    else stands for no achievement. What a destination stands for is what it is worth: the first.
    """
    is_destination = component.id == destination
    if component.condition is None or (component.accepts and not is_destination):
        return component
    return replace(component, accepts=component.accepts[:1], constraints=(), minimum=1, maximum=1)


def _targets(condition: Condition) -> Iterator[str]:
    yield from condition.targets
    for nested in condition.conditions:
        yield from _targets(nested)
