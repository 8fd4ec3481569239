"""The schools register (Get Information About Schools) and the file of links between its schools."""

import pandas as pd

from evaluation.ingest.table import Fault

LA_NUMBER, ESTAB_NUMBER, URN_NUMBER = "0*[1-9][0-9]{0,2}", "0*[1-9][0-9]{0,3}", "0*[1-9][0-9]{3,6}"
SCHOOL_COLUMNS = ["rectype", "laestab", "urn", "urn_ac", "open_ac", "name", "phase", "type", "closed"]
LINK_COLUMNS = ["urn", "linked_urn", "linked_name", "link_type", "date"]

# An open school may be about to close, and a proposed one is neither open nor closed.
_STATUS = {"open": False, "open, but proposed to close": False, "closed": True}
_NO_NUMBER = ("", "NA", "NAT", "NULL")
Refused = dict[int, tuple[str, str]]  # by row number: the rule and the reason


def register_rows(text: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """The schools of the register, and the rows that are none.

    Parameters
    ----------
    text : DataFrame
        Stripped text by row number, a column a field of the layout; "" throughout where the file lacks it.

    Returns
    -------
    schools : DataFrame
        By row number: `SCHOOL_COLUMNS`, texts "" where not known, `closed` NA where not known.
    faults : list of Fault
    """
    numbered = numbers(text)
    bad = bad_numbers(text) | without_number(numbered)
    bad |= repeated(numbered[numbered["urn"] != ""].drop(index=list(bad), errors="ignore"), ["urn"])
    schools = numbered.assign(
        rectype="",
        urn_ac="",
        open_ac=pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]"),
        closed=text["closed"].str.casefold().map(_STATUS).astype("boolean"),
        **{name: text[name] for name in ("name", "phase", "type")},
    )
    return schools.drop(index=list(bad))[SCHOOL_COLUMNS], faults(bad)


def link_rows(text: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """The links of the file: URN, the URN it is linked with, and as what ("Predecessor", "Successor - merged", ...)."""
    bad: Refused = {}
    for field in ("urn", "linked_urn"):
        wrong = text.index[~text[field].str.fullmatch(URN_NUMBER)]
        bad |= dict.fromkeys(wrong, ("not_a_number", f"The {field.replace('_', ' ').upper()} is not a URN."))
    kept = text.drop(index=list(bad))
    links = kept.assign(
        urn=kept["urn"].str.lstrip("0"),
        linked_urn=kept["linked_urn"].str.lstrip("0"),
        date=days(kept["date"]),
    )
    unread = undated(kept["date"], links["date"], "LinkEstablishedDate")
    return links[LINK_COLUMNS], [*faults(bad), *unread]


def numbers(text: pd.DataFrame) -> pd.DataFrame:
    """The URN, and LAESTAB = LEA x 10000 + ESTAB as seven figures, of each row; "" where it has none."""
    la, estab = text["la"], text["estab"]
    both = la.str.fullmatch(LA_NUMBER) & estab.str.fullmatch(ESTAB_NUMBER)
    laestab = (la.str.lstrip("0").str.zfill(3) + estab.str.lstrip("0").str.zfill(4)).where(both, "")
    urn = text["urn"].where(text["urn"].str.fullmatch(URN_NUMBER), "").str.lstrip("0")
    return pd.DataFrame({"laestab": laestab, "urn": urn}, index=text.index)


def absent(text: pd.Series) -> pd.Series:
    """Which cells plainly hold no number: empty, noughts, or a code."""
    return text.str.upper().isin(_NO_NUMBER) | text.str.fullmatch("0+")


def bad_numbers(text: pd.DataFrame) -> Refused:
    """By row: numbers of a school that are neither there in full nor plainly absent."""
    bad: Refused = {}
    for field, pattern, name in (
        ("la", LA_NUMBER, "local authority's number"),
        ("estab", ESTAB_NUMBER, "school's number"),
        ("urn", URN_NUMBER, "URN"),
    ):
        wrong = ~absent(text[field]) & ~text[field].str.fullmatch(pattern)
        bad |= dict.fromkeys(
            text.index[wrong], ("not_a_number", f"The {name} is not a number such as it can be.")
        )
    return bad


def without_number(numbered: pd.DataFrame) -> Refused:
    """Rows of schools that have neither number."""
    rows = numbered.index[(numbered == "").all(axis=1)]
    return dict.fromkeys(
        rows, ("no_number", "A school's row that gives neither its URN nor its LEA and ESTAB.")
    )


def repeated(rows: pd.DataFrame, columns: list[str]) -> Refused:
    """Rows that repeat an earlier row's `columns`."""
    again = rows.index[rows.duplicated(columns)]
    return dict.fromkeys(again, ("duplicate", "What this row is about has a row in the file already."))


def faults(bad: Refused) -> list[Fault]:
    """Rows that were not understood, as faults in the file's order."""
    return [Fault(int(row), "", rule, "row", reason) for row, (rule, reason) in sorted(bad.items())]


def days(text: pd.Series) -> pd.Series:
    """Dates as the department writes them: 20170401, 01-04-2017, 1/4/2017 or 2017-04-01; NaT for others."""
    parts = text.str.extract(r"^([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4})$")
    turned = parts[2] + parts[1].str.zfill(2) + parts[0].str.zfill(2)
    figures = turned.where(turned.notna(), text.str.replace("-", ""))
    return pd.to_datetime(figures, format="%Y%m%d", errors="coerce").astype("datetime64[us]")


def undated(text: pd.Series, dates: pd.Series, heading: str) -> list[Fault]:
    """Cells that hold something which was not read as a date."""
    rows = text.index[dates.isna() & ~absent(text)]
    reason = "The cell was not read as a date (such as 20170401 or 01-04-2017), and is left empty."
    return [Fault(int(row), heading, "date", "cell", reason) for row in rows]
