"""The record of an evaluation: what was decided, by which rules, from which credentials. It travels in the credential.

An issuer signs it as evidence of the credential that a completed pathway is worth, as a data URI (Open Badges 3.0
§B.1.10, Evidence.id). It states of each credential no more than the rules looked at: of a result that is asked for only
that it is as good as is asked.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from stacking.constraints import Recognised, ResultAtLeast
from stacking.evaluation import Evaluation, Placed
from stacking.evidence import Agreed, Held, Setting
from stacking.members import number
from stacking.model import Component, Pathway
from stacking.statuses import Listed, read_said, said

TYPE = "PathwayEvaluation"
EVALUATOR = "laurel-stacking/1"
PACKING = "laurel-stacking/2"  # for what the first one gave up on
GENRE = TYPE
HEAD = "data:application/json;base64,"
LONGEST = 200_000
Document = dict[str, Any]


class NotARecord(ValueError):
    """It is not the record of an evaluation that this library reads."""


class OtherEvaluator(NotARecord):
    """It was made by an evaluator that this library is not."""


@dataclass(frozen=True, slots=True)
class Input:
    """A credential that counts: what the rules saw of it, the digest of its document, and all places it is listed in.

    `has_no_status`: its document names none, so that it cannot have been revoked.
    """

    held: Held
    digest: str
    listed: tuple[Listed, ...] = ()
    has_no_status: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """An evaluation that completed a pathway. `pathway_digest` is the catalog's, of that version's document."""

    pathway: str
    version: int
    pathway_digest: str
    setting: Setting
    inputs: Sequence[Input]
    placed: frozenset[Placed]


def record_of(
    pathway: Pathway, pathway_digest: str, found: Evaluation, inputs: Sequence[Input], setting: Setting
) -> Document:
    """The record as JSON. `inputs` are those that count, and no others: who holds what else is nobody's business."""
    at = {one.credential: pathway.components[one.component] for one in found.placed}
    asks_recognition = any(
        isinstance(rule, Recognised) for component in pathway.components.values() for rule in component.constraints
    )
    shared = {limit.pathway for limit in pathway.sharing}
    has_others = any(one.held.issuer not in setting.own for one in inputs)
    return {
        "type": TYPE,
        "evaluator": PACKING if found.is_packed else EVALUATOR,
        "pathway": {"id": pathway.id, "version": pathway.version, "digest": pathway_digest},
        "day": setting.day.isoformat(),
        **(_recognition(setting, {one.held.issuer for one in inputs}) if asks_recognition else {}),
        **({"ownIssuers": sorted(setting.own)} if setting.own and has_others else {}),
        "inputs": [_input(one, at[one.held.id], shared) for one in sorted(inputs, key=lambda one: one.held.id)],
        "decision": {
            "isComplete": found.is_complete,
            "placed": [
                {"credential": one.credential, "component": one.component, "credits": number(one.credits)}
                for one in sorted(found.placed)
            ],
        },
    }


def _recognition(setting: Setting, counting: set[str]) -> Document:
    """The owner's own issuers; of its partners those that something counts of, with what the parties signed."""
    agreed = sorted(one for one in setting.agreed if one.issuer in counting)
    partners = {one.issuer for one in setting.agreed} - {one.issuer for one in agreed}
    signed = [
        {"issuer": one.issuer, "agreement": one.agreement, "version": one.version, "digest": one.digest}
        for one in agreed
    ]
    return {
        "recognisedIssuers": sorted(setting.recognised - partners),
        **({"recognisedBy": signed} if signed else {}),
    }


def _input(one: Input, component: Component, shared: set[str]) -> Document:
    held = one.held
    asked = {rule.result: rule.value for rule in component.constraints if isinstance(rule, ResultAtLeast)}
    members: Document = {
        "id": held.id,
        "digest": one.digest,
        "achievement": held.achievement,
        "issuer": held.issuer,
        "awarded": held.awarded.isoformat(),
        "credits": number(held.credits),
        "level": held.level,
        "resultsAtLeast": {name: number(value) for name, value in sorted(asked.items())},
        "countedIn": sorted(held.counted_in & shared),
    }
    if one.listed:
        members |= said(one.listed)
    elif one.has_no_status:
        members["hasNoStatus"] = True
    return {name: value for name, value in members.items() if value not in (None, [], {})}


def as_evidence(record: Mapping[str, Any], pathway_name: str) -> Document:
    """The record as Open Badges evidence."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {
        "id": HEAD + base64.b64encode(text.encode()).decode(),
        "type": ["Evidence"],
        "name": f"Evaluation of the pathway {pathway_name}",
        "genre": GENRE,
    }


def find_record(credential: Mapping[str, Any]) -> Record | None:
    """The record in a credential's evidence; None for a credential without one. Raises NotARecord, also for several.

    Evidence is a set: which of several comes first is for a holder to choose.
    """
    evidence = credential.get("evidence")
    uris = {
        str(item.get("id"))
        for item in (evidence if isinstance(evidence, list) else [evidence])
        if isinstance(item, Mapping) and item.get("genre") == GENRE and str(item.get("id")).startswith(HEAD)
    }
    if len(uris) > 1:
        raise NotARecord("it has several records of an evaluation")
    return read_record(_from_uri(uris.pop())) if uris else None


def _from_uri(uri: str) -> object:
    if len(uri) > LONGEST:
        raise NotARecord("the evaluation is too long")
    try:
        return json.loads(base64.b64decode(uri.removeprefix(HEAD), validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise NotARecord("the evaluation is not JSON in base64") from error


def read_record(document: object) -> Record:
    """Read what `record_of` wrote. Raises NotARecord for anything else."""
    try:
        return _read(document)
    except NotARecord:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise NotARecord("it is not the record of an evaluation") from error


def _read(document: Any) -> Record:
    if document["type"] != TYPE:
        raise NotARecord("it is not the record of an evaluation")
    if document["evaluator"] not in (EVALUATOR, PACKING):
        raise OtherEvaluator(f"it was evaluated by {_text(document['evaluator'])}, which this is not")
    if document["decision"]["isComplete"] is not True:
        raise NotARecord("it records no completion")
    inputs = tuple(_read_input(one) for one in document["inputs"])
    if len({one.held.id for one in inputs}) != len(inputs):
        raise NotARecord("it names a credential twice")
    return Record(
        pathway=_text(document["pathway"]["id"]),
        version=int(document["pathway"]["version"]),
        pathway_digest=_text(document["pathway"]["digest"]),
        setting=_read_setting(document),
        inputs=inputs,
        placed=frozenset(
            Placed(_text(one["credential"]), _text(one["component"]), Decimal(str(one["credits"])))
            for one in document["decision"]["placed"]
        ),
    )


def _read_setting(document: Any) -> Setting:
    recognised = _texts(document.get("recognisedIssuers", []))
    agreed = frozenset(
        Agreed(_text(one["issuer"]), _text(one["agreement"]), int(one["version"]), _text(one["digest"]))
        for one in document.get("recognisedBy", [])
    )
    if not recognised.issuperset(one.issuer for one in agreed):
        raise NotARecord("an agreement is about an issuer that was not recognised")
    return Setting(date.fromisoformat(document["day"]), recognised, agreed, _texts(document.get("ownIssuers", [])))


def _read_input(members: Any) -> Input:
    level = members.get("level")
    held = Held(
        id=_text(members["id"]),
        achievement=_text(members["achievement"]),
        issuer=_text(members["issuer"]),
        awarded=date.fromisoformat(members["awarded"]),
        credits=Decimal(str(members["credits"])),
        level=None if level is None else int(level),
        results={_text(name): Decimal(str(value)) for name, value in members.get("resultsAtLeast", {}).items()},
        counted_in=_texts(members.get("countedIn", [])),
    )
    listed = read_said(members)
    for one in listed:
        _texts((one.status.url, one.digest))
    return Input(held, _text(members["digest"]), listed, members.get("hasNoStatus") is True)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise NotARecord("a text is none")
    return value


def _texts(values: Iterable[object]) -> frozenset[str]:
    return frozenset(map(_text, values))
