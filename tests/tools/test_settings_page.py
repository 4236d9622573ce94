"""docs/settings.md says what the code reads, and what other pages and deployments name is there."""

import re

from pydantic import Field

from service_kit.settings import Block
from tools.settings_page import PAGE, ROOT, Setting, page, settings_of

# Read by the command line and the tests, which have no settings of a room.
ELSEWHERE = re.compile(r'(?:environ|getenv|envvar)\W[^"\n]*"(LAUREL_[A-Z_]+)"')
NAMED = re.compile(r"\bLAUREL_[A-Z]+(?:_{1,2}[A-Z]+)*\b")


class Engine(Block):
    address: str = Field(description="where it is")
    tries: int = Field(default=2, ge=1, le=5, description="how often")


class Example(Block):
    engine: Engine | None = None
    quiet: bool = Field(default=False, description="says less")


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make api"


def test_a_setting_is_told_with_its_bounds_and_default() -> None:
    assert list(settings_of(Example)) == [
        Setting("LAUREL_ENGINE__ADDRESS", "text", "required with `LAUREL_ENGINE__`", "where it is"),
        Setting("LAUREL_ENGINE__TRIES", "integer from 1 to 5", "`2`", "how often"),
        Setting("LAUREL_QUIET", "`true` or `false`", "`false`", "says less"),
    ]


def test_whatever_is_named_elsewhere_exists() -> None:
    known = set(NAMED.findall(PAGE.read_text(encoding="utf-8")))
    for program in [*ROOT.glob("clients/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("tools/**/*.py")]:
        known |= set(ELSEWHERE.findall(program.read_text(encoding="utf-8")))
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("clients/python/*.md")]
    deployments = [ROOT / "compose.yaml", *ROOT.glob("deploy/**/*.env"), *ROOT.glob("deploy/**/*.yaml")]
    for file in [*pages, *deployments]:
        assert set(NAMED.findall(file.read_text(encoding="utf-8"))) <= known, file
