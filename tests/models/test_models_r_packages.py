"""Live comparison on data sets of R's packages: what lme4, lmerTest, pbkrtest and clubSandwich make of the same models.

R is brought to its deviance's least point first (packages.R says how), since what it returns by default is further from that
than these tolerances.
"""

import json
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.models import FittedModel, fit

pytestmark = pytest.mark.r
SCRIPT = Path(__file__).with_name("packages.R")
PACKAGES = ("lme4", "lmerTest", "pbkrtest", "clubSandwich", "mlmRev", "nlme", "numDeriv", "jsonlite")

# Relative, but for coefficients, which are in units of their standard error (METHODS, section 1).
COEFFICIENT, STANDARD_ERROR, VARIANCE, CRITERION = 1e-6, 1e-6, 1e-5, 1e-8
SATTERTHWAITE_DF, KENWARD_ROGER, CR2, GROUP_EFFECT = 1e-4, 1e-5, 1e-5, 1e-6


@dataclass(frozen=True, slots=True)
class Case:
    """A model of one of the data sets; `joint` are terms to be tested together, `cluster` is CR2's column."""

    data: str
    formula: str
    joint: tuple[str, ...] = ()
    cluster: str | None = None
    reml: bool = True
    weights: str | None = None
    offset: str | None = None
    crossed: bool = False
    singular: bool = False
    kenward_roger: bool = True


TRIAL = ("treated", "treated:late")
# Terms whose CR2 error is left out here; clubSandwich gives one.
ON_ONE_CLUSTER = {
    "awards: a term for one cluster": ["one_pair"],
    "awards: terms for clusters of one row": ["first", "second", "third"],
}
PRIMARY_BY_SECOND = "attain ~ verbal * sex + (1 | primary) + (1 | second)"
CASES = {
    "growth: slopes at two levels": Case(
        "growth", "math ~ year + poor + sex + (1 + year | school/child)", kenward_roger=False
    ),
    "growth in ten schools": Case(
        "growth_few", "math ~ year * poor + sex + (1 + year | school/child)", ("poor", "year:poor"), "school"
    ),
    "growth, maximum likelihood": Case(
        "growth_few", "math ~ year * poor + sex + (1 + year | school/child)", reml=False
    ),
    "chemistry: 31,022 in three levels": Case(
        "chemistry", "score ~ gcse + gender + (1 | lea/school)", kenward_roger=False
    ),
    "chemistry: singular slope outside": Case(
        "chemistry_few", "score ~ gcse * gender + (1 + gcse | lea) + (1 | lea:school)",
        ("gender[T.M]", "gcse:gender[T.M]"), "lea", singular=True,
    ),
    "chemistry: lme4's first answer is not the least": Case(
        "chemistry_some", "score ~ gcse * gender + age + (1 + gcse | lea) + (1 | lea:school)",
        (), "lea", singular=True, kenward_roger=False,
    ),
    "scotland: slope": Case(
        "scotland_few", "attain ~ verbal * sex + (1 + verbal | second)", ("sex[T.M]", "verbal:sex[T.M]"), "second",
        singular=True,
    ),
    "scotland: groups of one": Case(
        "scotland", "attain ~ verbal + sex + (1 | second/primary)", (), "second", kenward_roger=False
    ),
    "scotland: groups of one, few": Case(
        "scotland_few", "attain ~ verbal + sex + (1 | second/primary)", ("verbal", "sex[T.M]"), "second"
    ),
    "scotland: crossed": Case("scotland", PRIMARY_BY_SECOND, crossed=True, kenward_roger=False),
    "scotland: crossed, few": Case(
        "scotland_few", PRIMARY_BY_SECOND, ("sex[T.M]", "verbal:sex[T.M]"), crossed=True
    ),
    "sleep: slope": Case("sleep", "reaction ~ day + (1 + day | subject)", (), "subject"),
    "sleep: slope apart": Case("sleep", "reaction ~ day + (1 + day || subject)"),
    "sleep, maximum likelihood": Case("sleep", "reaction ~ day + (1 + day | subject)", reml=False),
    "sleep: weights and offset": Case(
        "sleep", "reaction ~ day + (1 + day | subject)", ("Intercept", "day"), weights="precision", offset="expected"
    ),
    "awards: coarser clusters": Case(
        "awards", "passed ~ treated * late + lagscore + (1 | school)", TRIAL, "pair"
    ),
    "awards: pairs and schools": Case(
        "awards", "passed ~ treated * late + lagscore + (1 | pair/school)", TRIAL, "pair", singular=True
    ),
    "awards: least squares by maximum likelihood": Case(
        "awards", "passed ~ treated * late + lagscore", reml=False
    ),
    "awards: least squares": Case("awards", "passed ~ treated * late + lagscore", TRIAL, "pair"),
    "awards: a term for one cluster": Case(
        "awards", "passed ~ treated + late + one_pair + (1 | school)", ("treated", "late"), "pair"
    ),
    "awards: terms for clusters of one row": Case(
        "awards", "passed ~ treated + late + first + second + third", ("treated", "late"), "pair_or_row"
    ),
    "language": Case(
        "language", "score ~ iq * ses + sex + iq_school + (1 + iq | school)", ("ses", "iq:ses"), "school"
    ),
    "papers: students in schools": Case("papers", "score ~ part * gender + (1 | school/student)"),
    "papers: slope outside": Case(
        "papers", "score ~ part * gender + (1 + part | school) + (1 | school:student)"
    ),
    "fruits: four levels": Case(
        "fruits", "fruits ~ nutrient + amd + (1 | region/population/genotype)", ("nutrient", "amd[T.unclipped]")
    ),
    "deaths: weights and offset": Case(
        "deaths", "rate ~ legal + beer + (1 | state)", ("legal", "beer"), weights="people", offset="expected"
    ),
    "deaths: weights, maximum likelihood": Case(
        "deaths", "rate ~ legal + beer + (1 | state)", weights="people", reml=False
    ),
    "dyestuff: singular": Case("dyestuff", "Yield ~ 1 + (1 | Batch)", singular=True),
    "pastes": Case("pastes", "strength ~ 1 + (1 | batch/cask)"),
    "oats: balanced": Case("oats", "yield ~ nitro + Variety + (1 | Block/Variety)"),
    "machines: three effects": Case("machines", "score ~ Machine + (0 + Machine | Worker)", (), "Worker"),
    "early: singular slope": Case(
        "early", "cog ~ since * trt + (1 + since | id)", ("trt[T.Y]", "since:trt[T.Y]"), "id", singular=True
    ),
}  # fmt: skip
Answers = dict[str, tuple[FittedModel, dict[str, Any]]]


def in_r(name: str) -> str:
    """formulaic's `sex[T.M]` is R's `sexM`."""
    return name.replace("[T.", "").replace("[", "").replace("]", "").replace("Intercept", "(Intercept)")


def ours(group: str, known: list[str]) -> tuple[str, bool]:
    """Our name of R's group `class:school`, `genotype:(population:region)` or `subject.1`, and whether it is turned about."""
    plain = group.translate(str.maketrans("", "", "()")).removesuffix(".1")
    return (plain, False) if plain in known else (":".join(reversed(plain.split(":"))), True)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    wanted = f"stopifnot(all(sapply(c{PACKAGES!r}, requireNamespace, quietly = TRUE)))"
    if subprocess.run(["Rscript", "-e", wanted], capture_output=True, check=False).returncode:
        pytest.skip(f"R lacks one of {', '.join(PACKAGES)}")
    folder = tmp_path_factory.mktemp("packages")
    asked = [asdict(case) | {"joint": [in_r(term) for term in case.joint]} for case in CASES.values()]
    (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    subprocess.run(["Rscript", str(SCRIPT), str(folder / "cases.json"), str(folder)], check=True)
    answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    fits = [fit_case(case, pd.read_csv(folder / f"{case.data}.csv")) for case in CASES.values()]
    return dict(zip(CASES, zip(fits, answers, strict=True), strict=True))


def fit_case(case: Case, data: pd.DataFrame) -> FittedModel:
    return fit(
        case.formula, data, reml=case.reml, weights=case.weights, offset=case.offset, crossed=case.crossed
    )


def distance(values: pd.Series, theirs: list[float]) -> float:
    return float(np.abs(values.to_numpy() / np.array(theirs) - 1).max())


def those(*wanted: str) -> pytest.MarkDecorator:
    """The cases that have all these traits."""
    traits = {
        "multilevel": lambda case: "|" in case.formula,
        "likelihood": lambda case: (
            "|" in case.formula or not case.reml
        ),  # R's lm has no REML criterion of lme4's kind
        "exact": lambda case: "|" in case.formula and case.reml and case.kenward_roger,
        "robust": lambda case: case.cluster is not None,
        "joint": lambda case: bool(case.joint),
    }
    chosen = [name for name, case in CASES.items() if all(traits[trait](case) for trait in wanted)]
    return pytest.mark.parametrize("case", chosen)


@those()
def test_coefficients(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    table = result.inference("wald")
    assert result.n == theirs["n"]
    assert [in_r(term) for term in table.index] == theirs["terms"]
    assert np.abs((table["estimate"] - theirs["beta"]) / theirs["se"]).max() < COEFFICIENT
    assert distance(table["std_error"], theirs["se"]) < STANDARD_ERROR


@those("multilevel")
def test_criterion(compared: Answers, case: str) -> None:
    """R's optimum is the least it can be brought to, so ours may be neither above nor below."""
    result, theirs = compared[case]
    criterion = result.reml_criterion if CASES[case].reml else result.deviance
    assert criterion == pytest.approx(theirs["criterion"], rel=CRITERION)
    assert result.diagnostics.at_boundary == CASES[case].singular


@those("likelihood")
def test_information_criteria(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    found = [result.aic, result.bic, result.log_likelihood]
    assert found == pytest.approx([theirs["aic"], theirs["bic"], theirs["log_likelihood"]], rel=CRITERION)


@those("multilevel")
def test_variances(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    table = result.variances
    names = zip(table["group"], table["term_1"].map(in_r), table["term_2"].map(in_r), strict=True)
    found = dict(zip(names, table["variance"].astype(float), strict=True))
    size = max(found.values())
    for row in theirs["variances"]:
        group = ours(row["group"].replace("Residual", "residual"), [*result.n_groups, "residual"])[0]
        first = row["term_1"] or ""
        value = found[group, first, row["term_2"] or first]
        assert value == pytest.approx(row["variance"], rel=VARIANCE, abs=1e-12 * size)
    assert len(found) == len(theirs["variances"])


@those("multilevel")
def test_satterthwaite(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    assert distance(result.inference("satterthwaite")["df"], theirs["satterthwaite_df"]) < SATTERTHWAITE_DF


@those("exact")
def test_kenward_roger(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    table = result.inference("kenward-roger")
    assert distance(table["std_error"], theirs["kr_se"]) < KENWARD_ROGER
    assert distance(table["df"], theirs["kr_df"]) < KENWARD_ROGER


@those("robust")
def test_cr2(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    table = result.inference("cr2", cluster=CASES[case].cluster)
    stands = ~table.index.isin(ON_ONE_CLUSTER.get(case, ()))
    assert distance(table.loc[stands, "std_error"], np.array(theirs["cr2_se"])[stands]) < CR2
    assert distance(table.loc[stands, "df"], np.array(theirs["cr2_df"])[stands]) < CR2
    assert table.loc[~stands, ["std_error", "df", "p_value", "ci_low"]].isna().all(axis=None)
    alone = ", ".join(table.index[~stands])
    assert table.attrs.get("note", "").startswith(
        f"No cluster-robust error holds for {alone}," if alone else ""
    )
    assert ("note" in table.attrs) == bool(alone)


@those("exact", "joint")
def test_joint_kenward_roger(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    test = result.joint_test(CASES[case].joint)
    found = [test.statistic, test.df_num, test.df_denom, test.p_value]
    assert found == pytest.approx(theirs["kr_joint"], rel=KENWARD_ROGER)


@those("multilevel", "joint")
def test_joint_satterthwaite(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    test = result.joint_test(CASES[case].joint, "satterthwaite")
    found = [test.statistic, test.df_num, test.df_denom, test.p_value]
    assert found == pytest.approx(theirs["satterthwaite_joint"], rel=SATTERTHWAITE_DF)


@those("robust", "joint")
def test_joint_cr2(compared: Answers, case: str) -> None:
    result, theirs = compared[case]
    test = result.joint_test(CASES[case].joint, "cr2", cluster=CASES[case].cluster)
    found = [test.statistic, test.df_num, test.df_denom, test.p_value]
    assert found == pytest.approx(theirs["cr2_joint"], rel=CR2)


@those("multilevel")
def test_group_effects(compared: Answers, case: str) -> None:
    """Relative to the largest conditional sd of the factor: an effect may be zero."""
    result, theirs = compared[case]
    rows = pd.DataFrame(theirs["effects"])
    for name, part in rows.groupby("group"):
        group, turned = ours(str(name), list(result.n_groups))
        effects = result.group_effects(group)
        effects.index = pd.MultiIndex.from_arrays([effects["level"], effects["term"].map(in_r)])
        levels = [":".join(level.split(":")[:: -1 if turned else 1]) for level in part["level"]]
        found = effects.loc[list(zip(levels, part["term"], strict=True))]
        reach = GROUP_EFFECT * part["sd"].max()
        assert np.abs(found["estimate"].to_numpy() - part["estimate"]).max() <= reach
        assert np.abs(found["std_error"].to_numpy() - part["sd"]).max() <= reach
    assert len(rows) == sum(len(result.group_effects(group)) for group in result.n_groups)
