"""Near-duplicates by trigrams, words, skills and learning outcomes.

What is published is found by indexes and bounded in number before it is compared (ADR 85, 101); of the
organization's own, the names of the newest are compared one by one too.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations, zip_longest
from typing import Any

from catalog.adapters.achievements.listing_tables import shelves
from catalog.core.achievements.similar import Candidate, Described, Similar, ranked
from catalog.core.model import AchievementId, OrgId
from catalog.core.skills.alignments import aligned
from service_kit.database import Database
from service_kit.direct import DirectText, fetch

COMPARED = 200
ENOUGH = 20  # names with the same words
LEAST_WORDS = 3  # one or two common ones stand in every tenth achievement
MOST_WORDS = 8  # of more, one that is missing says nothing
SEVERAL_WORDS = 5
MOST_SKILLS, MOST_OUTCOMES, PAIRS = 4, 5, 6
NOTHING = ["-"]  # is no key

OWN = DirectText("SELECT document FROM achievements WHERE id = :id AND org_id = :org")
# The plans of what follows are the same for all words, so they are kept: to make one takes as long as to follow it.
# Names with eight in ten of all their trigrams in common are spelt differently, if at all. At seven, every short name
# that begins with "Introduction to" is a candidate for every other.
SAID = DirectText(r"""
SELECT tsvector_to_array(to_tsvector('english', :name)) AS stems,
  tsvector_to_array(to_tsvector('simple', :name)) AS plain,
  ARRAY(SELECT ARRAY[stem, word] FROM regexp_split_to_table(:name, '[^[:alnum:]]+') AS said (word),
    unnest(tsvector_to_array(to_tsvector('english', word))) AS stem) AS words,
  (SELECT jsonb_agg(tsvector_to_array(to_tsvector('english', outcome)))
    FROM unnest(CAST(:outcomes AS text[])) AS given (outcome)) AS outcomes,
  set_config('pg_trgm.similarity_threshold', '0.8', true),
  set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)
""")
NEAREST = shelves("'published'", "(SELECT max(place) FROM achievement_listings)")
# The newest: of the two nearest shelves, or if these hold too few of all. `OFFSET 0` keeps PostgreSQL from walking
# through places in the hope of meeting words soon.
NEWEST = f"""
, near_{{name}} AS (
  SELECT place FROM (SELECT place FROM achievement_listings WHERE {{asked}} AND status = 'published'
    AND keys && (SELECT nearest FROM shelves) OFFSET 0) AS found ORDER BY place DESC LIMIT {COMPARED}
), {{name}} AS (
  TABLE near_{{name}} UNION (SELECT place FROM (SELECT place FROM achievement_listings WHERE {{asked}}
    AND status = 'published' AND (SELECT count(*) FROM near_{{name}}) < {COMPARED} OFFSET 0) AS found
    ORDER BY place DESC LIMIT {COMPARED})
)
"""  # noqa: S608 - our own names
ASKED = {
    "named": "title @@ CAST(:named AS tsquery)",
    "almost": "title @@ CAST(:almost AS tsquery)",
    "every": "words @@ CAST(:every AS tsquery)",
    "intended": "words @@ CAST(:outcomes AS tsquery)",
    "skilled": "title @@ CAST(:any AS tsquery) AND keys && CAST(:keys AS text[])",
    "whole": "keys @> CAST(:whole AS text[])",
    "pairs": f"({' OR '.join(f'keys @> CAST(:pair_{number} AS text[])' for number in range(PAIRS))})",
}
FOUND = "SELECT '{name}' AS road, place FROM {name}"
PLACES = DirectText(
    f"WITH shelves (nearest) AS (SELECT {NEAREST})"
    + "".join(NEWEST.format(name=name, asked=asked) for name, asked in ASKED.items())
    + " UNION ALL ".join(FOUND.format(name=name) for name in ASKED)
)
# What costs little chooses whose names are compared: words of the name, its length, and skills.
CANDIDATES = DirectText("""
WITH chosen AS (
  SELECT place, achievement_id, org_id, name, likely,
    row_number() OVER (PARTITION BY org_id = :org ORDER BY likely DESC, place DESC) AS number
  FROM (SELECT place, achievement_id, org_id, name, ts_rank(title, CAST(:any AS tsquery))
      * (1 + least(length(name), length(:name))::real / greatest(length(name), length(:name), 1))
      + (SELECT count(*)::real FROM unnest(CAST(:skills AS text[])) AS skill WHERE skill = ANY(skills))
        / greatest(cardinality(CAST(:skills AS text[])), cardinality(skills), 1) AS likely
    FROM achievement_listings WHERE place = ANY(CAST(:places AS bigint[])) AND achievement_id <> :id) AS listed
), near AS (
  SELECT place, achievement_id, org_id, similarity(name, :name) + likely AS promise FROM chosen WHERE number <= 200
), spelt AS (
  SELECT place, similarity(name, :name) AS promise FROM achievement_listings
  WHERE name % :spelt AND status = 'published' AND org_id <> :org
  ORDER BY promise DESC, achievement_id LIMIT 10
), theirs AS (
  SELECT listed.achievement_id AS id, listed.org_id, listed.name, true AS published, listed.skills, versions.document
  FROM (SELECT place FROM spelt
      UNION (SELECT place FROM near WHERE org_id <> :org ORDER BY promise DESC, place LIMIT 25)) AS most
    JOIN achievement_listings AS listed USING (place)
    JOIN achievement_versions AS versions USING (achievement_id, version)
), newest AS (
  SELECT id, name FROM achievements WHERE org_id = :org ORDER BY created_at DESC LIMIT 1000
), mine AS (
  (SELECT id FROM (SELECT id, similarity(name, :name) AS likeness FROM newest WHERE id <> :id) AS named
    WHERE likeness >= 0.3 ORDER BY likeness DESC, id LIMIT 15)
  UNION (SELECT achievement_id FROM near WHERE org_id = :org ORDER BY promise DESC, place LIMIT 10)
), own AS (
  SELECT id, org_id, name, status = 'published' AS published, CAST(NULL AS text[]) AS skills, document
  FROM mine JOIN achievements USING (id)
)
SELECT id, org_id, name, published, skills, similarity(name, :name) AS name_likeness,
  CASE WHEN skills IS NULL THEN jsonb_build_object('alignment', document -> 'alignment', 'learningOutcome',
    document -> 'learningOutcome', 'resultDescription', document -> 'resultDescription') END AS giving,
  tsvector_to_array(to_tsvector('english', name)) AS words,
  similarity(left(document ->> 'description', 300), left(:description, 300)) AS description_likeness,
  similarity(left((SELECT string_agg(outcome #>> '{}', ' ')
    FROM jsonb_path_query(document, '$.learningOutcome[*].name') AS outcome), 300), :intended) AS outcomes_likeness
FROM (TABLE theirs UNION ALL TABLE own) AS compared
""")


class SqlSimilarReadings:
    """See core.similar.SimilarReadings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def similar(self, org: OrgId, achievement_id: AchievementId) -> Sequence[Similar] | None:
        """See core.similar.SimilarReadings."""
        async with self._database.snapshot() as session:
            run = partial(fetch, session)
            own = await OWN(run, id=achievement_id, org=org)
            if not own:
                return None
            ((document,),) = own
            name, outcomes = str(document["name"]), outcome_names(document)
            ((stems, plain, words, intended_words, *_),) = await SAID(run, name=name, outcomes=outcomes[:MOST_OUTCOMES])
            skills = [one.skill for one in aligned(document)]
            places = await PLACES(run, **questions(stems or plain, skills, intended_words or []))
            found_by = Counter(road for road, _ in places)
            is_spelt = len(stems) > MOST_WORDS or (found_by["almost"] >= COMPARED and found_by["named"] < ENOUGH)
            intended = " ".join(outcomes)[:300]
            rows = await CANDIDATES(
                run,
                id=achievement_id,
                org=org,
                name=name,
                spelt=name if is_spelt else None,
                any=some(stems),
                skills=skills,
                places=sorted({place for _, place in places}),
                intended=intended,
                description=str(document.get("description", "")),
            )
            found = [_candidate(row, intended) for row in rows]
        return ranked(Described(dict(words), skill_names(document, skills)), found)


def questions(stems: Sequence[str], skills: Sequence[str], outcomes: Sequence[Sequence[str]]) -> dict[str, Any]:
    """What is asked for: names with almost all of these words, texts with all, or with all of one outcome.

    Besides, names with one of the words together with a skill; all of the skills, and any two of the first ones.
    """
    keys = [f"s:{skill}" for skill in skills]
    pairs = [list(pair) for pair in combinations(keys[:MOST_SKILLS], 2)]
    shared = dict(zip_longest(range(PAIRS), pairs, fillvalue=NOTHING))
    return {
        "named": " & ".join(map(_quoted, stems)),
        "almost": almost(stems),
        "every": every(stems),
        "outcomes": " | ".join(f"({one})" for one in map(every, outcomes) if one),
        "any": some(stems),
        "keys": keys or NOTHING,
        "whole": keys if len(keys) > 1 else NOTHING,
    } | {f"pair_{number}": pair for number, pair in shared.items()}


def some(stems: Sequence[str]) -> str:
    """A query for any of them."""
    return " | ".join(map(_quoted, stems))


def every(stems: Sequence[str]) -> str:
    """A query for all of them; for none when they are too few to say anything."""
    return " & ".join(map(_quoted, stems)) if len(stems) >= LEAST_WORDS else ""


def almost(stems: Sequence[str]) -> str:
    """All of them but one, of several but two, which may be spelt otherwise; of many all, of one none."""
    if not 2 <= len(stems) <= MOST_WORDS:
        return " & ".join(map(_quoted, stems)) if len(stems) > 1 else ""
    most = combinations(stems, len(stems) - (2 if len(stems) >= SEVERAL_WORDS else 1))
    return " | ".join(f"({' & '.join(map(_quoted, some))})" for some in most)


def _quoted(lexeme: str) -> str:
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def outcome_names(document: Mapping[str, Any]) -> list[str]:
    """What a learner will be able to do, as the document says it."""
    outcomes = document.get("learningOutcome")
    given = [one.get("name") for one in outcomes if isinstance(one, dict)] if isinstance(outcomes, list) else []
    return [one for one in given if isinstance(one, str)]


def skill_names(document: Mapping[str, Any], skills: Sequence[str]) -> dict[str, str]:
    """How the document names each of its skills; by its address where it does not."""
    alignment = document.get("alignment")
    entries = [one for one in alignment if isinstance(one, dict)] if isinstance(alignment, list) else []
    named = {one.get("targetUrl"): str(one.get("targetName")) for one in entries if one.get("targetName")}
    return {skill: named.get(skill, skill) for skill in skills}


def _candidate(row: Any, intended: str) -> Candidate:
    said, skills = row["outcomes_likeness"], row["skills"]
    return Candidate(
        id=AchievementId(row["id"]),
        org_id=OrgId(row["org_id"]),
        name=row["name"],
        published=row["published"],
        name_likeness=row["name_likeness"],
        description_likeness=row["description_likeness"] or 0.0,
        outcomes_likeness=said if said is not None else 0.0 if intended else None,
        words=frozenset(row["words"]),
        skills=frozenset(skills if skills is not None else (one.skill for one in aligned(row["giving"]))),
    )
