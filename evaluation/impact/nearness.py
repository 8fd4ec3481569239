"""Whether the main answer differs by cluster, or goes with how near a school is to the next one taking part. No cause is claimed."""

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.parts import JOINT
from evaluation.impact.plan import INFERENCE, nothing
from evaluation.impact.refit import complete
from evaluation.impact.sample import population
from evaluation.models import fit
from evaluation.study import Model, Study

DISTANCE = [
    "question", "estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "km_low", "km_high", "n_schools", "method", "reason"
]  # fmt: skip
POINTS = ["cluster", "estimate", "n_schools", "n_smallest", "reason"]
FIGURES = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high"]
FEWEST = 4
FEW_CLUSTERS = "fewer than four clusters of two taking-part schools or more"
ONE_SCHOOL = "fewer than two schools of it taking part"
LEAST_KM = 0.1  # nearer ones count as this far, so that a doubling of the distance means something


def distance(study: Study, analysis: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """DISTANCE, one row: how much the treated's lead changes with each doubling of the distance to the next treated school.

    It is the headline's model with the treatment's interaction with log2 of the kilometres, centred over the treated schools. No figures
    where fewer than four treated schools have a place, or all are as far. Empty where the plan compares pupils of the same school.

    Parameters
    ----------
    schools : DataFrame
        One row a school: school, easting and northing in metres.
    """
    headline = study.analysis.models.get("headline")
    if headline is None or headline.term != study.analysis.treatment or study.comparison.unit != "school":
        return nothing(DISTANCE)
    pupils = population(analysis)
    km = nearest_km(schools[schools["school"].isin(pupils.loc[pupils[headline.term] == 1, "school"])])
    row: dict[str, object] = {"question": "distance", "method": INFERENCE, "n_schools": len(km), "reason": ""}
    row |= {"km_low": km.min(), "km_high": km.max()}
    if len(km) < FEWEST or km.nunique() < 2:
        reason = "fewer than four taking-part schools with a place of their own in the register"
        return pd.DataFrame([row | {"reason": reason}]).reindex(columns=DISTANCE)
    doublings = np.log2(km.clip(lower=LEAST_KM))
    own = pupils["school"].map(doublings - doublings.mean()).astype(float)
    placed = pupils[(pupils[headline.term] != 1) | own.notna()]
    placed = placed.assign(apart=(placed[headline.term] * own).where(placed[headline.term] == 1, 0.0))
    try:
        found = fit(f"{headline.formula} + apart", placed).coefficients.reindex(["apart"])
    except ModelError as error:
        return pd.DataFrame([row | {"reason": f"no model fits: {error}"}]).reindex(columns=DISTANCE)
    return pd.DataFrame([row | found.iloc[0][FIGURES].to_dict()]).reindex(columns=DISTANCE)


def nearest_km(schools: pd.DataFrame) -> pd.Series:
    """Kilometres from each school that has a place to the nearest other one, by school."""
    placed = schools.dropna(subset=["easting", "northing"]).set_index("school")
    if len(placed) < 2:
        return pd.Series(dtype=float)
    at = placed[["easting", "northing"]].to_numpy(dtype=float)
    apart = np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    return pd.Series(apart.min(axis=1) / 1000, index=placed.index)


def _clustered(study: Study, analysis: pd.DataFrame) -> tuple[Model | None, pd.DataFrame, pd.DataFrame]:
    """The headline, its pupils, and the treated of them in clusters; no headline where nobody is."""
    headline, pupils = study.analysis.models.get("headline"), population(analysis)
    treated = pupils[pupils[study.analysis.treatment] == 1]
    named = treated[treated["cluster"].astype(str) != ""]
    asked = headline is not None and headline.term == study.analysis.treatment and len(named) > 0
    return headline if asked else None, pupils, named


def cluster_points(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """POINTS, one row a cluster: the treated's lead in it, from one model of all clusters, and no interval: `clusters_differ` judges them.

    None of a cluster with one treated school, which is that school's own. `n_smallest` is the pupils of its smallest school.
    """
    headline, pupils, named = _clustered(study, analysis)
    if headline is None:
        return nothing(POINTS)
    used = complete(headline.formula, named)
    sizes = used.groupby([used["cluster"].astype(str), used["school"].astype(str)], sort=False).size()
    by_cluster = sizes.groupby(level=0, sort=False).agg(["size", "min"])
    table = pd.DataFrame({"cluster": by_cluster.index, "n_schools": by_cluster["size"].to_numpy()})
    table = table.assign(estimate=np.nan, n_smallest=by_cluster["min"].to_numpy(), reason=ONE_SCHOOL)[POINTS]
    several = table.index[table["n_schools"] >= 2]
    names = table.loc[several, "cluster"]
    kept = pupils[(pupils[headline.term] != 1) | pupils["cluster"].isin(names)]
    terms = [f"in_cluster_{at}" for at in range(len(names))]
    inside = {
        term: (kept["cluster"] == name) * kept[headline.term] for term, name in zip(terms, names, strict=True)
    }
    outcome, rest = headline.formula.split("~", 1)
    try:
        # The treatment, below them, is the sum of its clusters' terms, and so left out.
        found = fit(f"{outcome}~ {' + '.join([*terms, rest])}", kept.assign(**inside)).coefficients
    except ModelError as error:
        return table.assign(reason=f"no model fits: {error}")
    table.loc[several, "estimate"] = found["estimate"].reindex(terms).to_numpy()
    table.loc[several, "reason"] = ""
    return table


def clusters_differ(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """JOINT, one row: the F test that the treated's lead is alike in all clusters; none where the study has no clusters.

    Needs four clusters of two treated schools or more. Their schools' own variation is what clusters are judged against.
    """
    headline, pupils, named = _clustered(study, analysis)
    if headline is None:
        return nothing(JOINT)
    row: dict[str, object] = {
        "question": "cluster",
        "method": INFERENCE,
        "n_schools": named["school"].nunique(),
    }
    sizes = named.groupby(named["cluster"].astype(str))["school"].nunique()
    clusters = list(sizes[sizes >= 2].index)
    if len(clusters) < FEWEST:
        return pd.DataFrame([row | {"reason": FEW_CLUSTERS}]).reindex(columns=JOINT)
    kept = pupils[(pupils[headline.term] != 1) | pupils["cluster"].isin(clusters)]
    terms = {f"in_cluster_{at}": name for at, name in enumerate(clusters[1:])}
    kept = kept.assign(
        **{term: kept[headline.term] * (kept["cluster"] == name) for term, name in terms.items()}
    )
    try:
        joint = fit(f"{headline.formula} + {' + '.join(terms)}", kept).joint_test(list(terms))
    except ModelError as error:
        return pd.DataFrame([row | {"reason": f"no model fits: {error}"}]).reindex(columns=JOINT)
    figures = {"statistic": joint.statistic, "df_num": joint.df_num, "df": joint.df_denom}
    return pd.DataFrame([row | figures | {"p_value": joint.p_value, "reason": ""}])[JOINT]
