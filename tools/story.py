"""The main story on real input, played through the edge as any client would: `python -m tools.story`.

Courses in, achievements out, a class of learners gets credentials, one is verified, tampered with, revoked.
"""

import argparse
import csv
import json
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tools.actor import Actor, StoryError, until

HERE = Path(__file__).parent
REAL_COURSES = HERE.parent.parent / "shared" / "data" / "stolaf-courses-2025-fall.json"
OWN_COURSES = HERE / "data" / "courses.json"
CLASS = HERE / "data" / "class.csv"
ACHIEVEMENTS = 10

Json = dict[str, Any]


class Narrator:
    """Prints one line per step, with how long it took."""

    def __init__(self) -> None:
        self._step = 0

    @contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """A numbered step. Lines appended to what this yields are printed under it."""
        self._step += 1
        lines: list[str] = []
        started = time.perf_counter()
        yield lines
        print(f"\n{self._step}. {title}  [{(time.perf_counter() - started) * 1000:,.0f} ms]", flush=True)
        for line in lines:
            print(f"   {line}", flush=True)


def play(base_url: str, demo: Json) -> None:
    """Play the whole story. Raises StoryError at the first thing that is not as it should be."""
    narrator = Narrator()
    with httpx.Client(base_url=base_url, timeout=60) as http:
        with narrator.step("A university and an employer get access tokens (OAuth2 client credentials)") as out:
            university = Actor(http, _organization(demo, "university"))
            employer = Actor(http, _organization(demo, "employer"))
            out.append(f"{university.name}; {employer.name}")
        courses = _import_courses(narrator, university)
        achievements = _publish(narrator, university, courses)
        issued = _issue(narrator, university, achievements)
        chosen = issued[0]
        _verify(narrator, employer, chosen["credential"])
        _tamper(narrator, employer, chosen["credential"])
        _record(narrator, http, chosen)
        _revoke(narrator, university, employer, chosen)
    print("\nThe story ended as it should.", flush=True)


def _organization(demo: Json, kind: str) -> Json:
    found: Json = next(organization for organization in demo["organizations"] if organization["kind"] == kind)
    return found


def _import_courses(narrator: Narrator, university: Actor) -> list[Json]:
    source = REAL_COURSES if REAL_COURSES.exists() else OWN_COURSES
    courses = json.loads(source.read_text())
    with narrator.step(f"Import the course list {source.name} ({len(courses)} courses)") as out:
        report = university.post("/courses/import", courses)
        counts = ("received", "created", "updated", "unchanged", "rejected")
        out.append(", ".join(f"{name} {report[name]}" for name in counts if name in report))
        out.extend(f"row {e['row']}: {e['field']}: {e['detail']}" for e in report.get("errors", [])[:3])
    return [_course(university, listed["code"]) for listed in courses[:ACHIEVEMENTS]]


def _course(university: Actor, code: str) -> Json:
    found: Json = university.get(f"/courses?mine=true&code={quote(code)}")["items"][0]
    return found


def _publish(narrator: Narrator, university: Actor, courses: list[Json]) -> list[Json]:
    achievements = []
    with narrator.step(f"Turn {len(courses)} courses into published achievements") as out:
        for course in courses:
            grade = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, course['id'])}"
            body = {
                "course": course["id"],
                "achievementType": "MicroCredential",
                "resultDescription": [
                    {"id": grade, "type": ["ResultDescription"], "name": "Final grade", "resultType": "LetterGrade"}
                ],
            }
            draft = university.post("/achievements", body, key=f"story-{course['id']}")
            published = university.post(f"/achievements/{draft['id'].rsplit('/', 1)[-1]}/publish", {})
            achievements.append(published | {"grade": grade})
        out.extend(f"{a['name'][:70]}  {a['id']}" for a in achievements[:3])
        out.append("...")
    return achievements


def _issue(narrator: Narrator, university: Actor, achievements: list[Json]) -> list[Json]:
    with CLASS.open(newline="") as file:
        learners = list(csv.DictReader(file))
    run = uuid.uuid4().hex[:8]
    achievement = achievements[0]
    with narrator.step(
        f"Issue “{achievement['name']}” to a class of {len(learners)} learners (from {CLASS.name})"
    ) as out:
        issued = [
            university.post(
                "/credentials",
                {
                    "achievement": achievement["id"],
                    "recipient": {"email": learner["email"]},
                    "results": [{"resultDescription": achievement["grade"], "value": learner["result"]}],
                },
                key=f"story-{run}-{learner['email']}",
            )
            for learner in learners
        ]
        credential = issued[0]["credential"]
        out.append(f"{len(issued)} signed Open Badges 3.0 credentials; the first one:")
        out.append(f"id      {credential['id']}")
        out.append(f"issuer  {credential['issuer']['name']}  {credential['issuer']['id']}")
        out.append(f"proof   {_proof(credential)['cryptosuite']} by {_proof(credential)['verificationMethod'][:70]}")
        out.append(f"learner {credential['credentialSubject']['identifier'][0]['identityHash'][:30]}… (salted hash)")
    return issued


def _proof(credential: Json) -> Json:
    proof = credential["proof"]
    found: Json = proof[0] if isinstance(proof, list) else proof
    return found


def _verify(narrator: Narrator, employer: Actor, credential: Json) -> None:
    with narrator.step(f"{employer.name} verifies it") as out:
        report = employer.post("/verifications", {"credential": credential})
        out.extend(_report(report))
    _expect(report, "valid")


def _tamper(narrator: Narrator, employer: Actor, credential: Json) -> None:
    forged = deepcopy(credential)
    forged["credentialSubject"]["result"][0]["value"] = "A+"
    with narrator.step("Somebody improves the grade to A+ and shows that copy") as out:
        report = employer.post("/verifications", {"credential": forged})
        out.extend(_report(report))
    _expect(report, "invalid")


def _record(narrator: Narrator, http: httpx.Client, issued: Json) -> None:
    path = f"/records/{issued['id'].rsplit('/', 1)[-1]}"
    with narrator.step("The public record, which names no learner") as out:
        record = until(lambda: http.get(path), lambda answer: answer.status_code == 200).json()
        out.append(
            f"GET {path}: state {record['state']}, {record['achievement'].get('name', record['achievement']['id'])}"
        )


def _revoke(narrator: Narrator, university: Actor, employer: Actor, issued: Json) -> None:
    path = f"/credentials/{issued['id'].rsplit('/', 1)[-1]}/revoke"
    with narrator.step("The university revokes it; the employer's next verifications") as out:
        answer = university.post(path, {"reason": "Awarded in error: the demonstration needs a revoked credential."})
        out.append(f"POST {path}: {answer['status']}")
        started = time.perf_counter()
        report = until(
            lambda: employer.post("/verifications", {"credential": issued["credential"]}),
            lambda found: found["verdict"] == "invalid",
        )
        out.append(f"verdict changed {(time.perf_counter() - started) * 1000:,.0f} ms after the answer")
        out.extend(_report(report))
    _expect(report, "invalid")


def _report(report: Json) -> list[str]:
    marks = {"passed": "ok", "failed": "NO", "unknown": "??", "skipped": "--"}
    lines = [f"verdict: {report['verdict']}"]
    lines += [f"{marks[c['outcome']]} {c['check']:<16} {c['code']}: {c['detail']}"[:150] for c in report["checks"]]
    return lines


def _expect(report: Json, verdict: str) -> None:
    if report["verdict"] != verdict:
        raise StoryError(f"the verdict is {report['verdict']}, it should be {verdict}: {report['checks']}")


def main() -> int:
    """Play the story against the fleet that var/demo.json describes."""
    parser = argparse.ArgumentParser(prog="tools.story", description=__doc__)
    parser.add_argument("--demo", type=Path, default=Path("var/demo.json"))
    parser.add_argument("--base-url", help="instead of the one in the file")
    arguments = parser.parse_args()
    if not arguments.demo.exists():
        print(f"{arguments.demo} is not there: start the fleet with `make run` first", file=sys.stderr)
        return 2
    demo = json.loads(arguments.demo.read_text())
    try:
        play(arguments.base_url or demo["base_url"], demo)
    except (StoryError, httpx.HTTPError) as error:
        print(f"\nThe story stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
