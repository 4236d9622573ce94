"""`laurel keys`: list, add, rotate, activate, retire and revoke."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from laurel import clock
from laurel.cli.app import As, AsJson, app, client
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import OUT, note, show_json, table
from laurel.client import Laurel
from laurel.errors import Conflict, LaurelError
from laurel.models import Issuer, Key

Ours = Annotated[str | None, typer.Option("--issuer", help="Slug or DID; needed where you have several.")]
KeyName = Annotated[str, typer.Argument(help="Its keyId, or its verification method.")]
Algorithm = Annotated[str, typer.Option(help="Ed25519, P-256, P-384 or RS256.")]
Purpose = Annotated[str, typer.Option(help="any, credentials or status-lists.")]
Repeat = Annotated[str | None, typer.Option("--key", help="Idempotency-Key: the same key never makes two.")]

keys = typer.Typer(name="keys", help="The keys that your issuers sign with.", no_args_is_help=True)
app.add_typer(keys)


class NoSuchKey(LaurelError):
    """A key or an issuer that is not there, or not the only one."""


@keys.command("list")
def list_keys(*, issuer: Ours = None, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """All keys of an issuer, those of the past included."""
    with client(name) as laurel:
        _show(list(laurel.keys.list(_slug(laurel, issuer))), as_json=as_json)


@keys.command()
def add(
    *,
    issuer: Ours = None,
    algorithm: Algorithm = "Ed25519",
    purpose: Purpose = "any",
    key: Repeat = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Publish a further key. It signs nothing before it is activated."""
    with client(name) as laurel:
        made = laurel.keys.add(_slug(laurel, issuer), algorithm=algorithm, purpose=purpose, key=key)
    _show_one(made, as_json=as_json)
    note(f"when verifiers have had time to learn of it: laurel keys activate {made.key_id}")


@keys.command()
def rotate(
    *,
    issuer: Ours = None,
    algorithm: Annotated[
        str | None, typer.Option(help="Of the key to replace; of those that sign Open Badges.")
    ] = None,
    purpose: Purpose = "any",
    retire: Annotated[bool, typer.Option("--retire", help="Destroy the private part of the replaced key.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait: publish, and run it again later.")] = False,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Replace the active key: publish another, wait until verifiers know it, activate it.

    Interrupted, run it again: it goes on with the key that is published already.
    """
    with client(name) as laurel:
        slug = _slug(laurel, issuer)
        old, new = _replacement(laurel, slug, algorithm, purpose)
        if _activated(laurel, slug, new, detach=detach):
            note(f"replaced {old.key_id}")
            if retire:
                laurel.keys.retire(slug, old.key_id)
        ended = {key.key_id: key for key in laurel.keys.list(slug)}
    _show([ended[old.key_id], ended[new.key_id]], as_json=as_json)


@keys.command()
def activate(key: KeyName, *, issuer: Ours = None, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """Let a key sign, in place of the one of its algorithm and purpose."""
    with client(name) as laurel:
        slug = _slug(laurel, issuer)
        try:
            changed = laurel.keys.activate(slug, _find(laurel, slug, key).key_id)
        except Conflict as refused:
            if refused.retry_after is not None:
                note(f"it can be activated in {timedelta(seconds=refused.retry_after)}; `laurel keys rotate` waits")
            raise
    _show_one(changed, as_json=as_json)


@keys.command()
def retire(key: KeyName, *, issuer: Ours = None, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """Destroy a key's private part. What it signed stays valid."""
    with client(name) as laurel:
        slug = _slug(laurel, issuer)
        changed = laurel.keys.retire(slug, _find(laurel, slug, key).key_id)
    _show_one(changed, as_json=as_json)


@keys.command()
def revoke(
    key: KeyName,
    *,
    issuer: Ours = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """For a key that is in other hands: nothing it ever signed verifies any more."""
    with client(name) as laurel:
        slug = _slug(laurel, issuer)
        found = _find(laurel, slug, key)
        if not yes:
            question = f"Everything that {found.key_id} of {slug} ever signed stops verifying, for good. Revoke it?"
            typer.confirm(question, abort=True, err=True)
        changed = laurel.keys.revoke(slug, found.key_id)
    _show_one(changed, as_json=as_json)


def _replacement(laurel: Laurel, slug: str, algorithm: str | None, purpose: str) -> tuple[Key, Key]:
    """The active key, and the one to take its place: one that is published already, or a new one."""
    known = list(laurel.keys.list(slug))
    fitting = [key for key in known if key.purpose == purpose and algorithm in (None, key.algorithm)]
    first = list(dict.fromkeys(key.algorithm for key in known))  # the algorithm that came first signs Open Badges
    active = [key for key in fitting if key.state == "active"]
    old = min(active, key=lambda key: (key.algorithm == "RS256", first.index(key.algorithm)), default=None)
    if old is None:
        raise NoSuchKey("no key like that is active: `laurel keys add` and `activate` one")
    for key in fitting:
        if key.state == "published" and key.algorithm == old.algorithm:
            return old, key
    return old, laurel.keys.add(slug, algorithm=old.algorithm, purpose=purpose)


def _activated(laurel: Laurel, slug: str, new: Key, *, detach: bool) -> bool:
    """Activate it as soon as that is allowed; with `detach`, only if it is allowed now."""
    while True:
        try:
            laurel.keys.activate(slug, new.key_id)
        except Conflict as refused:
            if refused.retry_after is None:
                raise
            note(f"published {new.key_id}; verifiers know it in {timedelta(seconds=refused.retry_after)}")
            if detach:
                return False
            clock.pause(refused.retry_after)
        else:
            return True


def _slug(laurel: Laurel, wanted: str | None) -> str:
    """The issuer that is named, or the only one."""
    issuers = list(laurel.issuers.list())
    found = [issuer for issuer in issuers if wanted in (None, issuer.slug, issuer.id)]
    if len(found) == 1:
        return found[0].slug
    raise NoSuchKey(_which(issuers, wanted))


def _which(issuers: Sequence[Issuer], wanted: str | None) -> str:
    names = ", ".join(issuer.slug for issuer in issuers) or "none"
    if wanted is None and issuers:
        return f"you have several issuers, name one by --issuer: {names}"
    return f"there is no such issuer; you have {names}"


def _find(laurel: Laurel, slug: str, wanted: str) -> Key:
    for key in laurel.keys.list(slug):
        if wanted in (key.key_id, key.id):
            return key
    raise NoSuchKey(f"{slug} has no key {wanted!r}")


def _show(found: Sequence[Key], *, as_json: bool) -> None:
    if as_json:
        show_json([key.json for key in found])
        return
    shown = table("state", "since", "algorithm", "purpose", "key")
    for key in found:
        shown.add_row(key.state, f"{key.since:%Y-%m-%d %H:%M}", key.algorithm, key.purpose, key.key_id)
    OUT.print(shown)


def _show_one(key: Key, *, as_json: bool) -> None:
    if as_json:
        show_json(key.json)
    else:
        _show([key], as_json=False)
