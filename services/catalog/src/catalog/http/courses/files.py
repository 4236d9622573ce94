"""A course list in a file: its columns, the template to start from, and its rows as courses."""

import re

from catalog.core import vocabulary as limits
from catalog.core.model import CourseRow
from catalog.http.courses.rows import KNOWN, course_row
from service_kit.row_files import RowFile, read_rows
from service_kit.row_tables import Columns

TEMPLATE = (
    "code,title,department,level,credits,type,prerequisites,description,generalEducation\r\n"
    'CSCI 121,Principles of Computer Science,CSCI,100,1.0,Lecture,,"What computing is, and how to do it.",CTD|AQR\r\n'
)


def read_courses(file: RowFile) -> list[CourseRow]:
    """Every row of a file. Takes a second and more for a large one: call it off the event loop.

    Raises Malformed or Invalid for a file that is no course list, or has too many rows.
    """
    return [course_row(row) for row in read_rows(file, COLUMNS, most=limits.IMPORT_ROWS)]


def _name(cell: str) -> str:
    """ "General Education" and "general_education" are generalEducation; a foreign name stays as it is."""
    return WORDS.get(re.sub(r"[\s_-]+", "", cell.lower()), cell.strip())


WORDS = {name.lower(): name for name in KNOWN}
# As course platforms and registrars' systems call these two in what they export.
OTHERWISE = {
    "code": ("coursecode", "coursenumber", "courseid", "coursekey", "key"),
    "title": ("coursetitle", "coursename", "name"),
}


COLUMNS = Columns(_name, required=("code", "title"), otherwise=OTHERWISE)
