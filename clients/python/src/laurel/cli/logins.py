"""The logins that are kept between commands, in one file that only its owner may read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from laurel.errors import LaurelError

DEFAULT: Final = "default"
_VARIABLES: Final = {
    "base_url": "LAUREL_URL",
    "client_id": "LAUREL_CLIENT_ID",
    "client_secret": "LAUREL_CLIENT_SECRET",
}


class NoLogin(LaurelError):
    """There is nothing to log in with."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where, and as whom."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    ca: Path | None = None


def place() -> Path:
    """The file: `$XDG_CONFIG_HOME/laurel/logins.json`, by default under `~/.config`."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "laurel" / "logins.json"


def chosen(name: str) -> Login:
    """LAUREL_URL, LAUREL_CLIENT_ID and LAUREL_CLIENT_SECRET together, or else what `laurel login` kept by this name.

    NoLogin if there is neither, or if some of the three say otherwise than the login that is kept.
    """
    given = {member: os.environ.get(variable, "") for member, variable in _VARIABLES.items()}
    if all(given.values()):
        ca = os.environ.get("LAUREL_CA")
        return Login(**given, ca=Path(ca) if ca else None)
    kept = _read().get(name)
    if any(value and (kept is None or value != kept[member]) for member, value in given.items()):
        raise NoLogin(_half(given))  # with the kept login one would act elsewhere, or as somebody else
    if kept is None:
        as_name = "" if name == DEFAULT else f" --as {name}"
        raise NoLogin(f"there is no login {name!r}: run `laurel login{as_name}` first")
    trusted = Path(kept["ca"]) if "ca" in kept else None
    return Login(kept["base_url"], kept["client_id"], kept["client_secret"], trusted)


def _half(given: dict[str, str]) -> str:
    there, missing = (
        ", ".join(variable for member, variable in _VARIABLES.items() if bool(given[member]) is wanted)
        for wanted in (True, False)
    )
    return f"{there} without {missing}: set all three, or none to use a login that is kept"


def keep(name: str, login: Login) -> None:
    """Keep a login under a name; another one of that name is replaced."""
    logins = _read()
    logins[name] = {"base_url": login.base_url, "client_id": login.client_id, "client_secret": login.client_secret}
    if login.ca is not None:
        logins[name]["ca"] = str(login.ca.resolve())
    _write(logins)


def forget(name: str) -> bool:
    """Forget a login; False if there was none."""
    logins = _read()
    known = logins.pop(name, None) is not None
    if known:
        _write(logins)
    return known


def names() -> list[str]:
    """The names of all kept logins."""
    return sorted(_read())


def from_file(path: Path, organization: str, *, ca: Path | None = None) -> Login:
    """The login of one organization, by slug or kind, of a file like the demonstration's `var/demo.json`."""
    try:
        facts = json.loads(path.read_text())
        found = [o for o in facts["organizations"] if organization in (o["slug"], o["kind"])]
        if not found:
            known = ", ".join(str(o["slug"]) for o in facts["organizations"])
            raise NoLogin(f"{path} has no organization {organization!r}, but {known}")
        return Login(facts["base_url"], found[0]["client_id"], found[0]["client_secret"], ca)
    except OSError as error:
        raise NoLogin(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NoLogin(f"{path} is no file of logins, such as `make run` writes to var/demo.json") from error


def _read() -> dict[str, Any]:
    try:
        logins = json.loads(place().read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NoLogin(f"{place()} cannot be read: {error}") from error
    if not isinstance(logins, dict) or not all(
        isinstance(one, dict) and one.keys() >= _VARIABLES.keys() for one in logins.values()
    ):
        raise NoLogin(f"{place()} is no file of logins (any more): move it away, and `laurel login` again")
    return logins


def _write(logins: dict[str, Any]) -> None:
    """Write beside it and rename, so that a crash leaves the old file or the new one."""
    path = place()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(logins, indent=2) + "\n")
    fresh.replace(path)
