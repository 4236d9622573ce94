"""Prometheus metrics of the kit. Labels are bounded: route templates, topics and states, never ids."""

from prometheus_client import Counter, Gauge, Histogram

from service_kit.clock import utc_now

HTTP_REQUESTS = Counter("http_requests_total", "Requests answered", ["method", "route", "status"])
HTTP_SECONDS = Histogram(
    "http_request_duration_seconds",
    "Time to answer",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
OUTBOX_PENDING = Gauge("outbox_pending_events", "Committed events not yet on the bus")
OUTBOX_AGE = Gauge("outbox_oldest_pending_seconds", "Age of the oldest event not yet on the bus")
EVENTS_PUBLISHED = Counter("events_published_total", "Events put on the bus", ["topic"])
EVENTS_CONSUMED = Counter("events_consumed_total", "Events read, by outcome", ["topic", "outcome"])
EVENT_LATENCY = Histogram(
    "event_age_seconds",
    "Time from an event's creation to its effect here",
    ["topic"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300),
)
FETCHES = Counter("fetches_total", "Documents read from the public web, by outcome", ["outcome"])
WORK_FAILED = Counter(
    "work_failed_total", "Pieces of background work that failed unexpectedly, to be tried again", ["work"]
)
CLOCK_OFF = Gauge("clock_off_seconds", "How far this machine's clock is ahead of the database's")
TIME = Gauge("own_time_seconds", "The time that this process goes by, since 1970")
TIME.set_function(lambda: utc_now().timestamp())
