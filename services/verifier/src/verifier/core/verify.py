"""The use case: verify one credential, answer with reasons, and remember that it was done."""

from typing import Any

from credential_core.report import Check, Report
from service_kit.clock import Clock
from service_kit.ids import NewId
from verifier.core.evidence import Gather
from verifier.core.judgement import Options, Readable, Reading, is_identifier, judge, read
from verifier.core.model import Answer, Finding, Json, Verification
from verifier.core.ports import NewUnitOfWork, Processor

DEFAULT = Options()


class Verify:
    """Reads, gathers, judges, and writes one line of history. The credential itself is not kept."""

    def __init__(
        self, *, unit_of_work: NewUnitOfWork, gather: Gather, processor: Processor, clock: Clock, ids: NewId
    ) -> None:
        self._unit_of_work = unit_of_work
        self._gather = gather
        self._processor = processor
        self._clock = clock
        self._ids = ids

    async def __call__(self, org_id: str, credential: Json | str, options: Options = DEFAULT) -> Answer:
        """Any text or object gets a verdict. Raises Unavailable when there is no room to compute one."""
        reading = await self._processor(read, credential)
        found = reading.outcome
        report = found if isinstance(found, Report) else await self._judge(org_id, found, options)
        answer = Answer(self._ids(), report, self._clock())
        async with self._unit_of_work() as work:
            await work.verifications.add(_for_history(answer, org_id, reading))
            await work.commit()
        return answer

    async def _judge(self, org_id: str, subject: Readable, options: Options) -> Report:
        evidence = await self._gather(org_id, subject.wanted)
        return await self._processor(judge, subject, evidence, options, self._clock())


def _for_history(answer: Answer, org_id: str, reading: Reading) -> Verification:
    report = answer.report
    summary = report.summary or {}
    issuer = summary.get("issuer") or {}
    return Verification(
        id=answer.id,
        org_id=org_id,
        input_digest=reading.digest,
        credential_id=_identifier(summary.get("id")),
        issuer_id=_identifier(issuer.get("id")),
        verdict=report.verdict,
        findings=tuple(_finding(check) for check in report.checks),
        verified_at=answer.verified_at,
    )


def _identifier(value: Any) -> str | None:
    return value if is_identifier(value) else None


def _finding(check: Check) -> Finding:
    return Finding(check.check, check.outcome, check.code, check.source)
