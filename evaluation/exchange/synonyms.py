"""What the columns of pupil lists, results and schools registers are called, and how well a heading agrees with a field.

Headings of the common transfer file, of the department's tables, of Wonde's fields, of NFER's template and of PUMA's
MARK exports are documented; those of SIMS, Arbor and Bromcom vary by school, and the American and Welsh ones are
common usage. A word that could mean two things stands under LOOSE, and settles nothing alone.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

SYNONYMS: dict[str, str] = {
    "upn": "upn|unique pupil number|unique pupil no|pupil upn|unique pupil reference|current upn|rhif unigryw y disgybl|rhud",
    "former_upn": "former upn|previous upn|old upn|upn former",
    "pupil_id": "pupil id|student id|pupil identifier|admission number|admission no|adno|adm no|mis id|student number|"
    "pupil number|candidate number|external id|pupil matching reference|pmr|student ref|rhif disgybl|rhif derbyn",
    "forename": "forename|first name|legal forename|legal first name|given name|pupil forename|student forename|"
    "student first name|pupil first name|preferred forename|preferred first name|chosen name|firstname|enw cyntaf|enw bedydd",
    "surname": "surname|last name|legal surname|legal last name|family name|pupil surname|student surname|lastname|"
    "student last name|pupil last name|preferred surname|preferred last name|cyfenw",
    "former_forename": "former forename|previous forename|former first name|previous first name",
    "former_surname": "former surname|previous surname|former last name|previous last name|surname at birth|birth surname",
    "dob": "dob|date of birth|birth date|birthdate|birthday|born|birth|date born|pupil dob|student dob|dyddiad geni",
    "sex": "sex|gender|legal sex|m f|boy girl|rhyw|gender code|sex code",
    "year_group": "year group|nc year|national curriculum year|curriculum year|year|yr|yeargroup|nc year actual|ncyear actual|ncyear|"
    "current nc year|school year|yr grp|ncy|year group name|current year|blwyddyn|grwp blwyddyn|nc year group",
    "class": "class|form|registration form|registration group|reg|reg group|tutor group|tutor|class name|teaching group|"
    "teaching set|maths set|registration|form group|homeroom|reggroup|reg form|dosbarth|grwp cofrestru",
    "disadvantaged": "disadvantaged|fsm6cla1a|fsm6 cla1a|disadvantage|disadvantaged pupil|disadv|difreintiedig",
    "fsm6": "fsm6|ever 6|fsm ever 6|ever 6 fsm|free school meals 6|ever fsm|fsm in last 6 years|"
    "free school meals in the last 6 years|eligible for free meals in last 6 years|ever6fsm",
    "premium": "pupil premium|pp|pupil premium indicator|premium pupil indicator|pupil premium recipient|ppi|"
    "pupil premium eligible|pp eligible|pupil premium status|pp indicator|is pupil premium|grant disgyblion",
    "fsm": "fsm|free school meals|free school meal|fsm eligible|free meals|fsm eligibility|free meal eligible|"
    "eligible for free school meals|prydau ysgol am ddim|pydd|free lunch|free or reduced lunch|frl",
    "looked_after": "looked after|in care|in lea care|ever in care|lac|cla|child looked after|looked after child|incare",
    "eal": "eal|english as an additional language|english additional language|first language not english|ell|"
    "english language learner|english as additional language|saesneg fel iaith ychwanegol|siy|eal status",
    "send": "send|sen|sen status|sen provision|sen need|special educational needs|sen or disability|sen code|"
    "special needs|sen stage|sen type code|sen provision code|ady|aaa|anghenion dysgu ychwanegol|sped",
    "score": "standardised score|standard score|ss|age standardised score|standardized score|scaled score|"
    "age standardized score|ass|maths scaled score|maths standardised score|scale score|standardised|std score|"
    "sgor safonedig|sgor safonedig oed|matscore",
    "test_date": "test date|date of test|date taken|date tested|date sat|sat on|test taken|assessment date|"
    "date of assessment|completed date|date completed|completed on|activity completed date|taken on|dyddiad y prawf|dyddiad prawf",
    "age": "age|age at test|test age|age when tested|age at time of test",
    "school": "laestab|dfe number|dfe no|dfe|school id|school code|establishment|la estab|lea estab|establishment number full|"
    "school dfe number|school number|dfe school number|school laestab|centre number|school identifier|rhif ysgol",
    "urn": "urn|unique reference number|school urn|ofsted urn",
    "name": "school name|establishment name|schname|name of school|school title|enw r ysgol|enw ysgol",
    "phase": "phase|phase of education|phaseofeducation name|phase name|education phase|school phase|school type|cyfnod",
    "role": "role|project role|part in project|role in project|participation|arm|taking part|rol",
    "cluster": "cluster|network|hub|cluster name|school cluster|clwstwr|alliance",
    "easting": "easting|eastings|grid easting|x coordinate",
    "northing": "northing|northings|grid northing|y coordinate",
}
LOOSE: dict[str, str] = {
    "pupil_id": "id|reference|ref|number|student|rhif",
    "forename": "first|forenames|known as|preferred name|given|enw",
    "surname": "last|family|sur name",
    # Names to know a pupil by where a legal one stands beside; alone, they are the forename and the surname.
    "preferred_forename": "preferred forename|preferred first name|preferred name|chosen name|known as",
    "preferred_surname": "preferred surname|preferred last name",
    "dob": "date",
    "year_group": "grade|grade level|paper|level|stage|nc",
    "class": "group|set|teacher|section",
    "score": "score|maths|mathematics|mark|total|result|outcome|raw|total score|points|sgor|maths score|"
    "marks|ks2 maths|percentage",
    "test_date": "date|completed|taken",
    "school": "school|centre|ysgol|organisation|academy|estab",
    "name": "name|school|academy|enw",
    "cluster": "area|group|district",
    "role": "group|status|type",
    "send": "disability|support",
    "eal": "language|first language|home language",
    "disadvantaged": "economically disadvantaged",
}
# Where a file is of pupils, a plain name is a pupil's, and a school may be given by its name.
OF_PUPILS: dict[str, str] = {
    "name": "full name|pupil name|student name|pupil full name|student full name|child name|name of pupil|childs name|"
    "legal name|legal full name|surname forename|surname and forename|forename surname|surname first name|last name first name|"
    "first name last name|forename and surname|pupils name|candidate name|learner name|enw llawn|enw r disgybl",
    "school": SYNONYMS["school"] + "|" + SYNONYMS["name"],
}
LOOSE_OF_PUPILS = {"name": "name|names|pupil|pupils|student|child|candidate|learner|enw"}
# Headings of columns that hold what several fields do, and are none of them.
OTHERS = (
    "admission date|date of admission|start date|entry date|date of entry|leaving date|date of leaving|enrolment date|"
    "date of arrival|exclusion date|review date|parent surname|parent forename|tutor surname|teacher surname|contact surname|"
    "contact forename|sibling date of birth|sibling dob|uln|unique learner number|uci|ethnicity|house|attendance|"
    "raw score|percentile|percentile rank|rank|maths age|reading score|spag score|english score|predicted score"
)
# Words that say nothing of which field a column is.
EMPTY_WORDS = frozenset(
    [
        "flag",
        "yn",
        "y",
        "n",
        "indicator",
        "is",
        "student",
        "pupil",
        "child",
        "legal",
        "current",
        "value",
        "the",
    ]
)
# Where a kind of source does not have the field itself, its headings stand for another, nearly the same.
STANDS_FOR = {"premium": "disadvantaged", "fsm6": "disadvantaged"}
EXACT, PARTLY, IN_LOOSE, NEAR = 1.0, 0.6, 0.6, 0.86


def heading_agreement(heading: str, fields: Iterable[str]) -> dict[str, float]:
    """For each field, 0 to 1, how well a heading agrees with its names: 1 for a name, less for a part or a near miss.

    Empty when the heading is the name of something else, whatever its cells look like.
    """
    ways = _ways_to_read(heading)
    known = set(fields)
    found = dict.fromkeys(sorted(known), 0.0)
    of_pupils = "surname" in known
    names = SYNONYMS | OF_PUPILS if of_pupils else SYNONYMS
    for field, words in names.items():
        field = field if field in known else STANDS_FOR.get(field, "")
        if field in known:
            found[field] = max(found[field], _agreement(ways, words.split("|")))
    if EXACT in found.values():  # beside a field's own name, likeness to another's says nothing
        found = {field: share * (share == EXACT) for field, share in found.items()}
    elif _is_something_else(ways, known, names):
        return {}
    for field, words in (LOOSE | LOOSE_OF_PUPILS if of_pupils else LOOSE).items():
        if field in known and ways & set(words.split("|")):
            found[field] = max(found[field], IN_LOOSE)
    return found


def _is_something_else(ways: frozenset[str], known: set[str], names: Mapping[str, str]) -> bool:
    """Whether the heading names a field that this kind of file does not have, or a column that is no field."""
    others = [
        words for field, words in names.items() if field not in known and STANDS_FOR.get(field) not in known
    ]
    return any(ways & set(words.split("|")) for words in (*others, OTHERS))


@lru_cache(maxsize=4096)
def _ways_to_read(heading: str) -> frozenset[str]:
    """A heading in plain words: whole, without or within brackets, after the last point, without empty words."""
    bracketed = re.findall(r"\(([^)]*)\)", heading)
    parts = [heading, re.sub(r"\([^)]*\)", " ", heading), *bracketed]
    if re.fullmatch(r"[\w]+(\.[\w]+)+", heading):
        parts.append(heading.rsplit(".", 1)[1])
    words = [plain_words(part) for part in parts]
    words += [" ".join(word for word in item.split() if word not in EMPTY_WORDS) for item in words]
    return frozenset(word for word in words if word)


def plain_words(text: str) -> str:
    """Words in lower case without accents or marks: "DateOfBirth" and "date_of_birth" give "date of birth"."""
    apart = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).casefold()
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", kept).split())
    return re.sub(r"\b(?:[a-z] ){1,3}[a-z]\b", lambda found: found[0].replace(" ", ""), words)


def _agreement(ways: frozenset[str], words: list[str]) -> float:
    if ways & set(words):
        return EXACT
    inside = any(len(word) > 2 and f" {word} " in f" {way} " for word in words for way in ways)
    ratios = [
        difflib.SequenceMatcher(None, word, way).ratio()
        for way in ways
        for word in words
        if min(len(word), len(way)) > 4
    ]
    near = max(ratios, default=0.0)
    return max(PARTLY if inside else 0.0, near * 0.9 if near >= NEAR else 0.0)


def heading_hits(cells: Iterable[str]) -> int:
    """How many cells of a row are names of some field."""
    every = {
        word
        for words in (*SYNONYMS.values(), OF_PUPILS["name"], *LOOSE.values())
        for word in words.split("|")
    }
    return sum(bool(_ways_to_read(cell) & every) for cell in cells if cell)
