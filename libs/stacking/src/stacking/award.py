"""From everything a learner holds to what a pathway is awarded for: those that count, and no others."""

from collections.abc import Sequence
from dataclasses import dataclass

from stacking.evaluation import Evaluation, completes, evaluate
from stacking.evidence import Held, Setting
from stacking.rules import Rules


@dataclass(frozen=True, slots=True)
class Completion:
    """An evaluation of the credentials that count alone: what anybody gets who makes it again."""

    counting: Sequence[Held]
    evaluation: Evaluation


def completion(rules: Rules, held: Sequence[Held], setting: Setting) -> Completion | None:
    """None when the pathway is not complete."""
    if not completes(rules, held, setting):
        return None
    counting: Sequence[Held] = list({one.id: one for one in held}.values())
    found = evaluate(rules, counting, setting)
    while found.is_complete and len(found.placed) < len(counting):
        placed = {one.credential for one in found.placed}
        counting = [one for one in counting if one.id in placed]
        found = evaluate(rules, counting, setting)
    return Completion(counting, found) if found.is_complete else None
