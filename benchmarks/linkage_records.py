"""Synthetic pupils and the rows a test company returns of them without pupil numbers, with the truth. No one in it is real.

TUNED holds the kinds of fault that the linker's stored priors were set on; HELD_OUT kinds were written afterwards and
are for measuring alone: none changed a prior.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from linkage_names import (
    ASIAN_BOYS,
    ASIAN_GIRLS,
    ASIAN_LAST,
    BACK,
    ENGLISH_BOYS,
    ENGLISH_GIRLS,
    ENGLISH_LAST,
    FRONT,
    GROUPS,
    OTHER_BOYS,
    OTHER_GIRLS,
    OTHER_LAST,
    SHORT,
)

Row = dict[str, Any]
Fault = Callable[[np.random.Generator, Row], None]

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
YEARS = {"2": 2016, "4": 2014, "7": 2011}  # the autumn in or after which the year group's pupils were born
WAVE = "autumn"


ALSO = ("preferred_forename", "preferred_surname", "former_forename", "former_surname")


@dataclass(frozen=True, slots=True)
class Records:
    """Pupils as their schools list them, with numbers; rows of a test without numbers; and who each row is of.

    Attributes
    ----------
    pupils, rows : DataFrame
        Cleaned rows of a pupils source ("roll") and a scores source ("marks") of the study in `study_of`.
    truth : Series
        By row number of `rows`: the pupil number of whom it is about, NA for those no school lists.
    kinds : Series
        By row number: the faults planted, with " + " between; "" for none.
    about : DataFrame
        By pupil number: group of names, disadvantaged, twin.
    """

    pupils: pd.DataFrame
    rows: pd.DataFrame
    truth: pd.Series
    kinds: pd.Series
    about: pd.DataFrame


def _drawn(rng: np.random.Generator, names: str, size: int, power: float) -> np.ndarray:
    several = [name.replace("_", " ") for name in names.split()]
    weight = 1 / np.arange(1, len(several) + 1) ** power
    return rng.choice(np.array(several, dtype=object), size=size, p=weight / weight.sum())


def _surnames(rng: np.random.Generator, group: str, size: int) -> np.ndarray:
    if group == "South Asian":
        return _drawn(rng, ASIAN_LAST, size, 0.9)
    if group == "other":
        return _drawn(rng, OTHER_LAST, size, 0.5)
    rare = np.array([front + back for front in FRONT.split() for back in BACK.split()], dtype=object)
    plain = np.where(
        rng.random(size) < 0.45, rng.choice(rare, size=size), _drawn(rng, ENGLISH_LAST, size, 0.5)
    )
    if group == "double-barrelled":
        return np.array(
            [f"{one}-{two}" for one, two in zip(plain, _drawn(rng, ENGLISH_LAST, size, 0.3), strict=True)]
        )
    return plain


def people(
    rng: np.random.Generator, size: int, schools: int, groups: dict[str, float], twins: float
) -> pd.DataFrame:
    """`size` pupils: group, sex, forename, surname, dob, school, year_group, disadvantaged, twin."""
    group = rng.choice(list(groups), size=size, p=list(groups.values()))
    sex = rng.choice(["M", "F"], size=size)
    forename, surname = np.empty(size, dtype=object), np.empty(size, dtype=object)
    pools = {
        "South Asian": (ASIAN_BOYS, ASIAN_GIRLS, 0.6),
        "other": (OTHER_BOYS, OTHER_GIRLS, 0.2),
    }
    for name in groups:
        boys, girls, power = pools.get(name, (ENGLISH_BOYS, ENGLISH_GIRLS, 0.5))
        who = group == name
        surname[who] = _surnames(rng, name, who.sum())
        for kind, pool in (("M", boys), ("F", girls)):
            these = who & (sex == kind)
            forename[these] = _drawn(rng, pool, these.sum(), power)
    year = rng.choice(list(YEARS), size=size)
    born = [
        pd.Timestamp(YEARS[item] - 1, 9, 1) + pd.Timedelta(days=int(day))
        for item, day in zip(year, rng.integers(0, 365, size), strict=True)
    ]
    school = np.char.add("999", np.char.zfill((2001 + rng.integers(0, schools, size)).astype(str), 4))
    table = pd.DataFrame(
        {"group": group, "sex": sex, "forename": forename, "surname": surname, "dob": born, "school": school}
    ).assign(year_group=year, disadvantaged=(rng.random(size) < 0.27).astype(int), twin=False)
    return _with_twins(rng, table, twins)


def _with_twins(rng: np.random.Generator, table: pd.DataFrame, share: float) -> pd.DataFrame:
    """Some pupils become the twin of the one before: all but the forename, and often the sex, alike."""
    for at in 1 + 2 * rng.choice(len(table) // 2 - 1, size=int(share * len(table) / 2), replace=False):
        first = table.loc[at - 1]
        pools = {
            "South Asian": (ASIAN_BOYS, ASIAN_GIRLS),
            "other": (OTHER_BOYS, OTHER_GIRLS),
        }.get(first["group"], (ENGLISH_BOYS, ENGLISH_GIRLS))
        names = [name for name in pools[int(table.at[at, "sex"] == "F")].split() if name != first["forename"]]
        shared = ["group", "surname", "dob", "school", "year_group", "disadvantaged"]
        table.loc[at, shared] = first[shared]
        table.loc[at, "forename"] = str(rng.choice(names))
        table.loc[[at - 1, at], "twin"] = True
    return table


def number(serial: int) -> str:
    """A unique pupil number of local authority 999, which does not exist."""
    body = f"999{serial:09d}"
    return LETTERS[sum(int(mark) * at for at, mark in enumerate(body, start=2)) % 23] + body


# Faults: each changes a row in place. A row that has not what a fault needs is left as it is.
def _at(rng: np.random.Generator, text: str) -> int:
    return int(rng.integers(1, max(2, len(text))))


def _field(rng: np.random.Generator) -> str:
    return str(rng.choice(["surname", "forename"]))


def typo(rng: np.random.Generator, row: Row) -> None:
    field = _field(rng)
    text = row[field]
    if len(text) < 3:
        return
    at = _at(rng, text)
    letter = str(rng.choice(list("aeioulnrst")))
    what = rng.integers(4)
    if what == 3 and at + 1 < len(text):
        row[field] = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    else:
        row[field] = text[:at] + ["", letter, letter + text[at : at + 1], ""][what] + text[at + 1 :]


def swapped(rng: np.random.Generator, row: Row) -> None:
    row["surname"], row["forename"] = row["forename"], row["surname"]


def short_name(rng: np.random.Generator, row: Row) -> None:
    row["forename"] = SHORT.get(row["forename"], row["forename"])


def no_birthday(rng: np.random.Generator, row: Row) -> None:
    row["dob"] = pd.NaT


def turned_date(rng: np.random.Generator, row: Row) -> None:
    if not pd.isna(row["dob"]) and row["dob"].day <= 12:
        row["dob"] = row["dob"].replace(day=row["dob"].month, month=row["dob"].day)


def new_surname(rng: np.random.Generator, row: Row) -> None:
    row["surname"] = str(_drawn(rng, ENGLISH_LAST, 1, 0.3)[0])


def half_surname(rng: np.random.Generator, row: Row) -> None:
    row["surname"] = str(rng.choice(row["surname"].replace("-", " ").split()))


def no_accents(rng: np.random.Generator, row: Row) -> None:
    for field in ("surname", "forename"):
        row[field] = row[field].encode("ascii", "ignore").decode() or row[field]


def initial(rng: np.random.Generator, row: Row) -> None:
    row["forename"] = row["forename"][0]


def first_january(rng: np.random.Generator, row: Row) -> None:
    if not pd.isna(row["dob"]):
        row["dob"] = row["dob"].replace(day=1, month=1)


def wrong_figure(rng: np.random.Generator, row: Row) -> None:
    if not pd.isna(row["dob"]):
        day = row["dob"].day
        row["dob"] = row["dob"].replace(day=day + 10 if day + 10 <= 28 else day % 10 + 1)


def wrong_year(rng: np.random.Generator, row: Row) -> None:
    if not pd.isna(row["dob"]):
        row["dob"] -= pd.DateOffset(years=1)


# Held out: what other people's systems do, unlike the above.
def two_slips(rng: np.random.Generator, row: Row) -> None:
    for _ in range(2):
        field = _field(rng)
        at = _at(rng, row[field])
        row[field] = row[field][:at] + row[field][at - 1 : at].lower() + row[field][at + 1 :]


def by_ear(rng: np.random.Generator, row: Row) -> None:
    pairs = [
        ("ph", "f"),
        ("ck", "k"),
        ("y", "ie"),
        ("ee", "ea"),
        ("c", "k"),
        ("s", "z"),
        ("th", "t"),
        ("ai", "ay"),
    ]
    for field in ("surname", "forename"):
        fits = [(old, new) for old, new in pairs if old in row[field][1:]]
        if fits:
            old, new = fits[int(rng.integers(len(fits)))]
            row[field] = row[field][0] + row[field][1:].replace(old, new, 1)


def cut_short(rng: np.random.Generator, row: Row) -> None:
    row["surname"], row["forename"] = row["surname"][:6], row["forename"][:4]


def middle_name(rng: np.random.Generator, row: Row) -> None:
    row["forename"] += " " + str(_drawn(rng, ENGLISH_BOYS + ENGLISH_GIRLS, 1, 0)[0])


def one_cell(rng: np.random.Generator, row: Row) -> None:
    row["surname"], row["forename"] = f"{row['surname']}, {row['forename']}", None


def parts_turned(rng: np.random.Generator, row: Row) -> None:
    row["surname"] = " ".join(reversed(row["surname"].replace("-", " ").split()))


def scrambled(rng: np.random.Generator, row: Row) -> None:
    for field in ("surname", "forename"):
        row[field] = row[field].encode().decode("cp1252", "ignore")


def question_marks(rng: np.random.Generator, row: Row) -> None:
    for field in ("surname", "forename"):
        row[field] = row[field].encode("ascii", "replace").decode()


def other_school(rng: np.random.Generator, row: Row) -> None:
    row["school"] = "9992001" if row["school"] != "9992001" else "9992002"


def other_paper(rng: np.random.Generator, row: Row) -> None:
    row["year_group"] = {"2": "4", "4": "2", "7": "4"}[row["year_group"]]


def misread(rng: np.random.Generator, row: Row) -> None:
    for old, new in (("rn", "m"), ("cl", "d"), ("l", "i"), ("u", "v"), ("o", "0")):
        if old in row["surname"][1:]:
            row["surname"] = row["surname"][0] + row["surname"][1:].replace(old, new, 1)
            return


def no_school(rng: np.random.Generator, row: Row) -> None:
    row["school"] = None


def vowels_lost(rng: np.random.Generator, row: Row) -> None:
    row["surname"] = row["surname"][0] + "".join(
        letter for letter in row["surname"][1:] if letter not in "aeiou"
    )


def first_letter(rng: np.random.Generator, row: Row) -> None:
    field = _field(rng)
    row[field] = str(rng.choice(list("BCDFGHJKLMNPRSTVW"))) + row[field][1:]


def particle(rng: np.random.Generator, row: Row) -> None:
    row["surname"] = str(rng.choice(["de ", "Al-", "van ", "Mc", "bin "])) + row["surname"]


def day_backwards(rng: np.random.Generator, row: Row) -> None:
    if not pd.isna(row["dob"]):
        day = int(f"{row['dob'].day:02d}"[::-1])
        row["dob"] = row["dob"].replace(day=day) if 1 <= day <= 28 else row["dob"]


TUNED: dict[str, Fault] = {
    "typo": typo, "swapped names": swapped, "short name": short_name, "no date of birth": no_birthday,
    "day and month exchanged": turned_date, "changed surname": new_surname, "half a surname": half_surname,
    "no accents": no_accents, "initial": initial, "first of January": first_january,
    "wrong figure in the date": wrong_figure, "wrong year of birth": wrong_year,
}  # fmt: skip
HELD_OUT: dict[str, Fault] = {
    "two slips": two_slips, "written by ear": by_ear, "cut short": cut_short, "middle name": middle_name,
    "one cell": one_cell, "vowels lost": vowels_lost, "first letter wrong": first_letter, "particle added": particle,
    "day read backwards": day_backwards,
    "parts turned round": parts_turned, "wrong encoding": scrambled,
    "question marks": question_marks, "another school": other_school, "another year's paper": other_paper,
    "misread letters": misread, "no school": no_school,
}  # fmt: skip


def records(
    seed: int,
    size: int,
    schools: int,
    faults: dict[str, Fault],
    *,
    faulty: float = 0.3,
    twice: float = 0.15,
    unlisted: float = 0.15,
    groups: dict[str, float] = GROUPS,
    twins: float = 0.03,
) -> Records:
    """`size` rows, a share `unlisted` of them about pupils no school lists, as many pupils listed without a row.

    A share `faulty` of the rows has a fault, and of those a share `twice` a second one.
    """
    rng = np.random.default_rng(seed)
    absent = round(unlisted * size)
    everyone = people(rng, size + absent, schools, groups, twins)
    everyone["upn"] = [number(serial) for serial in rng.permutation(len(everyone)) + 1]
    order = rng.permutation(len(everyone))
    listed, tested = everyone.iloc[order[absent:]], everyone.iloc[order[:size]]
    rows, kinds = [], []
    for row in tested.to_dict("records"):
        planted = _planted(rng, faults, faulty, twice)
        row["upn"], was = None, dict(row)
        for kind in planted:
            if row["forename"]:
                faults[kind](rng, row)
        rows.append(row)
        kinds.append(" + ".join(planted) if str(was) != str({**row, "upn": was["upn"]}) else "")
    truth = tested["upn"].where(tested["upn"].isin(listed["upn"])).reset_index(drop=True)
    about = listed.set_index("upn")[["group", "disadvantaged", "twin"]]
    return Records(
        _as_cleaned(listed, "roll"),
        _as_cleaned(pd.DataFrame(rows), "marks").assign(
            instrument="ptm", score=rng.integers(70, 131, size).astype(float), score_reason="", censored=""
        ),
        truth,
        pd.Series(kinds),
        about,
    )


def _planted(rng: np.random.Generator, faults: dict[str, Fault], faulty: float, twice: float) -> list[str]:
    if rng.random() >= faulty:
        return []
    several = 2 if rng.random() < twice else 1
    return [str(kind) for kind in rng.choice(list(faults), size=several, replace=False)]


def _as_cleaned(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    place = {"source": source, "file": f"{source}.csv", "sheet": "", "wave": WAVE}
    texts = [
        "source", "file", "sheet", "wave", "school", "upn", "former_upn", "pupil_id", "forename", "surname",
        "sex", "year_group", "class", "set", *ALSO,
    ]  # fmt: skip
    frame = rows.reset_index(drop=True).assign(**place, row=range(2, len(rows) + 2))
    frame = frame.drop(columns=["group", "twin"]).reindex(
        columns=[*dict.fromkeys([*frame.columns, *texts, "eal", "send"])]
    )
    flags = dict.fromkeys(("disadvantaged", "eal", "send"), "Int64")
    return frame.drop(columns=["group", "twin"], errors="ignore").astype(
        {**dict.fromkeys(texts, "str"), **flags, "dob": "datetime64[us]"}
    )
