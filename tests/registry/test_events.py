"""What the registry follows."""

from __future__ import annotations

from contracts.topics import TOPIC_OF
from registry.events.handlers import subscriptions


def test_follows_every_event_there_is() -> None:
    assert {subscription.payload for subscription in subscriptions()} == set(TOPIC_OF)
