"""ISCED-F 2013: fields of education and training, in broad (2 digits), narrow (3) and detailed (4) fields.

Source: UNESCO Institute for Statistics, ISCED Fields of Education and Training 2013, Appendix I. The fields that only
gather what is left over are named by the classification's own rule, from the field that they belong to.
"""

from collections.abc import Mapping
from types import MappingProxyType

_NAMED = """
00 Generic programmes and qualifications
001 Basic programmes and qualifications
0011 Basic programmes and qualifications
002 Literacy and numeracy
0021 Literacy and numeracy
003 Personal skills and development
0031 Personal skills and development
01 Education
011 Education
0111 Education science
0112 Training for pre-school teachers
0113 Teacher training without subject specialisation
0114 Teacher training with subject specialisation
02 Arts and humanities
021 Arts
0211 Audio-visual techniques and media production
0212 Fashion, interior and industrial design
0213 Fine arts
0214 Handicrafts
0215 Music and performing arts
022 Humanities (except languages)
0221 Religion and theology
0222 History and archaeology
0223 Philosophy and ethics
023 Languages
0231 Language acquisition
0232 Literature and linguistics
03 Social sciences, journalism and information
031 Social and behavioural sciences
0311 Economics
0312 Political sciences and civics
0313 Psychology
0314 Sociology and cultural studies
032 Journalism and information
0321 Journalism and reporting
0322 Library, information and archival studies
04 Business, administration and law
041 Business and administration
0411 Accounting and taxation
0412 Finance, banking and insurance
0413 Management and administration
0414 Marketing and advertising
0415 Secretarial and office work
0416 Wholesale and retail sales
0417 Work skills
042 Law
0421 Law
05 Natural sciences, mathematics and statistics
051 Biological and related sciences
0511 Biology
0512 Biochemistry
052 Environment
0521 Environmental sciences
0522 Natural environments and wildlife
053 Physical sciences
0531 Chemistry
0532 Earth sciences
0533 Physics
054 Mathematics and statistics
0541 Mathematics
0542 Statistics
06 Information and Communication Technologies (ICTs)
061 Information and Communication Technologies (ICTs)
0611 Computer use
0612 Database and network design and administration
0613 Software and applications development and analysis
07 Engineering, manufacturing and construction
071 Engineering and engineering trades
0711 Chemical engineering and processes
0712 Environmental protection technology
0713 Electricity and energy
0714 Electronics and automation
0715 Mechanics and metal trades
0716 Motor vehicles, ships and aircraft
072 Manufacturing and processing
0721 Food processing
0722 Materials (glass, paper, plastic and wood)
0723 Textiles (clothes, footwear and leather)
0724 Mining and extraction
073 Architecture and construction
0731 Architecture and town planning
0732 Building and civil engineering
08 Agriculture, forestry, fisheries and veterinary
081 Agriculture
0811 Crop and livestock production
0812 Horticulture
082 Forestry
0821 Forestry
083 Fisheries
0831 Fisheries
084 Veterinary
0841 Veterinary
09 Health and welfare
091 Health
0911 Dental studies
0912 Medicine
0913 Nursing and midwifery
0914 Medical diagnostic and treatment technology
0915 Therapy and rehabilitation
0916 Pharmacy
0917 Traditional and complementary medicine and therapy
092 Welfare
0921 Care of the elderly and of disabled adults
0922 Child care and youth services
0923 Social work and counselling
10 Services
101 Personal services
1011 Domestic services
1012 Hair and beauty services
1013 Hotel, restaurants and catering
1014 Sports
1015 Travel, tourism and leisure
102 Hygiene and occupational health services
1021 Community sanitation
1022 Occupational health and safety
103 Security services
1031 Military and defence
1032 Protection of persons and property
104 Transport services
1041 Transport services
99 Field unknown
999 Field unknown
9999 Field unknown
"""
_NOT_FURTHER_DEFINED = """
000 020 030 040 050 070 080 090 100 0000 0200 0300 0400 0500 0700 0800 0900 1000
0110 0210 0220 0230 0310 0320 0410 0510 0520 0530 0540 0610 0710 0720 0730 0810 0910 0920 1010 1020 1030
"""
_INTER_DISCIPLINARY = """
018 028 038 048 058 068 078 088 098 108 0188 0228 0288 0388 0488 0588 0688 0788 0888 0988 1088
"""
_NOT_ELSEWHERE_CLASSIFIED = """
009 029 039 049 059 079 089 099 109 0099 0299 0399 0499 0599 0799 0899 0999 1099
0119 0219 0229 0239 0319 0329 0419 0519 0529 0539 0619 0719 0729 0819 0919 0929 1019 1029 1039
"""


def _named() -> dict[str, str]:
    lines = (line.partition(" ") for line in _NAMED.strip().splitlines())
    return {code: title for code, _, title in lines}


def _owner(code: str, named: Mapping[str, str]) -> str:
    """The title of the narrowest named field that a code gathers the rest of."""
    return next(named[code[:length]] for length in (3, 2) if length < len(code) and code[:length] in named)


def _within(title: str) -> str:
    """A title inside a sentence."""
    title = title.removesuffix(" (except languages)")
    return title if title.startswith("Information and C") else title[0].lower() + title[1:]


def _all() -> dict[str, str]:
    named = _named()
    fields = dict(named)
    fields |= {code: f"{_owner(code, named)} not further defined" for code in _NOT_FURTHER_DEFINED.split()}
    fields |= {code: f"{_owner(code, named)} not elsewhere classified" for code in _NOT_ELSEWHERE_CLASSIFIED.split()}
    for code in _INTER_DISCIPLINARY.split():
        fields[code] = f"Inter-disciplinary programmes and qualifications involving {_within(_owner(code, named))}"
    return dict(sorted(fields.items()))


FIELDS: Mapping[str, str] = MappingProxyType(_all())
