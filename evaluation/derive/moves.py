"""Pupils who changed school between waves: movers, and those who went from primary to secondary."""

import pandas as pd

from evaluation.clean.compact import disputed, mapped, plain
from evaluation.study import Study

COLUMNS = ["pupil", "from_wave", "to_wave", "from_school", "to_school", "kind"]
BETWEEN, UP = "between schools", "primary to secondary"


def moves_table(study: Study, linked_pupils: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """One row a move: a pupil listed at one school and, at the next wave that lists the pupil, at another.

    Parameters
    ----------
    study : Study
        Gives the order of waves.
    linked_pupils : DataFrame
        From `evaluation.link.link`.
    schools : DataFrame
        From `schools_table`: the phases say which moves are from primary to secondary.

    Returns
    -------
    DataFrame
        pupil, from_wave, to_wave, from_school, to_school, kind; in order of pupils' first listings and of waves.
    """
    order = mapped(linked_pupils["wave"], {wave.name: at for at, wave in enumerate(study.waves)})
    who = pd.factorize(linked_pupils["pupil"])[0]
    listed = linked_pupils[["pupil", "wave", "school"]].assign(who=who, order=order)
    listed = plain(listed[disputed(listed["who"], listed["school"])]).sort_values(
        ["who", "order"], kind="stable"
    )
    before = listed.groupby("who")[["wave", "school"]].shift()
    moved = before["school"].notna() & (before["school"] != listed["school"])
    phase = schools.set_index("school")["phase"].str.casefold()
    up = (before["school"].map(phase) == "primary") & (listed["school"].map(phase) == "secondary")
    table = pd.DataFrame(
        {
            "pupil": listed["pupil"],
            "from_wave": before["wave"],
            "to_wave": listed["wave"],
            "from_school": before["school"],
            "to_school": listed["school"],
            "kind": up.map({True: UP, False: BETWEEN}),
        }
    )
    return table[moved].astype("str")[COLUMNS].reset_index(drop=True)
