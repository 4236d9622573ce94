"""What a problem type is: a stable code, its address, and what there is to know about it (RFC 9457 §3.1.1)."""

from dataclasses import dataclass
from typing import Any

PREFIX = "/problems"
EXAMPLE_REQUEST = "0198c0de-0000-7000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One way to be refused. `detail`, `instance` and `errors` make the example."""

    code: str
    status: int
    title: str
    meaning: str
    remedy: str
    detail: str
    instance: str
    errors: tuple[tuple[str, str], ...] = ()

    def address(self, base: str) -> str:
        """The `type` of every answer with this problem. There is a page behind it."""
        return f"{base}{PREFIX}/{self.code}"

    def example(self, base: str) -> dict[str, Any]:
        """An answer as a caller gets it."""
        answer: dict[str, Any] = {
            "type": self.address(base),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": self.instance,
            "requestId": EXAMPLE_REQUEST,
        }
        if self.errors:
            answer["errors"] = [{"field": field, "detail": detail} for field, detail in self.errors]
        return answer

    def document(self, base: str) -> dict[str, Any]:
        """The problem type itself, for a program that follows the address."""
        return {
            "type": self.address(base),
            "code": self.code,
            "title": self.title,
            "status": self.status,
            "meaning": self.meaning,
            "remedy": self.remedy,
            "example": self.example(base),
        }
