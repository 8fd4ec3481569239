"""Analysis tables with a known truth, in the shape that the plan of ssif_maths takes."""

import numpy as np
import pandas as pd

EFFECTS = {"2": 1.0, "4": 4.0, "7": -2.0}


def simulated(
    seed: int,
    effects: dict[str, float] | None = None,
    schools: int = 24,
    size: int = 30,
    noise: float = 1.0,
) -> pd.DataFrame:
    """Half the schools treated, two in three primary (years 2 and 4), the rest secondary (year 7).

    `noise` multiplies every standard deviation: schools 3, a year group in a school 1.5, pupils 9 given their baseline.
    """
    effects = EFFECTS if effects is None else effects
    rng = np.random.default_rng(seed)
    rows = []
    for at in range(schools):
        years, own = (["7"] if at % 3 == 2 else ["2", "4"]), rng.normal(0, 3)
        for year in years:
            of_year = own + rng.normal(0, 1.5)
            for pupil in range(size):
                first = 96 + rng.normal(0, 12)
                treated = (at // 3) % 2
                gain = noise * (of_year + rng.normal(0, 9)) + treated * effects[year]
                rows.append(
                    (
                        f"s{at:02d}",
                        year,
                        f"{year}{'ab'[pupil % 2]}",
                        treated,
                        float(pupil % 3 == 0),
                        first,
                        gain,
                    )
                )
    table = pd.DataFrame(
        rows, columns=["school", "year_group", "class", "treated", "disadvantaged", "baseline", "gain"]
    )
    table["endline"] = 30 + 0.7 * table["baseline"] + table.pop("gain") - 3 * table["disadvantaged"]
    table["midpoint"] = (table["baseline"] + table["endline"]) / 2
    table["phase"] = np.where(table["year_group"] == "7", "secondary", "primary")
    table = table.assign(in_population=True, joined_late=False, pupil=[f"p{at}" for at in range(len(table))])
    for name in ("baseline", "disadvantaged"):
        table[f"{name}_school"] = table.groupby("school")[name].transform("mean")
        table[f"{name}_within"] = table[name] - table[f"{name}_school"]
    return table
