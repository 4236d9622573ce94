"""Pathways on CTDL's model: rules that say what adds up to what, and a pure evaluator that explains itself.

No I/O, no clock, no randomness: the same pathway, credentials and day give the same evaluation on every machine, so
that anyone can recompute what an issuer decided.
"""

from stacking.evaluation import Evaluation, evaluate
from stacking.evidence import Held, Setting
from stacking.model import Component, Condition, Pathway
from stacking.rules import Rules, compile_rules
from stacking.validation import Flaw, flaws

__all__ = [
    "Component",
    "Condition",
    "Pathway",
    "Rules",
    "compile_rules",
    "Flaw",
    "flaws",
    "Held",
    "Setting",
    "Evaluation",
    "evaluate",
]
