"""Whether a credential holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from laurel.models import Verification
from laurel.transport import Transport

PATH: Final = "/verifications"


class Verifications:
    """The verifier."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def verify(
        self,
        credential: Mapping[str, Any] | str,
        *,
        accept_unknown_issuer: bool = False,
        components: Sequence[Mapping[str, Any] | str] = (),
    ) -> Verification:
        """Judge a credential: a JSON object, its text, a compact JWS, or an image that holds one, as a data URL.

        Whatever it is, there is a verdict. `components` are those of a stacked credential that you were given. Asked
        again after a lost connection, it is judged again: the history may show it twice. Needs `verifications:create`.
        """
        body: dict[str, Any] = {"credential": credential if isinstance(credential, str) else dict(credential)}
        if components:
            body["components"] = [one if isinstance(one, str) else dict(one) for one in components]
        if accept_unknown_issuer:
            body["policy"] = {"acceptUnknownIssuer": True}
        return Verification.from_json(self._transport.post(PATH, body))
