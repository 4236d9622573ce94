"""Course lists as people send them: every dialect, and everything that goes wrong in real files."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core import vocabulary
from catalog.core.model import CourseRow
from catalog.http.courses.files import TEMPLATE, read_courses
from service_kit.errors import Invalid, Malformed
from service_kit.row_files import RowFile

HEADER = "code,title,credits\n"


def read(content: str | bytes, media_type: str = "text/csv", **more: Any) -> list[CourseRow]:
    return read_courses(RowFile(content.encode() if isinstance(content, str) else content, media_type, **more))


def titles(rows: list[CourseRow]) -> list[str | None]:
    return [row.fields.title if row.fields else None for row in rows]


def refusal(content: str | bytes, media_type: str = "text/csv", **more: Any) -> str:
    with pytest.raises((Invalid, Malformed)) as refused:
        read(content, media_type, **more)
    return refused.value.detail


@pytest.mark.parametrize(
    "content",
    [
        "code,title\nA 1,Art\n",
        "code,title\r\nA 1,Art\r\n",
        "code,title\rA 1,Art\r",
        "code;title\nA 1;Art\n",
        "code\ttitle\nA 1\tArt\n",
        "code|title\nA 1|Art\n",
        "sep=;\r\ncode;title\r\nA 1;Art",
        "\n\n Code , TITLE \n\nA 1,Art\n\n,\n",
        '"code","title"\n"A 1","Art"\n',
        "title,code\nArt,A 1\n",
        "\ufeffcode,title\nA 1,Art",
    ],
)
def test_every_dialect_of_csv_reads_alike(content: str) -> None:
    (row,) = read(content)

    assert (row.code, titles([row]), row.errors) == ("A 1", ["Art"], ())


def test_quotes_separators_and_line_breaks_inside_cells_are_content() -> None:
    rows = read('code,title,description\nA 1,"Art, ""modern""","one\ntwo"\nA 2,Music,\n')

    assert titles(rows) == ['Art, "modern"', "Music"]
    assert rows[0].fields is not None
    assert rows[0].fields.description == "one\ntwo"
    assert [row.line for row in rows] == [2, 4]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_text_in_unicode_encodings_reads_alike(encoding: str) -> None:
    assert titles(read("code,title\nN 1,Sámi and Prüfer ©\n".encode(encoding))) == ["Sámi and Prüfer ©"]


def test_another_charset_must_be_named() -> None:
    content = "code,title\nA 1,Art\nN 1,Sámi\n".encode("windows-1252")

    assert "is not UTF-8 at line 3" in refusal(content)
    assert titles(read(content, charset="windows-1252")) == ["Art", "Sámi"]
    assert "charset" in refusal(content, charset="utf-7")


@pytest.mark.parametrize("content", ["", " \n ", "\ufeff"])
@pytest.mark.parametrize("media_type", ["text/csv", "application/json", "application/x-ndjson", ""])
def test_an_empty_file_is_refused(content: str, media_type: str) -> None:
    assert "empty" in refusal(content, media_type)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("code,credits\nA,1", "lacks the column title"),
        ("label,number\nA,1", "lacks the column code and the column title; it has label, number"),
        ("name,number\nA,1", "lacks the column code; it has name, number"),
        ("code,title,Code\nA,Art,B", "names the column code twice"),
        ("code,title,room,room\nA,Art,1,2", "names the column room twice"),
        ('code,"title\nA,Art', "is not readable CSV"),
        ("<html><body>Sign in</body></html>", "lacks the column"),
    ],
)
def test_a_header_that_cannot_be_used_refuses_the_file(header: str, said: str) -> None:
    assert said in refusal(header)


@pytest.mark.parametrize(
    ("header", "extra"),
    [
        ("Course Code,Course Title", {}),
        ("key,name", {}),
        ("course_number,title,Course Name", {"Course Name": "x"}),  # ours is there: theirs is kept beside it
    ],
)
def test_what_other_systems_call_code_and_title_is_found(header: str, extra: dict[str, str]) -> None:
    (row,) = read(f"{header}\nA 1,Art,x" if extra else f"{header}\nA 1,Art")
    assert row.fields
    assert (row.fields.code, row.fields.title, row.fields.extra) == ("A 1", "Art", extra)


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_spreadsheet_is_told_from_another_charset(start: bytes) -> None:
    assert "save the table as CSV" in refusal(start + bytes(range(256)))


def test_a_header_alone_is_an_empty_list() -> None:
    assert read(HEADER) == []


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",Art,1", "code"),
        ("A 1,,1", "title"),
        ("A 1,Art,many", "credits"),
        ("A 1,Art,1e999", "credits"),
        ("A 1,Art,nan", "credits"),
        ("A 1,Art,999999999", "credits"),
        ("A 1,Art,1,surplus", "row"),
        ('A 1,"Art"x,1', "row"),
        ("A 1,Art\x00,1", "row"),
        ("A 1,Art\x07,1", "title"),
        (f"A 1,{'x' * 301},1", "title"),
        (f"{'x' * 61},Art,1", "code"),
        (f"A 1,{'x' * 140_000},1", "row"),
    ],
)
def test_a_wrong_row_is_reported_and_stops_no_other(row: str, field: str) -> None:
    rows = read(f"{HEADER}B 1,Before,1\n{row}\nC 1,After,1\n")

    assert titles(rows) == ["Before", None, "After"]
    assert [error.field for error in rows[1].errors] == [field]
    assert rows[1].number == 2
    assert rows[1].line == 3


def test_an_open_quote_swallows_the_rest_and_says_where_it_began() -> None:
    rows = read(f'{HEADER}A 1,Art,1\nB 1,"Biology,1\nC 1,Chemistry,1\n')

    assert titles(rows) == ["Art", None]
    assert rows[1].line == 3
    assert "unexpected end" in rows[1].errors[0].detail


@pytest.mark.parametrize("spelling", ["0,5", "0.5", " 0.50 ", "+0.5"])
def test_a_decimal_comma_is_a_decimal_mark(spelling: str) -> None:
    (row,) = read(f"code;title;credits\nA 1;Art;{spelling}\n")

    assert row.fields is not None
    assert row.fields.credits == 0.5


@pytest.mark.parametrize("value", ["-1.0", "-1"])
def test_negative_credits_mean_variable_and_the_original_is_kept(value: str) -> None:
    (row,) = read(f"{HEADER}A 1,Art,{value}\n")

    assert row.fields is not None
    assert row.fields.credits is None
    assert row.fields.extra == {"credits": value}
    assert [warning.field for warning in row.warnings] == ["credits"]


def test_members_without_a_field_are_kept() -> None:
    (row,) = read("code,title,Room Nr,,general education\nA 1,Art,12,x,GHS|PAR; WRI\n")

    assert row.fields is not None
    assert row.fields.extra == {"Room Nr": "12"}
    assert row.fields.general_education == ("GHS", "PAR", "WRI")


def test_a_registrars_spelling_is_taken_and_ours_wins() -> None:
    older, both = read(
        '[{"code":"A","title":"A","general_education":["X"]},'
        '{"code":"B","title":"B","general_education":["X"],"generalEducation":["Y"]}]',
        "application/json",
    )

    assert older.fields is not None and both.fields is not None
    assert (older.fields.general_education, older.fields.extra) == (("X",), {})
    assert (both.fields.general_education, both.fields.extra) == (("Y",), {"general_education": ["X"]})


def test_ndjson_rows_stand_alone() -> None:
    content = '{"code":"A 1","title":"Art"}\r\n\n{"code":"B"\n[1]\n{"code":"C","title":"Chess","level":300}'
    rows = read(content, "application/x-ndjson")

    assert titles(rows) == ["Art", None, None, "Chess"]
    assert [row.line for row in rows] == [1, 3, 4, 5]
    assert [row.number for row in rows] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "element",
    [
        "1",
        "null",
        '"text"',
        "[]",
        "{}",
        '{"code":"X","title":"T","title":"U"}',
        '{"code":"X","title":"nul \\u0000"}',
        '{"code":"X","title":"half \\ud800"}',
        '{"code":"X","title":5}',
        '{"code":true,"title":"T"}',
        '{"code":"X","title":"T","credits":true}',
        '{"code":"X","title":"T","credits":"1e400"}',
        '{"code":"X","title":"T","general_education":{"a":1}}',
        '{"code":"X","title":"T","general_education":[null]}',
        '{"code":"X","title":"T","huge":123456789012345678901234567890}',
        '{"code":"X","title":"T","huge":18446744073709551616}',
        '{"code":"X","title":"T","deep":' + "[" * 80 + "]" * 80 + "}",
        '{"code":"X","title":"T","big":"' + "x" * 17_000 + '"}',
        '{"code":"X","title":"T","n":NaN}',
    ],
)
def test_a_wrong_element_of_an_array_is_reported_and_stops_no_other(element: str) -> None:
    rows = read(f'[{{"code":"A","title":"Art"}}, {element} ,{{"code":"B","title":"Bees"}}]', "application/json")

    assert titles(rows) == ["Art", None, "Bees"]
    assert rows[1].errors


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '"courses"',
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[1 2]",
        "[1] 2",
        "[,]",
        "nonsense",
        '[{"code":"A","title":"Art"}',
        "[" * 100_000,
        '[{"code": "A",}]',
    ],
)
def test_a_file_that_is_no_array_is_refused_as_a_whole(content: str) -> None:
    assert refusal(content, "application/json")


def test_an_empty_array_is_an_empty_list() -> None:
    assert read(" [ ] ", "application/json") == []


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('[{"code":"A","title":"Art"}]', ""),
        ('{"code":"A","title":"Art"}', ""),
        ("code,title\nA,Art", ""),
        ('[{"code":"A","title":"Art"}]', "courses.JSON"),
        ("code;title\nA;Art", "list.csv"),
    ],
)
@pytest.mark.parametrize("media_type", ["", "application/octet-stream", "text/plain"])
def test_an_untold_type_is_told_by_name_or_beginning(content: str, name: str, media_type: str) -> None:
    assert titles(read(content, media_type, name=name)) == ["Art"]


def test_too_many_rows_refuse_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "IMPORT_ROWS", 2)

    assert len(read(f"{HEADER}A,A,\nB,B,\n")) == 2
    assert "more than 2 rows" in refusal(f"{HEADER}A,A,\nB,B,\nC,C,\n")


def test_the_template_can_be_imported() -> None:
    (row,) = read(TEMPLATE)

    assert row.errors == ()
    assert row.fields is not None
    assert row.fields.general_education == ("CTD", "AQR")
    assert row.fields.extra == {}


@given(st.binary(max_size=200), st.sampled_from(["text/csv", "application/json", "application/x-ndjson", ""]))
def test_any_bytes_are_read_or_refused(content: bytes, media_type: str) -> None:
    try:
        rows = read(content, media_type)
    except (Invalid, Malformed):
        return
    assert all(bool(row.fields) != bool(row.errors) for row in rows)


CODES = st.from_regex(r"[A-Z]{2,5} [0-9]{3}", fullmatch=True)
TITLES = st.from_regex(r"\w[\w ,;\"'|]{0,40}\w", fullmatch=True)


@given(st.lists(st.fixed_dictionaries({"code": CODES, "title": TITLES}), min_size=1, max_size=8))
def test_json_and_ndjson_say_the_same(courses: list[dict[str, str]]) -> None:
    as_array = read(json.dumps(courses), "application/json")
    as_lines = read("\n".join(json.dumps(course) for course in courses), "application/x-ndjson")

    assert [(row.fields, row.errors) for row in as_array] == [(row.fields, row.errors) for row in as_lines]
