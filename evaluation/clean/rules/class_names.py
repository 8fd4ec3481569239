"""Names of classes: one class, one name; and no dates that a spreadsheet made of them."""

import re
from collections.abc import Callable

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_name

_DATE = re.compile(
    r"\d{1,2}[-/ ](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)([-/ ]\d\d)?|\d{4}-\d\d-\d\d.*|\d{1,2}/\d{1,2}/\d{4}|\d+(\.\d+)?e\+\d+",
    re.IGNORECASE,
)

# What classes are called that is nobody's name: codes, stages, and words that schools give their rooms. Whatever else stands
# there may be a teacher's.
_TOKEN = re.compile(r"[^\W_]+")
_CODE = re.compile(r"\d+[a-z]{0,3}\d*|[a-z]{1,2}\d*|[a-z]{3}\d+|k?s\d", re.IGNORECASE)
_ROOMS = """
year years yr yrs reception rec nursery foundation stage ks eyfs class classes form group set stream band room base team house
tutor registration reg maths mathematics lower upper mixed junior infant primary top middle bottom and the am pm
one two three four five six seven eight nine ten eleven twelve thirteen first second third fourth fifth sixth
oak ash elm beech birch maple willow sycamore chestnut cedar pine larch fir spruce poplar alder hawthorn lime walnut
kingfisher kingfishers robins owl owls wrens swan swans eagle eagles falcon falcons kestrel kestrels  swifts
puffin puffins heron herons starling starlings woodpecker woodpeckers hedgehog hedgehogs badger badgers foxes otter otters
squirrel squirrels rabbit rabbits deer bee bees bumblebee bumblebees ladybird ladybirds butterfly butterflies dragonfly dragonflies
dolphin dolphins penguin penguins lion lions tiger tigers panda pandas elephant elephants giraffe giraffes zebra zebras
red orange yellow green blue indigo purple pink  silver gold
mercury venus earth mars jupiter saturn uranus neptune moon sun star stars comet comets
north south east  spring autumn winter
"""
_WORDS = frozenset(_ROOMS.split())
_NAMED = "Classes that may be called by a person's name: {:,}. Each is stored under a label of its own."


def may_name_someone(name: str) -> bool:
    """Whether a class is called by more than a code, a stage or a word of those that schools call classes by: "Mrs Okafor", "4 Lee"."""
    if _DATE.fullmatch(name):
        return False
    return any(not _CODE.fullmatch(word) and word.casefold() not in _WORDS for word in _TOKEN.findall(name))


def unnamed_classes(pupils: pd.DataFrame, label: Callable[[str], str]) -> pd.DataFrame:
    """The pupils, classes that may be called by a person's name under a label in its place.

    Parameters
    ----------
    pupils : DataFrame
        With school and class.
    label : callable
        Gives a short text, always the same, for a school and the letters of a class's name.
    """
    named = [name for name in pupils["class"].dropna().unique() if may_name_someone(name)]
    there = pupils["class"].isin(named)
    letters = pupils.loc[there, "class"].astype("str").map({name: normalise_name(name) for name in named})
    which = pupils.loc[there, "school"].astype("str") + "|" + letters
    labels = which.map({who: f"class {label(who)}" for who in which.unique()})
    return pupils.assign(**{"class": pupils["class"].astype("str").mask(there, labels)}) if named else pupils


def settle_classes(rows: pd.DataFrame, heading: str) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Within a school, names that differ in case, spaces or marks alone become the commonest of them."""
    names = rows["class"]
    if names.isna().all():
        return rows, []
    distinct = pd.Series(
        {name: normalise_name(name) or name for name in names.dropna().unique()}, dtype="str"
    )
    keys = rows["school"].fillna("") + "|" + names.map(distinct)
    counts = pd.DataFrame({"key": keys, "name": names}).dropna().value_counts(sort=False).reset_index()
    counts = counts.sort_values(["count", "name"], ascending=[False, True], kind="stable")
    common = keys.map(counts.drop_duplicates("key").set_index("key")["name"]).astype("str")
    changed = names.notna() & (common != names)
    dated = names.str.fullmatch(_DATE).fillna(False).astype(bool)
    issues = [
        issues_at(
            rows[changed],
            "class_name",
            "note",
            "The class is written otherwise in most rows; read as there.",
            heading,
        ),
        issues_at(
            rows[dated],
            "class_date",
            "note",
            "The class looks like a date or a number that a spreadsheet made of its name; kept as it is.",
            heading,
        ),
        _named_issues(rows.assign(**{"class": common}), heading),
    ]
    return rows.assign(**{"class": common}), issues


def _named_issues(rows: pd.DataFrame, heading: str) -> pd.DataFrame:
    """A note on each sheet that has classes called by what may be a name."""
    names = [name for name in rows["class"].dropna().unique() if may_name_someone(name)]
    sheets = rows[rows["class"].isin(names)].groupby(["source", "file", "sheet"])["class"].nunique()
    counted = sheets.rename("n").reset_index()
    return issues_at(counted, "class_named", "note", counted["n"].map(_NAMED.format), heading)
