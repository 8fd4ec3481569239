"""The schools of a study: its register, or the schools its pupils name."""

import pandas as pd

from evaluation.study.fields import REGISTER

COLUMNS = [field.name for field in REGISTER]


def schools_table(register: pd.DataFrame | None, linked_pupils: pd.DataFrame) -> pd.DataFrame:
    """One row a school: school, urn, name, phase, role, cluster, easting, northing, gender.

    Parameters
    ----------
    register : DataFrame or None
        Cleaned rows of the register; without one, every school in `linked_pupils`, in order of appearance,
        called "School <identifier>", of no phase, role or cluster.
    linked_pupils : DataFrame
        With a column `school`.
    """
    if register is not None:
        return register[COLUMNS].reset_index(drop=True)
    schools = pd.DataFrame({"school": linked_pupils["school"].drop_duplicates().astype("str")})
    named = schools.assign(
        name="School " + schools["school"], phase="", role="", cluster="", gender="", urn=None
    )
    places = {"easting": float("nan"), "northing": float("nan")}
    texts = dict.fromkeys(("school", "urn", "name", "phase", "role", "cluster", "gender"), "str")
    return named.assign(**places).astype(texts)[COLUMNS].reset_index(drop=True)
