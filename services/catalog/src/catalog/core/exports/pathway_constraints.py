"""What a pathway asks of single credentials, as CTDL's `ceterms:Constraint`.

Where CTDL has the property that is compared, it is named; what it has none for (when something was awarded, say) stands
in words only. Values that are no addresses are literals: the context takes plain text of these members for addresses.
"""

from decimal import Decimal

from catalog.core.achievements import vocabularies
from catalog.core.exports import pathway_words
from catalog.core.model import Json
from stacking.constraints import Constraint, CreditsAtLeast, IssuedBy, LevelAtLeast
from stacking.members import number

AT_LEAST = "compare:GTEQ"


def in_words(said: str) -> Json:
    """A constraint that only people can read."""
    return {"@type": "ceterms:Constraint", "ceterms:description": {"en": said}}


def of_constraint(constraint: Constraint) -> Json:
    """One constraint, with words in any case."""
    said = in_words(pathway_words.of_constraint(constraint))
    match constraint:
        case IssuedBy(issuers):
            return (
                said
                | _compared("ceterms:offeredBy", "compare:EQ", *sorted(issuers))
                | {"ceterms:rightAction": "array:AnyOf"}
            )
        case LevelAtLeast(level):
            eqf = vocabularies.EQF.concepts[str(level)].iri
            return said | _compared("ceterms:audienceLevelType", AT_LEAST, eqf)
        case CreditsAtLeast(least):
            return said | _compared("ceterms:creditValue", AT_LEAST, _literal(least))
        case _:
            return said


def sum_of_credits(least: Decimal) -> Json:
    """That what counts adds up to this."""
    said = in_words(f"Worth at least {pathway_words.ects(least)} together")
    return said | {"ceterms:leftAction": "array:Sum"} | _compared("ceterms:creditValue", AT_LEAST, _literal(least))


def _compared(left: str, comparator: str, *right: str | Json) -> Json:
    return {"ceterms:leftSource": [left], "ceterms:comparator": comparator, "ceterms:rightSource": [*right]}


def _literal(value: Decimal) -> Json:
    return {"@value": number(value)}
