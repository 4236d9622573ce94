"""operationIds that generated clients can live with: `listCourses`, `readBatch`, `publishCourse`.

They follow from method and path alone, so they stay as long as the address stays, whatever a function is called.
"""

import re

ON_ONE = {"get": "read", "put": "set", "patch": "change", "delete": "delete", "post": "create"}
WORD = re.compile(r"[A-Za-z0-9]+")


def operation_name(method: str, path: str) -> str:
    """The name of one operation. Plural nouns are collections; a last word that is none is what is done."""
    parts = [part for part in path.split("/") if part]
    pairs = list(zip(parts, [*parts[1:], ""], strict=True))
    nouns = [_noun(part, following) for part, following in pairs if not _is_parameter(part)]
    by = [f"By{_words(after)}" for part, after in pairs if _is_parameter(after) and not _is_plural(part)]
    return _said(method, nouns, on_one=_is_parameter(parts[-1])) + "".join(by)


def given_name(name: str | None) -> str:
    """A name that a route gives itself, in the one spelling."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name or "")


def sentence(name: str) -> str:
    """`listCourses` as a summary: "List courses"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return words[:1].upper() + words[1:].lower()


def _said(method: str, nouns: list[str], *, on_one: bool) -> str:
    *before, last = nouns
    if method == "post" and not on_one and not _is_plural(last):
        return last[0].lower() + last[1:] + "".join(before)
    if method == "post" and not on_one:
        return "create" + "".join(before) + _singular(last)
    if method == "get" and not on_one and _is_plural(last):
        return "list" + "".join(nouns)
    return ON_ONE[method] + "".join(nouns)


def _noun(part: str, following: str) -> str:
    return _singular(_words(part)) if _is_parameter(following) else _words(part)


def _words(part: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in WORD.findall(part.partition(":")[0]))


def _is_plural(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(("ss", "us"))


def _singular(noun: str) -> str:
    if not _is_plural(noun):
        return noun
    return noun.removesuffix("es") if noun.endswith(("ches", "shes")) else noun.removesuffix("s")


def _is_parameter(part: str) -> bool:
    return part.startswith("{")
