"""Skills frameworks in the transaction."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import ARRAY, RowMapping, Text, delete, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.skills.tables import (
    ACHIEVEMENT_SKILLS,
    SKILL_FRAMEWORK_VERSIONS,
    SKILL_FRAMEWORKS,
    SKILL_RELATIONS,
    SKILLS,
)
from catalog.core.model import AchievementId, OrgId
from catalog.core.skills.model import Framework, FrameworkId, Relation, Scale, Skill, Source
from catalog.core.skills.ports import Aligned, Entry
from service_kit.unnest import columns_of, insert_all

LOCK = 0x736B_696C  # beside the hash of organization and framework
CHUNK = 500  # rows of one statement, and what the event loop prepares at once
RELATIONS_CHUNK = 5_000

# A skill's labels are kept by language; what is shown first stays in the language of the first import.
PUT_SKILLS = text("""
INSERT INTO skills AS kept
  (framework_id, uri, code, kind, label, labels, other_labels, description, since_version)
SELECT :framework, given.uri, given.code, given.kind, given.label,
  jsonb_build_object(CAST(:language AS text), given.label),
  jsonb_build_object(CAST(:language AS text), given.other_labels),
  given.description, :version
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
  AS given (uri text, code text, kind text, label text, other_labels jsonb, description text)
ON CONFLICT (framework_id, uri) DO UPDATE SET
  code = excluded.code,
  kind = excluded.kind,
  label = CASE WHEN :first THEN excluded.label ELSE kept.label END,
  labels = kept.labels || excluded.labels,
  other_labels = kept.other_labels || excluded.other_labels,
  description = CASE WHEN :first THEN excluded.description ELSE kept.description END,
  retired_in = NULL
WHERE (kept.code, kept.kind, kept.labels -> :language, kept.other_labels -> :language, kept.retired_in)
    IS DISTINCT FROM
    (excluded.code, excluded.kind, excluded.labels -> :language, excluded.other_labels -> :language, NULL)
  OR (:first AND kept.description IS DISTINCT FROM excluded.description)
""")


class SqlSkills:
    """See core.skill_ports.Skills."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, org: OrgId, uri: str) -> Framework | None:
        """See core.skill_ports.Skills."""
        await self._session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(f"{org} {uri}"))))
        mine = (SKILL_FRAMEWORKS.c.org_id == org, SKILL_FRAMEWORKS.c.uri == uri)
        row = (await self._session.execute(select(*SKILL_FRAMEWORKS.c).where(*mine))).mappings().one_or_none()
        return framework_of(row) if row else None

    async def put(self, framework: Framework) -> None:
        """See core.skill_ports.Skills."""
        values = _values(framework)
        statement = upsert(SKILL_FRAMEWORKS).values(values)
        changed = {name: value for name, value in values.items() if name not in {"id", "org_id", "uri", "created_at"}}
        await self._session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
        kept = {*SKILL_FRAMEWORK_VERSIONS.c.keys()} - {"framework_id", "imported_at"}
        version = {name: values[name] for name in kept}
        version |= {"framework_id": framework.id, "imported_at": framework.updated_at}
        await self._session.execute(insert(SKILL_FRAMEWORK_VERSIONS).values(version))

    async def replace_skills(self, framework: Framework, skills: Sequence[Skill], language: str) -> tuple[int, int]:
        """See core.skill_ports.Skills."""
        before = await self._current(framework.id)
        common = {"framework": framework.id, "version": framework.version, "language": language}
        common["first"] = language == framework.language
        for start in range(0, len(skills), CHUNK):
            rows = orjson.dumps([_row(skill) for skill in skills[start : start + CHUNK]]).decode()
            await self._session.execute(PUT_SKILLS, common | {"rows": rows})
        removed = await self._retire(framework, [skill.uri for skill in skills])
        return len(skills) - before + removed, removed

    async def _current(self, framework: FrameworkId) -> int:
        there = (SKILLS.c.framework_id == framework, SKILLS.c.retired_in.is_(None))
        return await self._session.scalar(select(func.count()).select_from(SKILLS).where(*there)) or 0

    async def _retire(self, framework: Framework, uris: Sequence[str]) -> int:
        given = func.unnest(literal(list(uris), ARRAY(Text))).column_valued("given")
        gone = (
            update(SKILLS)
            .where(SKILLS.c.framework_id == framework.id, SKILLS.c.retired_in.is_(None))
            .where(~select(given).where(given == SKILLS.c.uri).exists())
            .values(retired_in=framework.version)
            .returning(SKILLS.c.id)
        )
        return len((await self._session.execute(gone)).all())

    async def replace_relations(self, framework: FrameworkId, relations: Sequence[Relation]) -> None:
        """See core.skill_ports.Skills."""
        await self._session.execute(delete(SKILL_RELATIONS).where(SKILL_RELATIONS.c.framework_id == framework))
        connection = await self._session.connection()
        for start in range(0, len(relations), RELATIONS_CHUNK):
            rows = [
                {
                    "framework_id": framework,
                    "source": one.source,
                    "type": one.type.value,
                    "target": one.target,
                    "level": one.level,
                }
                for one in relations[start : start + RELATIONS_CHUNK]
            ]
            await connection.exec_driver_sql(insert_all(SKILL_RELATIONS), columns_of(SKILL_RELATIONS, rows))

    async def named(self, org: OrgId, names: Collection[str]) -> Sequence[Framework]:
        """See core.skill_ports.Skills."""
        if not names:
            return []
        titles = [name.lower() for name in names]
        known = or_(func.lower(SKILL_FRAMEWORKS.c.title).in_(titles), SKILL_FRAMEWORKS.c.uri.in_(names))
        found = select(*SKILL_FRAMEWORKS.c).where(SKILL_FRAMEWORKS.c.org_id == org, known)
        rows = (await self._session.execute(found.order_by(SKILL_FRAMEWORKS.c.id))).mappings()
        return [framework_of(row) for row in rows]

    async def entries(self, framework: FrameworkId, uris: Collection[str]) -> Sequence[Entry]:
        """See core.skill_ports.Skills."""
        there = (SKILLS.c.framework_id == framework, SKILLS.c.uri.in_(uris))
        found = await self._session.execute(select(SKILLS.c.uri, SKILLS.c.code, SKILLS.c.retired_in).where(*there))
        return [Entry(**row) for row in found.mappings()]

    async def index(self, achievement_id: AchievementId, version: int, aligned: Sequence[Aligned]) -> None:
        """See core.skill_ports.Skills."""
        rows = [
            {"achievement_id": achievement_id, "version": version, "skill": one.skill, "level": one.level}
            for one in aligned
        ]
        if rows:
            await self._session.execute(insert(ACHIEVEMENT_SKILLS), rows)


def framework_of(row: Mapping[str, Any] | RowMapping) -> Framework:
    """A framework from its columns."""
    values: dict[str, Any] = dict(row)
    scale = Scale(values.pop("lowest_level"), values.pop("highest_level"))
    return Framework(scale=scale, source=Source(values.pop("source")), **values)


def _values(framework: Framework) -> dict[str, Any]:
    names = {*SKILL_FRAMEWORKS.c.keys()} - {"lowest_level", "highest_level", "source"}
    values = {name: getattr(framework, name) for name in names}
    scale = {"lowest_level": framework.scale.lowest, "highest_level": framework.scale.highest}
    return values | scale | {"source": framework.source.value}


def _row(skill: Skill) -> dict[str, Any]:
    return {
        "uri": skill.uri,
        "code": skill.code,
        "kind": skill.kind.value,
        "label": skill.label,
        "other_labels": list(skill.other_labels),
        "description": skill.description,
    }
