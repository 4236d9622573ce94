"""The catalog's application over its use cases."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI

from catalog.core.achievements.importing import ImportAchievements
from catalog.core.achievements.similar import SimilarReadings
from catalog.core.changes import ChangeReadings
from catalog.core.sitemaps import SitemapReadings
from catalog.core.vocabulary import FOREIGN_BODY, IMPORT_BODY, SKILL_BODY
from catalog.http import changes, contexts, sitemaps
from catalog.http.achievements import achievements, profiles, similar
from catalog.http.achievements import importing as achievement_import
from catalog.http.achievements import reading as achievement_reading
from catalog.http.courses import courses
from catalog.http.courses import importing as course_import
from catalog.http.other_catalogues import exports, pathway_exports, whole_export
from catalog.http.pathways import pathways
from catalog.http.skills import frameworks as skill_frameworks
from catalog.http.skills import job_profiles, skills
from service_kit.app import Check, create_app
from service_kit.auth import TokenVerifier
from service_kit.settings import Settings


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything the routes call."""

    import_courses: course_import.ImportSentCourses
    import_achievements: ImportAchievements
    courses: courses.CourseUseCases
    achievements: achievements.AchievementUseCases
    pathways: pathways.PathwayUseCases
    profiles: profiles.ProfileUseCases
    skills: skill_frameworks.SkillUseCases
    job_profiles: job_profiles.JobProfileUseCases
    similar: SimilarReadings
    changes: ChangeReadings
    sitemaps: SitemapReadings


def build_app(
    settings: Settings,
    use: UseCases,
    *,
    tokens: TokenVerifier | None = None,
    ready: Mapping[str, Check] | None = None,
) -> FastAPI:
    """Mount every route. The import and the exports come first: their paths would read as ids."""
    base_url = settings.public_base_url
    routers = [
        course_import.routes(use.import_courses),
        courses.routes(use.courses),
        achievement_import.routes(use.import_achievements),
        exports.routes(use.courses.readings, base_url),
        similar.routes(use.similar, base_url),
        achievement_reading.routes(use.courses.readings, base_url),
        achievements.routes(use.achievements),
        pathway_exports.routes(use.pathways.readings, base_url),
        whole_export.routes(use.courses.readings, use.pathways.readings, base_url),
        pathways.routes(use.pathways),
        contexts.routes(),
        changes.routes(use.changes, base_url),
        sitemaps.routes(use.sitemaps, base_url),
        profiles.routes(use.profiles),
        skill_frameworks.routes(use.skills),
        skills.routes(use.skills),
        job_profiles.routes(use.job_profiles),
    ]
    limits = {
        "/courses/import": IMPORT_BODY,
        achievement_import.PATH: FOREIGN_BODY,
        "/skill-frameworks": SKILL_BODY,
    }
    return create_app("catalog", settings, routers=routers, ready=ready, tokens=tokens, body_limits=limits)
