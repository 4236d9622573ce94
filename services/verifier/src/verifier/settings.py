"""What the verifier is told."""

from pathlib import Path

from pydantic import Field

from service_kit.settings import ServiceSettings, WebSettings


class VerifierSettings(ServiceSettings, WebSettings):
    """The kit's settings and the verifier's own."""

    did_web_origin: str = Field(description="https origin under which the fleet's did:web identifiers resolve")
    status_list_origin: str | None = Field(
        default=None, description="https origin of the fleet's status lists, if it is not public_base_url"
    )
    contexts_file: Path | None = Field(
        default=None, description="manifest of JSON-LD contexts that are known beside those that come with the service"
    )
    processes: int = Field(default=2, ge=1, le=32, description="processes that compute verdicts")

    @property
    def own_origins(self) -> tuple[str, ...]:
        """Where the fleet's own documents are: known here, never fetched."""
        origins = (self.public_base_url, self.did_web_origin, self.status_list_origin)
        return tuple(origin for origin in origins if origin is not None)
