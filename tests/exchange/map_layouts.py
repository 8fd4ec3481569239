"""Layouts as files have them, each heading with the field it is, and cells of each kind to put below them.

Headings are those of FORMATS.md and of public documentation (common transfer file, Wonde, NFER, MARK, the department,
Get Information About Schools), and of common usage in management information systems here, in Wales and in America.
"""

import random
from collections.abc import Callable

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
FORENAMES = [
    "Adaeze",
    "Bennet",
    "Carys",
    "Dilip",
    "Esme",
    "Farouk",
    "Greta",
    "Hamish",
    "Ines",
    "Jonty",
    "Zoë",
    "Mary-Ann",
]
SURNAMES = [
    "Okonkwo",
    "Whitlock",
    "O'Brien",
    "Nowak",
    "Ahmed",
    "Price-Jones",
    "Li",
    "Patel",
    "Ferreira",
    "Stone",
    "Rowe",
]


def _upn(source: random.Random) -> str:
    digits = f"999{source.randrange(10**9):09d}"
    return LETTERS[sum(int(digit) * place for place, digit in enumerate(digits, 2)) % 23] + digits


Maker = Callable[[random.Random], str]
CELLS: dict[str, Maker] = {
    "upn": _upn,
    "former_upn": lambda source: _upn(source) if source.random() < 0.1 else "",
    "pupil_id": lambda source: f"{source.randrange(10**5, 10**6)}",
    "forename": lambda source: source.choice(FORENAMES) + source.choice(["", "", "", "a", "ie"]),
    "surname": lambda source: source.choice(SURNAMES) + source.choice(["", "", "", "son", "er"]),
    "dob": lambda source: f"{source.randint(1, 28):02d}/{source.randint(1, 12):02d}/{source.choice([2013, 2014, 2015])}",
    "dob_us": lambda source: f"{source.randint(1, 12)}/{source.randint(1, 28)}/{source.choice([2013, 2014, 2015])}",
    "dob_iso": lambda source: f"{source.choice([2011, 2012])}-{source.randint(1, 12):02d}-{source.randint(1, 28):02d}",
    "sex": lambda source: source.choice("MF"),
    "sex_word": lambda source: source.choice(["Male", "Female"]),
    "year_group": lambda source: source.choice(["Year 4", "Year 5"]),
    "year_number": lambda source: source.choice(["2", "4", "7"]),
    "grade": lambda source: source.choice(["3", "4", "5"]),
    "class": lambda source: source.choice(["4A", "4B", "5K"]),
    "class_name": lambda source: source.choice(["Kestrel", "Heron", "Wren"]),
    "yes_no": lambda source: source.choice(["Y", "N", "N"]),
    "true_false": lambda source: source.choice(["True", "False"]),
    "zero_one": lambda source: source.choice(["0", "1"]),
    "send": lambda source: source.choice(["N", "N", "K", "E"]),
    "score": lambda source: source.choice([str(source.randint(72, 129)), str(source.randint(85, 115)), "<70", "absent"][: source.choice([2, 2, 2, 4])]),
    "raw": lambda source: str(source.randint(0, 40)),
    "percentile": lambda source: str(source.randint(1, 99)),
    "age": lambda source: f"{source.randint(8, 9)}:{source.randint(0, 11):02d}",
    "test_date": lambda source: source.choice(["12/06/2024", "13/06/2024", "17/06/2024"]),
    "school": lambda source: source.choice(["9992001", "9992002", "9994001"]),
    "school_slash": lambda source: source.choice(["999/2001", "999/2002"]),
    "school_name": lambda source: source.choice(["North Primary School", "South Academy", "Hill Junior School"]),
    "own_name": lambda source: f"{source.choice(['North', 'South', 'Hill', 'Lake'])} {source.randrange(10**6)} School",
    "urn": lambda source: str(source.randint(100000, 149999)),
    "phase": lambda source: source.choice(["Primary", "Secondary"]),
    "role": lambda source: source.choice(["taking part", "comparison"]),
    "cluster": lambda source: source.choice(["Coast", "Moor"]),
    "easting": lambda source: str(source.randint(300000, 600000)),
    "northing": lambda source: str(source.randint(100000, 500000)),
    "house": lambda source: source.choice(["Red", "Blue", "Green"]),
    "ethnicity": lambda source: source.choice(["WBRI", "APKN", "BCRB"]),
    "full_name": lambda source: f"{source.choice(SURNAMES)}, {source.choice(FORENAMES)}",
    "email": lambda source: f"{source.choice(FORENAMES).lower()}@school.example",
    "mark": lambda source: source.choice("01"),
    "number": lambda source: str(source.randint(1000000000, 9999999999)),
    "postcode": lambda source: f"ZZ{source.randint(1, 99)} {source.randint(1, 9)}AA",
    "attendance": lambda source: f"{source.randint(85, 100)}.{source.randint(0, 9)}",
    "place": lambda source: str(source.randint(1, 30)),
    "code": lambda source: source.choice(["850", "999"]),
    "word": lambda source: source.choice(["EXS", "GDS", "WTS"]),
}  # fmt: skip

# Layout: the kind of file, then (heading, cells, field or "" where it is none the library has).
Layout = tuple[str, list[tuple[str, str, str]]]
LAYOUTS: dict[str, Layout] = {
    "sims": ("pupils", [
        ("Adno", "pupil_id", "pupil_id"), ("UPN", "upn", "upn"), ("Legal Surname", "surname", "surname"),
        ("Legal Forename", "forename", "forename"), ("DOB", "dob", "dob"), ("Gender", "sex", "sex"),
        ("Year", "year_group", "year_group"), ("Reg", "class", "class"), ("Pupil Premium Indicator", "yes_no", "disadvantaged"),
        ("EAL", "yes_no", "eal"), ("SEN Status", "send", "send"), ("House", "house", ""),
    ]),
    "sims_detailed": ("pupils", [
        ("Surname", "surname", "surname"), ("Forename", "forename", "forename"), ("Admission Number", "pupil_id", "pupil_id"),
        ("Date of Birth", "dob", "dob"), ("Year Group", "year_group", "year_group"), ("Reg Group", "class", "class"),
        ("FSM Ever 6", "yes_no", "disadvantaged"), ("SEN Provision", "send", "send"), ("Ethnicity", "ethnicity", ""),
        ("Post Code", "postcode", ""),
    ]),
    "arbor": ("pupils", [
        ("Legal First Name", "forename", "forename"), ("Legal Last Name", "surname", "surname"),
        ("UPN (Unique Pupil Number)", "upn", "upn"), ("Date of birth", "dob_iso", "dob"), ("Sex", "sex_word", "sex"),
        ("Year Group", "year_number", "year_group"), ("Registration Form", "class_name", "class"),
        ("Pupil Premium Recipient", "yes_no", "disadvantaged"), ("English as an Additional Language", "yes_no", "eal"),
        ("SEN Status", "send", "send"), ("Attendance", "attendance", ""),
    ]),
    "bromcom": ("pupils", [
        ("StudentID", "pupil_id", "pupil_id"), ("PreferredFirstName", "forename", "forename"),
        ("PreferredLastName", "surname", "surname"), ("DateOfBirth", "dob", "dob"), ("Gender", "sex_word", "sex"),
        ("YearGroup", "year_group", "year_group"), ("TutorGroup", "class", "class"), ("PP", "true_false", "disadvantaged"),
        ("EAL", "true_false", "eal"), ("SENProvisionCode", "send", "send"), ("Email", "email", ""),
    ]),
    "legal_and_preferred": ("pupils", [
        ("UPN", "upn", "upn"), ("Legal Surname", "surname", "surname"), ("Legal Forename", "forename", "forename"),
        ("Preferred Forename", "forename", "preferred_forename"), ("Preferred Surname", "surname", "preferred_surname"),
        ("Former Surname", "surname", "former_surname"), ("DOB", "dob", "dob"), ("Year Group", "year_group", "year_group"),
    ]),
    "wonde": ("pupils", [
        ("upn", "upn", "upn"), ("mis_id", "pupil_id", "pupil_id"), ("legal_surname", "surname", "surname"),
        ("legal_forename", "forename", "forename"), ("date_of_birth", "dob_iso", "dob"), ("gender", "sex_word", "sex"),
        ("education_details.data.current_nc_year", "year_number", "year_group"),
        ("extended_details.data.premium_pupil_indicator", "true_false", "disadvantaged"),
        ("extended_details.data.english_as_additional_language", "true_false", "eal"),
        ("extended_details.data.sen_status", "send", "send"),
    ]),
    "ctf": ("pupils", [
        ("UPN", "upn", "upn"), ("FormerUPN", "former_upn", "former_upn"), ("UniqueLearnerNumber", "number", ""), ("Surname", "surname", "surname"),
        ("Forename", "forename", "forename"), ("DOB", "dob_iso", "dob"), ("Sex", "sex", "sex"),
        ("NCyearActual", "year_number", "year_group"), ("Ethnicity", "ethnicity", ""),
    ]),
    "nfer": ("pupils", [
        ("UPN", "upn", "upn"), ("Forename", "forename", "forename"), ("Surname", "surname", "surname"), ("DOB", "dob", "dob"),
        ("Gender", "sex", "sex"), ("SEN", "send", "send"), ("FSM", "yes_no", "fsm"), ("Ethnicity", "ethnicity", ""),
        ("Class", "class_name", "class"), ("Q1", "mark", ""), ("Q2", "mark", ""),
    ]),
    "mark": ("scores", [
        ("First name", "forename", "forename"), ("Last name", "surname", "surname"), ("UPN", "upn", "upn"),
        ("Date of birth", "dob", "dob"), ("Year group", "year_group", "year_group"), ("Test date", "test_date", "test_date"),
        ("Age at test", "age", "age"), ("Raw score", "raw", ""), ("SS", "score", "score"), ("Percentile", "percentile", ""),
    ]),
    "department": ("scores", [
        ("LAESTAB", "school", "school"), ("UPN", "upn", "upn"), ("SURNAME", "surname", "surname"), ("FORENAME", "forename", "forename"),
        ("DOB", "dob", "dob"), ("GENDER", "sex", "sex"), ("MATSCORE", "score", "score"), ("MATOUTCOME", "word", ""),
    ]),
    "gias": ("schools", [
        ("URN", "urn", "urn"), ("LA (code)", "code", ""), ("EstablishmentName", "own_name", "name"),
        ("PhaseOfEducation (name)", "phase", "phase"), ("Easting", "easting", "easting"), ("Northing", "northing", "northing"),
    ]),
    "project_register": ("schools", [
        ("DfE no.", "school", "school"), ("School name", "own_name", "name"), ("Project role", "role", "role"),
        ("Cluster", "cluster", "cluster"), ("Phase", "phase", "phase"), ("URN", "urn", "urn"),
    ]),
    "american_test": ("scores", [
        ("Student ID", "pupil_id", "pupil_id"), ("First Name", "forename", "forename"), ("Last Name", "surname", "surname"),
        ("Birthdate", "dob_us", "dob"), ("Grade", "grade", ""), ("Date Taken", "test_date", "test_date"),
        ("Scaled Score", "score", "score"), ("Percentile Rank", "percentile", ""),
    ]),
    "american_roster": ("pupils", [
        ("Student Number", "pupil_id", "pupil_id"), ("Student First Name", "forename", "forename"),
        ("Student Last Name", "surname", "surname"), ("DOB", "dob_us", "dob"), ("Gender", "sex", "sex"), ("Grade Level", "grade", ""),
        ("Homeroom", "class_name", "class"), ("ELL", "yes_no", "eal"), ("SPED", "yes_no", "send"), ("Free or Reduced Lunch", "yes_no", "fsm"),
    ]),
    "welsh": ("pupils", [
        ("Cyfenw", "surname", "surname"), ("Enw cyntaf", "forename", "forename"), ("Dyddiad geni", "dob", "dob"),
        ("Rhyw", "sex", "sex"), ("Blwyddyn", "year_number", "year_group"), ("Dosbarth", "class", "class"), ("RhUD", "upn", "upn"),
        ("PYDD", "yes_no", "fsm"), ("ADY", "yes_no", "send"), ("SIY", "yes_no", "eal"),
    ]),
    "welsh_results": ("scores", [
        ("Enw cyntaf", "forename", "forename"), ("Cyfenw", "surname", "surname"), ("Dyddiad geni", "dob", "dob"),
        ("Dyddiad y prawf", "test_date", "test_date"), ("Sgôr safonedig", "score", "score"), ("Ysgol", "school_name", ""),
    ]),
    "no_numbers": ("scores", [
        ("Forename", "forename", "forename"), ("Surname", "surname", "surname"), ("D.o.B", "dob", "dob"), ("School Name", "school_name", ""),
        ("Yr", "year_number", "year_group"), ("Std. Score", "score", "score"), ("Date Sat", "test_date", "test_date"),
    ]),
    "authority": ("pupils", [
        ("DfE Number", "school_slash", "school"), ("Pupil UPN", "upn", "upn"), ("Surname", "surname", "surname"),
        ("Forenames", "forename", "forename"), ("Date of Birth", "dob", "dob"), ("NCY", "year_number", "year_group"),
        ("FSM6CLA1A", "zero_one", "disadvantaged"), ("SEN need", "send", "send"), ("EAL Y/N", "yes_no", "eal"),
    ]),
    "trust": ("pupils", [
        ("student_upn", "upn", "upn"), ("student_legal_first_name", "forename", "forename"),
        ("student_legal_last_name", "surname", "surname"), ("birth_date", "dob_iso", "dob"), ("yr_grp", "year_number", "year_group"),
        ("tutor", "class", "class"), ("pp", "yes_no", "disadvantaged"), ("send_flag", "yes_no", "send"), ("eal_flag", "yes_no", "eal"),
    ]),
    "tracker": ("scores", [
        ("Pupil", "full_name", ""), ("UPN", "upn", "upn"), ("Class", "class_name", ""), ("Maths Scaled Score", "score", "score"),
        ("Maths raw", "raw", ""), ("Reading raw", "raw", ""), ("Rank", "place", ""),
    ]),
    "teacher": ("scores", [
        ("First", "forename", "forename"), ("Last", "surname", "surname"), ("Date of birth", "dob", "dob"), ("Paper 1", "raw", ""),
        ("Paper 2", "raw", ""), ("Standardised", "score", "score"), ("Judgement", "word", ""),
    ]),
}  # fmt: skip


def rows_of(layout: str, number: int = 60, seed: int = 1) -> list[list[str]]:
    """The headings of a layout and rows of invented cells."""
    _, columns = LAYOUTS[layout]
    source = random.Random(f"{layout}{seed}")
    return [
        [heading for heading, *_ in columns],
        *([CELLS[cells](source) for _, cells, _ in columns] for _ in range(number)),
    ]
