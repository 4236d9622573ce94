"""What the registry follows."""

from __future__ import annotations

from contracts.topics import TOPIC_OF
from registry.events.handlers import subscriptions


def test_follows_every_event_of_the_public_record() -> None:
    of_others = ("access.", "pathway.", "recognition-agreement.")
    told = {payload for payload in TOPIC_OF if not payload.event_type.startswith(of_others)}
    assert {subscription.payload for subscription in subscriptions()} == told
