"""Whose word counts in a place that says nothing of issuers."""

from dataclasses import replace

from stacking.constraints import IssuedBy, Recognised
from stacking.evidence import Setting
from stacking.model import Component
from stacking.rules import Rules


def trusting(rules: Rules, setting: Setting) -> Rules:
    """The rules as this setting reads them. Anybody can name any achievement in a credential of their own.

    So where others' credentials may count, a place takes them only if it names their issuer, or asks for a recognised
    one. Where only the owner's are looked at (`own` is empty) the rules are as they are.
    """
    if not setting.own or all(map(_speaks_of_issuers, rules.places)):
        return rules
    owners = IssuedBy(setting.own)
    places = (
        one if _speaks_of_issuers(one) else replace(one, constraints=(*one.constraints, owners)) for one in rules.places
    )
    return replace(rules, places=tuple(places))


def _speaks_of_issuers(place: Component) -> bool:
    return any(isinstance(rule, IssuedBy | Recognised) for rule in place.constraints)
