"""The topic table: every event has one place, and the services follow what the table says they follow."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from contracts import catalog_events, events
from contracts.payload import Payload
from contracts.schema import examples
from contracts.topics import EVENTS, TOPIC_OF, TOPICS, Topic

MODULES = {events.__name__, catalog_events.__name__}
SERVICES = ("catalog", "issuer", "registry", "verifier")


def kinds(base: type[Payload]) -> set[type[Payload]]:
    """Every concrete event below `base`."""
    below = {kind for child in base.__subclasses__() for kind in kinds(child) if kind.__module__ in MODULES}
    return below | ({base} if "event_type" in vars(base) else set())


def test_every_event_is_on_exactly_one_topic() -> None:
    placed = [payload for topic in TOPICS for payload in topic.payloads]

    assert len(placed) == len(set(placed))
    assert set(placed) == kinds(Payload)


def test_names_of_events_and_topics_are_never_shared() -> None:
    assert len(EVENTS) == len(TOPIC_OF)
    assert len({name for topic in TOPICS for name in (topic.name, topic.dead_letters)}) == 2 * len(TOPICS)


@pytest.mark.parametrize("payload", TOPIC_OF)
def test_every_event_names_its_version_and_has_an_example(payload: type[Payload]) -> None:
    assert payload.event_type.rsplit(".", 1)[1] == "v1"
    assert examples(payload)


def test_everything_about_one_credential_has_one_key() -> None:
    told = ("credential.issued.v1", "credential.suspended.v1", "credential.reinstated.v1", "credential.revoked.v1")
    corrected = "credential.corrected.v1"

    assert len({examples(EVENTS[name])[0]["key"] for name in (*told, corrected)}) == 1


def test_a_payload_without_a_key_of_its_own_cannot_be_sent() -> None:
    with pytest.raises(TypeError, match="no key"):
        Payload().key()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_services_follow_what_the_table_says(topic: Topic) -> None:
    followers = {service: set(topic.payloads) & followed(service) for service in SERVICES}

    assert {service for service, payloads in followers.items() if payloads} == set(topic.consumers)
    assert all(followers[service] == set(topic.payloads) for service in topic.consumers)


def followed(service: str) -> set[type[Payload]]:
    handlers: Any = importlib.import_module(f"{service}.events.handlers")
    subscriptions = handlers.subscriptions() if hasattr(handlers, "subscriptions") else handlers.SUBSCRIPTIONS
    return {subscription.payload for subscription in subscriptions}
