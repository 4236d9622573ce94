"""What the verifier's core needs from outside."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from types import TracebackType
from typing import ParamSpec, Protocol, Self, TypeVar

from credential_core.report import Verdict
from credential_core.verify import Resolution
from service_kit.inputs import Page, PageRequest
from verifier.core.model import (
    Json,
    KnownIssuer,
    KnownList,
    KnownState,
    PathwayVersion,
    ReadList,
    TrustedIssuer,
    Verification,
)

P = ParamSpec("P")
T = TypeVar("T")


class Issuers(Protocol):
    """The fleet's issuers."""

    async def by_ids(self, issuer_ids: Collection[str]) -> Mapping[str, KnownIssuer]: ...

    async def apply(self, issuer: KnownIssuer) -> None:
        """Keep it, unless a newer revision is already here."""


class StatusLists(Protocol):
    """The fleet's status lists."""

    async def by_urls(self, urls: Collection[str]) -> Mapping[str, KnownList]: ...

    async def apply(self, status_list: KnownList) -> None:
        """Keep it, unless a newer revision is already here."""


class States(Protocol):
    """The fleet's credentials' states."""

    async def by_ids(self, credential_ids: Collection[str]) -> Mapping[str, KnownState]: ...

    async def apply(self, state: KnownState) -> None:
        """Keep it, unless a newer revision is already here; a revocation stays for ever."""


class Pathways(Protocol):
    """The fleet's pathways."""

    async def by_versions(self, versions: Collection[PathwayVersion]) -> Mapping[PathwayVersion, Json]:
        """The documents of those that are known."""

    async def add(self, version: PathwayVersion, document: Json) -> None:
        """Keep it. What a version says never changes."""


class TrustedIssuers(Protocol):
    """Whom an organization trusts beyond the fleet."""

    async def among(self, org_id: str, issuer_ids: Collection[str]) -> Collection[str]:
        """Those of the issuers that the organization accepts."""

    async def add(self, org_id: str, issuer_id: str, *, at: datetime, at_most: int) -> TrustedIssuer | None:
        """The entry, new or old; None when the organization has `at_most` already."""

    async def get(self, org_id: str, issuer_id: str) -> TrustedIssuer | None: ...

    async def remove(self, org_id: str, entry: TrustedIssuer) -> bool: ...

    async def page(self, org_id: str, page: PageRequest) -> Page[TrustedIssuer]: ...


class Verifications(Protocol):
    """The history of verifications."""

    async def add(self, verification: Verification) -> None: ...

    async def get(self, org_id: str, verification_id: str) -> Verification | None: ...

    async def page(self, org_id: str, page: PageRequest, *, verdict: Verdict | None) -> Page[Verification]: ...


class Challenges(Protocol):
    """Digests of challenges that were given out."""

    async def add(self, org_id: str, digest: bytes, *, expires: datetime) -> None: ...

    async def is_open(self, org_id: str, digest: bytes, *, at: datetime) -> bool:
        """Whether it could be spent."""

    async def spend(self, org_id: str, digest: bytes, *, at: datetime) -> bool:
        """Whether it was given to this organization, is in its time, and was not spent before this."""

    async def forget(self, *, before: datetime) -> None:
        """Drop some of those that were over before."""


class UnitOfWork(Protocol):
    """One transaction. Leaving without commit rolls back."""

    @property
    def issuers(self) -> Issuers: ...

    @property
    def status_lists(self) -> StatusLists: ...

    @property
    def states(self) -> States: ...

    @property
    def pathways(self) -> Pathways: ...

    @property
    def trusted_issuers(self) -> TrustedIssuers: ...

    @property
    def verifications(self) -> Verifications: ...

    @property
    def challenges(self) -> Challenges: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...


NewUnitOfWork = Callable[[], UnitOfWork]


class Web(Protocol):
    """Documents of others. What cannot be had is a Failure, never an exception: the verdict says why."""

    async def controller(self, url: str, methods: Collection[str] = ()) -> Resolution:
        """A controller document, which is hoped to hold these verification methods."""

    async def status_list(self, url: str) -> ReadList: ...

    async def status_token(self, url: str) -> ReadList:
        """A status list that is a JWT or a CWT, unread: a document that holds it as `token`, as text or as bytes."""

    async def schema(self, url: str) -> Resolution: ...

    async def pathway(self, url: str) -> Resolution:
        """A version of a pathway, as its catalog publishes it."""


class Processor(Protocol):
    """Runs a pure function without holding up the event loop."""

    async def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...
