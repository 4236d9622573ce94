"""Connections to others' hosts: one that is told much more than was asked is closed."""

import asyncio
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

MOST_AHEAD = 16  # answers nobody has looked at; servers say that they go on (1xx) once or twice before they answer


class Answers(ResponseHandler):
    """What comes on a connection. Endless answers, of a few bytes each, would keep the loop from all else."""

    def feed_data(self, data: Any, size: int = 0) -> None:
        """One more answer is there."""
        if len(self) < MOST_AHEAD:
            super().feed_data(data, size)
        elif self.exception() is None:
            self.close()
            self.set_exception(aiohttp.ClientPayloadError("there are more answers than questions"))


class Connector(aiohttp.TCPConnector):
    """A TCPConnector of such connections."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        connections: Any = partial(Answers, loop=asyncio.get_running_loop())
        self._factory = connections
