"""Everything that a university and a learner of it can have, made for real, and twice where there is a list of it."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import httpx

from credential_core.did import did_key
from credential_core.keys import SigningKey
from credential_core.proof import ProofOptions, sign
from tests.catalog.skill_files import case_named
from tests.e2e.badge_platform import Platform
from tests.e2e.strangers.people import OF_CLIENTS, OF_PEOPLE, Place, University
from tests.issuer.endorsers import by_key, now
from tools.actor import Actor, Json, last, until

V2 = "https://www.w3.org/ns/credentials/v2"
PATIENCE_S = 60


class First:
    """The university whose things strangers ask for. `things` has them by name, `keys` the Idempotency-Key of each.

    Twice, so that each list has a second page, whose cursor a stranger may try.
    """

    def __init__(self, place: Place, http: httpx.Client, operator: Actor, partner: Actor, host: Json | None) -> None:
        self.place, self.http, self.partner = place, http, partner
        self.university = University(place, http, operator, "Alder")
        self.actor = self.university.actor
        self.things: dict[str, Any] = {"organization": self.university.id, "org_slug": self.university.slug}
        self.keys: dict[str, str] = {}
        self.made: dict[str, Any] = {}
        self._people()
        self._catalog()
        self._issuers()
        self._credentials()
        self._agreements()
        self._stacks()
        self._endorsements()
        self._registrations()
        self._verifications()
        self._learner(host)
        self._addresses()

    def keep(self, name: str, *found: str) -> None:
        """A thing, and another one like it."""
        for suffix, one in zip(("", "_2"), found, strict=False):
            self.things[f"{name}{suffix}"] = one

    def post(self, operation: str, body: Any, *, by: Actor | None = None, query: str = "", **names: str) -> Json:
        """Makes something under a key that is remembered, with what was sent."""
        key = self.keys.setdefault(operation, uuid.uuid4().hex) if operation not in self.made else uuid.uuid4().hex
        self.made.setdefault(operation, body)
        found: Json = (by or self.actor).post(operation.format(**names) + query, body, key)
        return found

    def _people(self) -> None:
        self.owner = self.university.person("Olive", "owner")
        self.learner = self.university.person("Lena", "learner")
        self.classmate = self.university.person("Sam", "learner")
        listed = self.actor.get(f"/organizations/{self.university.id}/members")["items"]
        by_name = {one["name"]: one["id"] for one in listed}
        self.keep("member", by_name["Olive"], by_name["Lena"])
        where = "/organizations/{organization}/invitations"
        asked = [{"email": f"{one}@{self.university.slug}.example", "roles": ["issuer"]} for one in ("ina", "ivo")]
        made = [self.post(where, body, organization=self.university.id) for body in asked]
        self.keep("invitation", *(one["invitation"]["id"] for one in made))
        self.things["invitation_link"] = made[0]["link"]

    def achievement(self, name: str, by: Actor | None = None, **members: Any) -> str:
        """The address of one that is published."""
        body = {"name": name, "description": f"What is learnt in {name}.", "criteria": {"narrative": "Graded work."}}
        draft = self.post("/achievements", body | members, by=by)
        return str((by or self.actor).post(f"/achievements/{last(draft['id'])}/publish", {})["id"])

    def pathway(self, name: str, worth: str, *parts: str, **members: Any) -> str:
        """The address of one that is published: all of the parts make the whole."""
        draft = self.post("/pathways", plan(name, worth, *parts) | members)
        return str(self.actor.post(f"/pathways/{last(draft['id'])}/publish", {})["id"])

    def _catalog(self) -> None:
        courses = [self.post("/courses", {"code": f"A {n}", "title": f"Alder course {n}"}) for n in (1, 2)]
        self.keep("course_id", *(last(one["id"]) for one in courses))
        self.things["course"] = courses[0]["id"]
        self.keep("achievement", self.achievement("Alder module"), self.achievement("Alder thesis"))
        self.keep("achievement_id", last(self.things["achievement"]), last(self.things["achievement_2"]))
        plain = {"name": "Alder secret plan", "description": "Not yet.", "criteria": {"narrative": "Later."}}
        drafts = [self.post("/achievements", plan | {"course": courses[0]["id"]}) for plan in (plain, plain)]
        self.keep("draft", *(last(one["id"]) for one in drafts))
        self.things["worth"] = self.achievement("Alder certificate")
        parts = [self.things["achievement"], self.things["achievement_2"]]
        drawn = [self.post("/pathways", plan("Alder secret path", self.things["worth"], *parts)) for _ in (1, 2)]
        self.keep("pathway_draft", *(last(one["id"]) for one in drawn))
        self.things["pathway"] = self.pathway("Alder path", self.things["worth"], *parts, awarding="approval")
        self.things["pathway_id"] = last(self.things["pathway"])
        for name in ("alder-rules", "alder-more"):
            answer = self.http.put(f"/metadata-profiles/{name}", json={"title": name}, headers=self.actor.headers)
            assert answer.status_code == 200, answer.text
        self.keep("name", "alder-rules", "alder-more")
        framework = self.post("/skill-frameworks", case_named(f"alder-{uuid.uuid4()}"))
        self.things["framework_id"] = last(str(framework["framework"]))

    def _issuers(self) -> None:
        slugs = [f"{self.university.slug}-{n}" for n in (1, 2)]
        for slug in slugs:
            body = {"name": "Alder", "slug": slug, "keys": ["Ed25519", "P-256"]}
            self.things.setdefault("did", self.post("/issuers", body)["id"])
        self.keep("slug", *slugs)
        answer = self.http.put(f"/issuers/{slugs[0]}/policy", json={"addsStatus": True}, headers=self.actor.headers)
        assert answer.status_code == 200, answer.text
        listed = self.actor.get(f"/issuers/{slugs[0]}/keys")["items"]
        self.keep("key_id", *(one["keyId"] for one in listed))
        self.post("/issuers/{slug}/keys", {"algorithm": "P-384"}, slug=slugs[0])

    def issue(self, achievement: str, email: str, by: Actor | None = None) -> Json:
        return self.post("/credentials", {"achievement": achievement, "recipient": {"email": email}}, by=by)

    def _credentials(self) -> None:
        issued = [self.issue(self.things[one], self.learner["email"]) for one in ("achievement", "achievement_2")]
        self.keep("credential", *(one["id"] for one in issued))
        self.keep("credential_id", *(last(one["id"]) for one in issued))
        self.things["document"] = issued[0]["credential"]
        rows = [{"recipient": {"email": f"{name}@{self.university.slug}.example"}} for name in ("row1", "row2")]
        query = f"?achievement={self.things['achievement']}"
        batches = [self.post("/batches", [*rows, {"nonsense": True}], query=query)["id"] for _ in (1, 2)]
        self.keep("batch_id", *map(last, batches))
        until(lambda: self.actor.get(f"/batches/{last(batches[0])}")["status"], lambda said: said == "done", PATIENCE_S)
        document = {
            "@context": [V2],
            "type": ["VerifiableCredential"],
            "issuer": self.things["did"],
            "credentialSubject": {"id": "did:example:lena", "name": "Lena"},
        }
        signed = self.post("/vc/credentials/issue", {"credential": document | {"id": f"urn:uuid:{uuid.uuid4()}"}})
        self.things["signed"] = signed["verifiableCredential"]
        self.post("/vc/{form}/credentials/issue", {"credential": document}, form="eddsa-rdfc-2022")

    def _agreements(self) -> None:
        theirs = self.achievement("Certificate elsewhere", by=self.partner)
        partner_did = self.partner.get("/issuers")["items"][0]["id"]
        body = {
            "name": "Alder agreement",
            "recognisingIssuer": self.things["did"],
            "sourceIssuer": partner_did,
            "programme": self.things["pathway"],
            "rules": [{"achievement": theirs, "target": self.things["achievement"], "credits": 5}],
        }
        made = [self.post("/recognitions/agreements", body | {"name": name}) for name in ("Alder agreement", "Alder 2")]
        self.keep("agreement_id", *(last(one["id"]) for one in made))
        self.things["agreement_digest"] = made[0]["digest"]
        found = []
        for name in ("ruth", "rosa"):
            email = f"{name}@{self.university.slug}.example"
            brought = self.partner.post("/credentials", {"achievement": theirs, "recipient": {"email": email}})
            asked = {"programme": self.things["achievement"], "credential": brought["credential"]}
            found.append(self.post("/recognitions", asked | {"recipient": {"email": email}}))
        self.keep("recognition_id", *(last(one["id"]) for one in found))
        self.things["brought"] = brought["credential"]
        self.things["theirs"] = theirs

    def _stacks(self) -> None:
        stacks = f"/stacks?pathway={self.things['pathway_id']}"
        other = f"tess@{self.university.slug}.example"
        for name in ("achievement", "achievement_2"):
            self.issue(self.things[name], other)
        found = until(lambda: self.actor.get(stacks)["items"], lambda items: len(items) == 2, PATIENCE_S)
        self.keep("stack_id", *(last(one["id"]) for one in found))

    def _endorsements(self) -> None:
        subject = self.things["achievement"]
        made = [self.post("/endorsements", {"credential": by_key(subject, seed)}) for seed in (5, 6)]
        self.keep("endorsement_id", *(last(one["id"]) for one in made))
        given = {"subject": self.things["theirs"], "comment": "Alder endorses it."}
        endorsed = self.post("/issuers/{slug}/endorsements", given, slug=self.things["slug"])
        self.things["given_endorsement"] = last(endorsed["id"])

    def _registrations(self) -> None:
        client = self.university.register(self.actor, "Alder program", "credentials:read")
        self.keep("client", client["client_id"], self.university.client["client_id"])
        body = {"client_name": "Alder dynamic", "redirect_uris": ["https://alder.example/cb"]}
        made = self.http.post("/oauth/register", json=body, headers=self.actor.headers)
        assert made.status_code == 201, made.text
        self.things["registered"] = made.json()["client_id"]
        self.things["registration_token"] = made.json()["registration_access_token"]

    def _verifications(self) -> None:
        made = [self.actor.post("/verifications", {"credential": self.things["document"]}) for _ in (1, 2)]
        self.keep("verification", *(one["id"] for one in made))
        trusted = [f"did:web:{uuid.uuid4().hex}.example" for _ in range(3)]
        for one in trusted:
            assert self.http.put(f"/verifications/trusted-issuers/{one}", headers=self.actor.headers).status_code == 200
        self.keep("trusted", *trusted[:2])
        self.things["trusted_shared"] = trusted[2]
        self.things["challenge"] = self.actor.post("/vc/challenges", None)["challenge"]

    def _learner(self, host: Json | None) -> None:
        """What is a person's own."""
        self.program = program = self.university.program(self.learner, *OF_PEOPLE, *self.open_badges())
        for document in (self.things["document"], self.things["brought"]):
            pushed = program.push(json.dumps(document), "application/vc+ld+json")
            assert pushed.status_code == 201, pushed.text
        self.keep("kept_id", *(one["id"] for one in mine(program, "/backpack")))
        profile = {"id": "https://people.example/lena", "type": ["Profile"], "name": "Lena of Alder"}
        assert program.call("PUT", "/profile", json=profile).status_code == 200
        other = self.pathway("Alder other path", self.achievement("Alder diploma"), self.things["achievement"])
        self.things["pathway_other"] = other
        consents = []
        for pathway in (self.things["pathway"], other):
            at = last(pathway)
            until(lambda at=at: program.mine("GET", f"/pathways/{at}").status_code, lambda got: got == 200)  # type: ignore[misc]  # bound now
            consents.append(self._own("/learners/me/consents", {"pathway": pathway, "purpose": "advice"})["id"])
        self.keep("consent_id", *consents)
        asked = []
        for _ in (1, 2):
            theirs = self.achievement("Course elsewhere", by=self.partner)
            brought = self.issue(theirs, self.learner["email"], by=self.partner)["credential"]
            wanted = {"programme": self.things["achievement"], "credential": brought, "email": self.learner["email"]}
            asked.append(last(self._own("/learners/me/recognitions", wanted)["id"]))
            self.things["lenas_brought"] = brought
        self.keep("lenas_recognition", *asked)
        self.keep("lenas_credential", *(last(one["id"]) for one in mine(program, "/credentials")))
        self._hosts(host)

    def _hosts(self, account: Json | None) -> None:
        if account is None:
            self.keep("host_id", str(uuid.uuid4()), str(uuid.uuid4()))
            return
        discovery = {"discoveryUrl": f"{self.place.host}/ims/ob/v3p0/discovery"}
        begun = self._own("/learners/me/hosts", discovery)
        code = self.program.browse(begun["authorizationUrl"], account)["code"]
        confirmed = self.program.mine("POST", f"/hosts/{begun['id']}/confirm", json={"code": code})
        assert confirmed.status_code == 200, confirmed.text
        self.keep("host_id", begun["id"], self._own("/learners/me/hosts", discovery)["id"])

    def _own(self, operation: str, body: Json) -> Json:
        """Makes something of the learner's under a key that is remembered."""
        key = self.keys.setdefault(operation, uuid.uuid4().hex) if operation not in self.made else uuid.uuid4().hex
        self.made.setdefault(operation, body)
        path = operation.removeprefix("/learners/me")
        answer = self.program.mine("POST", path, json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    def _addresses(self) -> None:
        """What else a request may name."""
        base = self.place.base_url
        entry = self.actor.get(f"/credentials/{self.things['credential_id']}")["credential"]["credentialStatus"]
        skills = self.http.get("/skills", params={"framework": self.things["framework_id"]}).json()["items"]
        page = self.actor.get("/credentials?limit=50")["items"]
        rows = [one for one in page if last(one["id"]) not in self.things.values()]
        self.things |= {
            "base_url": base,
            "version": "1",
            "form": "eddsa-rdfc-2022",
            "code": "not-found",
            "sandbox_name": "none",
            "learner_email": self.learner["email"],
            "learner_hash": f"sha256${hashlib.sha256(self.learner['email'].encode()).hexdigest()}",
            "course_address": f"{base}/courses/{self.things['course_id']}",
            "agreement_address": f"{base}/recognition-agreements/{self.things['agreement_id']}",
            "partner_did": self.partner.get("/issuers")["items"][0]["id"],
            "row_credential": last(rows[0]["id"]),
            "list_id": last(entry["statusListCredential"]),
            "skill_id": last(skills[0]["id"]),
            "skill_address": skills[0]["id"],
            "credential": self.things["credential"],
            "presentation": presented(self.things["document"], self.things["challenge"]),
        }

    def open_badges(self) -> tuple[str, ...]:
        """The scopes of Open Badges."""
        names = ("credential.readonly", "credential.upsert", "profile.readonly", "profile.update")
        return tuple(f"https://purl.imsglobal.org/spec/ob/v3p0/scope/{name}" for name in names)

    def everything(self) -> tuple[str, ...]:
        """Whatever a program may be allowed by an owner."""
        return (*OF_CLIENTS, *OF_PEOPLE, *self.open_badges())


def mine(program: Platform, path: str) -> list[Json]:
    """A list of the person's own things."""
    answer = program.mine("GET", path)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def presented(document: Json, challenge: str) -> Json:
    """By somebody who has it, in answer to a challenge."""
    key = SigningKey.from_seed(bytes([7]) * 32)
    did = did_key(key.public)
    shown = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": did, "verifiableCredential": [document]}
    method = f"{did}#{did.removeprefix('did:key:')}"
    options = ProofOptions(challenge=challenge)
    return sign(shown, key, verification_method=method, created=now(), purpose="authentication", options=options)


def plan(name: str, worth: str, *parts: str) -> Json:
    """A pathway's document: all of the parts make the whole."""
    named = {f"part-{number}": part for number, part in enumerate(parts)}
    whole = {"id": "whole", "proxyFor": [worth], "hasCondition": {"targetComponent": [*named]}}
    return {
        "name": name,
        "hasDestinationComponent": "whole",
        "hasPart": [whole, *({"id": part, "proxyFor": [one]} for part, one in named.items())],
    }
