"""Which pupil numbers are one pupil's: a number may follow a former one."""

import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def same_numbers(rows: pd.DataFrame) -> tuple[dict[str, str], set[str]]:
    """For each number the one its pupil is known by, and the numbers whose former number is not believed.

    A number and the former number beside it are one pupil's. A pupil is known by the number listed at the earliest
    wave (of several, the first in order of the alphabet), so that later waves change no earlier key. Where numbers
    joined in this way are listed as two pupils at one wave, none of them is joined.

    Parameters
    ----------
    rows : DataFrame
        Pupil rows with upn, former_upn and `at`, the place of their wave in the study.

    Returns
    -------
    known_by : dict
        Only numbers that are joined to others.
    refused : set
        Current numbers that stand beside a former number that is another listed pupil's.
    """
    beside = rows.loc[rows["upn"].notna() & rows["former_upn"].notna(), ["upn", "former_upn"]]
    beside = beside[beside["upn"] != beside["former_upn"]].drop_duplicates()
    if beside.empty:
        return {}, set()
    labels, numbers = pd.factorize(pd.concat([beside["upn"], beside["former_upn"]]), sort=True)
    half = len(beside)
    graph = coo_array(([1] * half, (labels[:half], labels[half:])), shape=(len(numbers), len(numbers)))
    group = pd.Series(connected_components(graph, directed=False)[1], index=numbers)
    listed = rows.loc[rows["upn"].isin(numbers), ["upn", "at"]].drop_duplicates()
    listed = listed.assign(group=listed["upn"].map(group))
    twice = listed.loc[listed.duplicated(["group", "at"], keep=False), "group"].unique()
    refused = set(beside.loc[beside["upn"].map(group).isin(twice), "upn"])
    first = listed.sort_values(["at", "upn"]).drop_duplicates("group").set_index("group")["upn"]
    joined = group[~group.isin(twice)]
    return {str(number): str(known) for number, known in joined.map(first).items()}, refused
