"""Problems of what is offered: courses, achievements and what their descriptions must say."""

from contracts.problems.model import ProblemType

ACHIEVEMENT = "/achievements/0198c0de-0000-7000-8000-000000000003"
PROFILE = "/metadata-profiles/our-rule"

ENTRIES = (
    ProblemType(
        "profile-not-met",
        422,
        "The metadata profile asks for more",
        "An achievement is published when it states every element that its metadata profile requires. Each entry of "
        "`errors` names the member that is missing.",
        "State them in the draft and publish again, or name another profile. A draft's answer lists what is missing as "
        "`completeness`; `GET /metadata-profiles` says what each profile requires.",
        "the profile eu-annex-i asks for more: volumeOfLearning, participation",
        f"{ACHIEVEMENT}/publish",
    ),
    ProblemType(
        "profile-name-taken",
        409,
        "This profile is everybody's",
        "Some metadata profiles are shared by all organizations and cannot be changed by one.",
        "Choose another name; `basedOn` takes over what a shared profile requires.",
        "this profile is everybody's; choose another name",
        "/metadata-profiles/eu-annex-i",
    ),
    ProblemType(
        "profile-in-use",
        409,
        "Achievements name this profile",
        "A draft that names a profile could not be published without it.",
        "Let the drafts name another profile, or none, and delete it then.",
        "achievements name this profile; change them first",
        PROFILE,
    ),
    ProblemType(
        "too-many-profiles",
        409,
        "The organization has too many profiles",
        "An organization has at most 50 metadata profiles of its own.",
        "Delete one that is not needed.",
        "an organization has at most 50 profiles",
        PROFILE,
    ),
    ProblemType(
        "alignment-not-known",
        422,
        "An alignment names no skill of its framework",
        "An alignment that names a skills framework which the organization imported must lead to a skill that the "
        "framework has now, with its code if one is given, and a level on its scale.",
        "Correct the members that `errors` names, import the framework's newer release, or leave targetFramework out.",
        "no skills of their framework: alignment.0.targetUrl",
        f"{ACHIEVEMENT}/publish",
        (("alignment.0.targetUrl", "is no skill of ESCO, version 3"),),
    ),
    ProblemType(
        "course-code-taken",
        409,
        "A course with this code exists",
        "A course's code is unique within its organization.",
        "Change the course that is there, or choose another code. `/courses/import` does either by the code.",
        "your organization has a course with this code",
        "/courses",
    ),
    ProblemType(
        "achievement-published",
        409,
        "A published achievement stays",
        "Learners hold credentials that name it, so it cannot be deleted.",
        "Retire it: nothing more is issued for it, and what was issued keeps its meaning.",
        "a published achievement stays; retire it instead",
        ACHIEVEMENT,
    ),
    ProblemType(
        "achievement-not-published",
        409,
        "The achievement was never published",
        "Only what was published can be retired.",
        "Delete the draft.",
        "the achievement was never published; delete the draft",
        f"{ACHIEVEMENT}/retire",
    ),
)
