"""Limits of the catalog's texts and lists. The API documents them; a wrong row or member names the one it broke."""

NAME = 300
CODE = 60
LABEL = 100
PROSE = 20_000
URI = 2_048
DATA_URI = 100_000
TAGS = 50
ALIGNMENTS = 100
RESULTS = 50
LEVELS = 50
IMPORT_ROWS = 50_000
IMPORT_BODY = 16 * 1024 * 1024 + 64 * 1024  # 16 MiB of file, and what a form adds to it
REPORTED = 1_000
EXTRA_BYTES = 16_384
CREDITS = 10_000
COMPONENTS = 300
PATHWAY_LIST = 300
HELD = 300
OUTCOMES = 100
ASSESSMENTS = 20
ASSURANCES = 20
FIELDS_OF_EDUCATION = 10
