"""What a look found of a status is stored so that the release before reads it too."""

from __future__ import annotations

import pytest

from issuer.core.stacks.snapshots import Kind, Snapshot
from stacking.statuses import Listed, Status

PLAIN = Listed(Status("https://academy.example/lists/1", 7), "uDigest")
SUSPENSION = Listed(Status("https://academy.example/lists/2", 9, "suspension"), "uOther")


@pytest.mark.parametrize(
    ("snapshot", "before"),
    [
        (Snapshot(Kind.NONE), ("none", "", 0, "")),
        (Snapshot(Kind.OTHER), ("other", "", 0, "")),
        (Snapshot(Kind.LISTED, (PLAIN,)), ("listed", PLAIN.status.url, 7, "uDigest")),
        (Snapshot(Kind.LISTED, (SUSPENSION,)), ("other", "", 0, "")),
        (Snapshot(Kind.LISTED, (PLAIN, SUSPENSION)), ("other", "", 0, "")),
    ],
)
def test_both_releases_read_it(snapshot: Snapshot, before: tuple[str, str, int, str]) -> None:
    stored = snapshot.json
    assert Snapshot.read(stored) == snapshot
    assert (stored["kind"], stored["url"], stored["index"], stored["digest"]) == before


@pytest.mark.parametrize(
    ("kind", "found"),
    [("none", Snapshot(Kind.NONE)), ("listed", Snapshot(Kind.LISTED, (PLAIN,))), ("other", None)],
)
def test_what_the_release_before_wrote_is_read(kind: str, found: Snapshot | None) -> None:
    is_listed = kind == "listed"
    members = {
        "kind": kind,
        "url": PLAIN.status.url if is_listed else "",
        "index": 7 if is_listed else 0,
        "digest": "uDigest" if is_listed else "",
    }
    assert Snapshot.read(members) == found
