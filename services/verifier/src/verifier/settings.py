"""What the verifier is told."""

from typing import Self

from pydantic import Field, model_validator

from service_kit.settings import FetcherSettings, ServiceSettings


class VerifierSettings(ServiceSettings):
    """The kit's settings and the verifier's own."""

    did_web_origin: str = Field(description="https origin under which the fleet's did:web identifiers resolve")
    fetcher: FetcherSettings = FetcherSettings()
    processes: int = Field(default=2, ge=1, le=32, description="processes that compute verdicts")

    @model_validator(mode="after")
    def _guarded_in_production(self) -> Self:
        if self.environment == "production" and self.fetcher.allow_private:
            raise ValueError("fetcher.allow_private is for development only")
        return self
