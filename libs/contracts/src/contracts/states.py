"""What names the state of something that several rooms show: entity tags made of it agree between rooms (ADR 68)."""


def issuer_state(issuer_id: str, revision: int) -> dict[str, str | int]:
    """An issuer's: the registry shows it, and the issuer's room changes it."""
    return {"id": issuer_id, "revision": revision}
