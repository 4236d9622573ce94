"""The use case: verify a credential or a presentation, answer with reasons, and remember that it was done."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from credential_core.report import Check, Outcome, Report, Verdict
from service_kit.clock import Clock
from service_kit.ids import NewId
from verifier.core.challenges import Challenges
from verifier.core.evidence import Gather
from verifier.core.judgement import Options, Readable, Reading, judge, judge_presentation, read
from verifier.core.model import Answer, Evidence, Finding, Json, Verification
from verifier.core.ports import NewUnitOfWork, Processor
from verifier.core.vouching import is_identifier

DEFAULT = Options()
SPENT = Report(
    Verdict.INVALID,
    (Check("challenge", Outcome.FAILED, "challenge_spent", "the challenge was answered before, or its time is over"),),
)
Judgement = Callable[[Readable, Evidence, Options, datetime], Report]


class Verify:
    """Reads, gathers, judges, and writes one line of history. The credential itself is not kept."""

    def __init__(
        self,
        *,
        unit_of_work: NewUnitOfWork,
        gather: Gather,
        challenges: Challenges,
        processor: Processor,
        clock: Clock,
        ids: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._challenges = challenges
        self._gather = gather
        self._processor = processor
        self._clock = clock
        self._ids = ids

    async def __call__(
        self,
        org_id: str,
        credential: Json | str,
        options: Options = DEFAULT,
        components: Sequence[Json | str] = (),
    ) -> Answer:
        """Any text or object gets a verdict. Raises Unavailable when there is no room to compute one.

        `components` are those of a stacked credential, as many as are at hand.
        """
        return await self._answer(org_id, credential, options, judge, components)

    async def presentation(self, org_id: str, presentation: Json | str, options: Options = DEFAULT) -> Answer:
        """The same for a presentation. A challenge of ours answers once, whatever the verdict.

        It is spent with the verdict: who is told to come again may.
        """
        challenge = options.challenge
        if challenge is not None and not await self._challenges.is_open(org_id, challenge):
            reading = await self._processor(read, presentation)
            return await self._remember(org_id, reading, SPENT)
        return await self._answer(org_id, presentation, options, judge_presentation, challenge=challenge)

    async def _answer(
        self,
        org_id: str,
        document: Json | str,
        options: Options,
        judgement: Judgement,
        components: Sequence[Json | str] = (),
        *,
        challenge: str | None = None,
    ) -> Answer:
        reading = await self._processor(read, document, components, earlier_badges=options.earlier_badges)
        found = reading.outcome
        if isinstance(found, Report):
            return await self._remember(org_id, reading, found, challenge)
        evidence = await self._gather(org_id, found.wanted)
        report = await self._processor(judgement, found, evidence, options, self._clock())
        return await self._remember(org_id, reading, report, challenge)

    async def _remember(self, org_id: str, reading: Reading, report: Report, challenge: str | None = None) -> Answer:
        async with self._unit_of_work() as work:
            if challenge is not None and not await self._challenges.spend(work, org_id, challenge):
                report = SPENT  # by another that was judged at the same time
            answer = Answer(self._ids(), report, self._clock())
            await work.verifications.add(_for_history(answer, org_id, reading))
            await work.commit()
        return answer


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
