"""What strangers ask of the catalog."""

from __future__ import annotations

import uuid

from tests.catalog.skill_files import case_named
from tests.e2e.strangers.asks import (
    ELM,
    PLAIN,
    Json,
    Judged,
    Table,
    Things,
    Try,
    always,
    hidden,
    listed,
    nobodys,
    own,
    public,
    refused,
)


def plan(things: Things) -> Json:
    return {
        "name": "Of the stranger",
        "hasDestinationComponent": "whole",
        "hasPart": [
            {"id": "whole", "proxyFor": [things["their_achievement"]], "hasCondition": {"targetComponent": ["part"]}},
            {"id": "part", "proxyFor": [things["achievement"]]},
        ],
    }


CATALOG: Table = {
    "GET /courses": (listed("?mine=true"), public()),
    "POST /courses": (own(lambda _: {"code": f"B {uuid.uuid4()}", "title": "Of the stranger"}),),
    "POST /courses/import": (own(always([{"code": "A 1", "title": "Taken over"}])),),
    "GET /courses/import/template.csv": (public(),),
    "GET /courses/{course_id}": (public(),),
    "PATCH /courses/{course_id}": (hidden(always({"title": "Taken over"})),),
    "DELETE /courses/{course_id}": (hidden(),),
    "GET /achievements": (
        listed("?mine=true"),
        listed("?mine=true&status=draft"),
        listed("?mine=true&organization={organization}"),
        public("?organization={organization}"),
        public("?q=Alder+secret"),
    ),
    "POST /achievements": (
        own(always(PLAIN)),
        refused(422, "invalid-request", lambda things: PLAIN | {"course": things["course_address"]}),
    ),
    "POST /achievements/import": (own(always([PLAIN | {"type": ["Achievement"], "id": "urn:uuid:of-the-stranger"}])),),
    "GET /achievements/export": (public(ELM + "&organization={organization}"),),
    "GET /achievements/{achievement_id}": (hidden(achievement_id="draft"), public()),
    "PATCH /achievements/{achievement_id}": (
        hidden(always({"name": "Taken over"})),
        hidden(always({"name": "Taken over"}), achievement_id="draft"),
    ),
    "DELETE /achievements/{achievement_id}": (hidden(), hidden(achievement_id="draft")),
    "GET /achievements/{achievement_id}/export": (nobodys(ELM, achievement_id="draft"), public(ELM)),
    "POST /achievements/{achievement_id}/publish": (hidden(), hidden(achievement_id="draft")),
    "POST /achievements/{achievement_id}/retire": (hidden(), hidden(achievement_id="draft")),
    "GET /achievements/{achievement_id}/similar": (hidden(), hidden(achievement_id="draft")),
    "GET /achievements/{achievement_id}/versions": (nobodys(achievement_id="draft"), public()),
    "GET /achievements/{achievement_id}/versions/{version}": (nobodys(achievement_id="draft"), public()),
    "GET /pathways": (
        listed("?mine=true", "achievement"),
        public("?organization={organization}"),
        public("?q=Alder+secret"),
    ),
    "POST /pathways": (own(plan),),
    "GET /pathways/export": (public(ELM + "&organization={organization}"),),
    "GET /pathways/{pathway_id}": (hidden(pathway_id="pathway_draft"), public()),
    "PATCH /pathways/{pathway_id}": (
        hidden(always({"name": "Taken over"})),
        hidden(always({"name": "Taken over"}), pathway_id="pathway_draft"),
    ),
    "DELETE /pathways/{pathway_id}": (hidden(), hidden(pathway_id="pathway_draft")),
    "POST /pathways/{pathway_id}/evaluations": (
        Try(Judged.HIDDEN, body=always({"held": []}), names={"pathway_id": "pathway_draft"}),
        public(body=always({"held": []})),
    ),
    "GET /pathways/{pathway_id}/export": (nobodys(ELM, pathway_id="pathway_draft"), public(ELM)),
    "POST /pathways/{pathway_id}/publish": (hidden(), hidden(pathway_id="pathway_draft")),
    "POST /pathways/{pathway_id}/retire": (hidden(), hidden(pathway_id="pathway_draft")),
    "GET /pathways/{pathway_id}/versions": (nobodys(pathway_id="pathway_draft"), public()),
    "GET /pathways/{pathway_id}/versions/{version}": (nobodys(pathway_id="pathway_draft"), public()),
    "POST /job-profiles/match": (public(body=lambda things: {"skills": [{"skill": things["skill_address"]}]}),),
    "GET /skill-frameworks": (public(),),
    "POST /skill-frameworks": (own(always(case_named("of-the-stranger"))),),
    "GET /skill-frameworks/{framework_id}": (public(),),
    "GET /skills": (public("?q=tables"),),
    "GET /skills/{skill_id}": (public(),),
    "GET /changes": (public("?organization={organization}"),),
    "GET /export": (public(ELM + "&organization={organization}"),),
    "GET /metadata-profiles": (public(),),
    "GET /metadata-profiles/{name}": (public(),),
    "PUT /metadata-profiles/{name}": (own(always({"title": "Of the stranger"}), name="name_2"),),
    "DELETE /metadata-profiles/{name}": (hidden(),),
    "GET /contexts/micro-credential/v1": (public(),),
    "GET /contexts/recognition-decision/v1": (public(),),
}
