"""The unprivileged user PostgreSQL runs as when we are root, and places which that user can reach."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tools.process import Account, StartFailed

CANDIDATES = ("postgres", "nobody")
OUTSIDE = Path("/var/lib/laurel")


def unprivileged() -> Account | None:
    """None unless we are root. Existing users only: a development tool adds none to the machine."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StartFailed(f"PostgreSQL refuses to run as root, and none of the users {CANDIDATES} exists here")


def can_run(account: Account | None, *command: str) -> bool:
    """Whether that user can really do it: a check of mode bits alone misses ACLs and mounts."""
    try:
        done = subprocess.run(
            command,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def place(preferred: Path, account: Account | None) -> Path:
    """`preferred`, or a directory outside the tree where the tree is closed to that user.

    A clone below a 0700 home is the usual case. We open nobody's home: the directory moves to /var/lib,
    which only root can write, and `preferred` becomes a symbolic link to it.
    """
    preferred.parent.mkdir(parents=True, exist_ok=True)
    if account is None or can_run(account, "/bin/sh", "-c", 'cd "$1"', "sh", str(preferred.parent)):
        preferred.mkdir(exist_ok=True)
        preferred.chmod(0o755)
        return preferred
    outside = OUTSIDE / hashlib.sha256(str(preferred).encode()).hexdigest()[:12] / preferred.name
    for directory in (OUTSIDE, outside.parent, outside):
        directory.mkdir(mode=0o755, exist_ok=True)
        directory.chmod(0o755)
    if not preferred.is_symlink():
        if preferred.is_dir():
            preferred.rmdir()
        preferred.symlink_to(outside)
    return outside


def give(directory: Path, account: Account | None) -> None:
    """Make that user the owner of the directory and everything in it."""
    if account is None or not directory.exists() or directory.stat().st_uid == account.uid:
        return
    os.chown(directory, account.uid, account.gid)
    for path in directory.rglob("*"):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def remove(preferred: Path) -> None:
    """Remove what `place` made, wherever it is."""
    if preferred.is_symlink():
        outside = preferred.readlink()
        preferred.unlink()
        if outside.is_relative_to(OUTSIDE):
            shutil.rmtree(outside.parent, ignore_errors=True)
    elif preferred.exists():
        shutil.rmtree(preferred)
