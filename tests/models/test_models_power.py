"""Power and minimum detectable effects against R's PowerUpR 1.1.0, its published examples, and studies fitted by the engine."""

import inspect
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from evaluation.errors import ModelError
from evaluation.models import fit
from evaluation.models.planning.designs import DESIGNS
from evaluation.models.planning.power import chance_of_rejection, mdes, multiplier, power, precision

# The examples of the manual of R's PowerUpR 1.1.0 (Bulus, Dong, Kelcey and Spybrook, CRAN 2021), on its page named before the
# call: degrees of freedom and the effect it prints; ours, R's. (mdes.bcra3f2 is the example beside its code.)
MANUAL = """
 248 0.356  ira1     n=250 : ?ira mdes.ira(n=250)
 279 0.325  bira2_1c n=15 J=20 : ?ira mdes.bira2c1(n=15, J=20)
 260 0.325  bira2_1f n=15 J=20 : ?ira mdes.bira2f1(n=15, J=20)
  19 0.366  bira2_1r n=15 J=20 icc=.17 omega=.5 : ?bira2 mdes.bira2(rho2=.17, omega2=.50, n=15, J=20)
  99 0.045  bira3_1r n=69 J=10 K=100 icc=.15 icc_3=.2 omega=.1 omega_3=.1 : ?bira3 mdes.bira3(rho3=.20, rho2=.15, ...)
  18 0.629  cra2     n=15 J=20 icc=.17 : ?cra2 mdes.cra2(rho2=.17, n=15, J=20)
  58 0.269  cra3     n=15 J=3 K=60 icc=.17 icc_3=.06 : ?cra3 mdes.cra3(rho3=.06, rho2=.17, n=15, J=3, K=60)
 210 0.145  bcra3_2f n=20 J=44 K=5 icc=.1 : R/cra2.R mdes.bcra3f2(rho2=.10, n=20, J=44, K=5)
  23 0.246  bcra3_2r n=10 J=6 K=24 icc=.1 icc_3=.13 omega_3=.4 : ?bcra3r2 mdes.bcra3r2(rho3=.13, rho2=.10, omega3=.4, ...)
  18 0.647  cra2-gap n=15 J=20 icc=.17 share=.5 slope_variance=.017 : ?cra2 mdesd.mod221(rho2=.17, omegam2=.10, q=.50, ...)
 278 0.5915 cra2-gap n=15 J=20 icc=.17 share=.5 slope_variance=0 : ?cra2 mdesd.mod221(rho2=.17, omegam2=0, q=.50, ...)
  58 0.2082 cra3-gap n=15 J=3 K=60 icc=.17 icc_3=.06 share=.5 slope_variance=.017 slope_variance_3=.006 : ?cra3 mdesd.mod331
2458 0.1893 cra3-gap n=15 J=3 K=60 icc=.17 icc_3=.06 share=.5 slope_variance=0 slope_variance_3=0 : ?cra3 mdesd.mod331
"""

# PowerUpR 1.1.0 run with every argument away from its default: degrees of freedom and mdes; ours, R's.
RUN = """
133 0.5485225989 ira1 n=137 r2_1=.35 g=2 p=.4 alpha=.01 power=.9 : mdes.ira1r1(n=137, r21=.35, g1=2, p=.4, alpha=.01, power=.9)
277 0.2369255601 bira2_1c n=15 J=20 r2_1=.35 g=2 p=.4 power=.7 : mdes.bira2c1(n=15, J=20, r21=.35, g1=2, p=.4, power=.7)
258 0.2369472412 bira2_1f n=15 J=20 r2_1=.35 g=2 p=.4 two_tailed=0 : mdes.bira2f1(..., two.tailed=FALSE)
 45 0.0916950326 bira2_1r n=83 J=48 icc=.35 omega=.1 r2_1=.35 r2_t2=.2 g=2 p=.4 : mdes.bira2r1(rho2=.35, r2t2=.2, ...)
 28 0.0789495381 bira3_1r n=69 J=10 K=30 icc=.15 icc_3=.2 omega=.12 omega_3=.1 r2_1=.3 r2_t2=.2 r2_t3=.1 g=1 p=.4 : mdes.bira3r1
 37 0.2593866483 cra2 n=20 J=40 icc=.15 r2_1=.5 r2_2=.6 g=1 : mdes.cra2r2(rho2=.15, n=20, J=40, r21=.5, r22=.6, g2=1)
 20 0.4406744010 cra2 n=25 J=24 icc=.2 r2_1=.4 r2_2=.3 g=2 p=.4 alpha=.1 power=.9 two_tailed=0 : mdes.cra2r2
 56 0.2071138698 cra3 n=15 J=3 K=60 icc=.17 icc_3=.06 r2_1=.3 r2_2=.4 r2_3=.5 g=2 p=.4 : mdes.cra3r3(rho3=.06, rho2=.17, ...)
208 0.1112642409 bcra3_2f n=20 J=44 K=5 icc=.1 r2_1=.5 r2_2=.4 g=2 p=.4 : mdes.bcra3f2
 22 0.2237746893 bcra3_2r n=10 J=6 K=24 icc=.1 icc_3=.13 omega_3=.4 r2_1=.3 r2_2=.2 r2_t3=.1 g=1 p=.4 : mdes.bcra3r2
 28 0.4638450912 cra2-gap n=20 J=30 icc=.2 share=.3 slope_variance=.06 r2_1=.35 p=.4 : mdesd.mod221(rho2=.2, omegam2=.3, q=.3)
 58 0.1600447298 cra3-gap n=20 J=4 K=60 icc=.12 icc_3=.05 share=.7 slope_variance=.0096 slope_variance_3=.0035 r2_1=.2 p=.4
    : mdesd.mod331(rho3=.05, rho2=.12, omegam2=.08, omegam3=.07, p=.4, q=.7, r21=.2, n=20, J=4, K=60)
178 0.1519987431 cra3-gap n=20 J=4 K=60 icc=.12 icc_3=.05 share=.7 slope_variance=.0096 slope_variance_3=0 r2_1=.2 p=.4
    : the same with omegam3=0
"""


def cases(table: str) -> list[tuple[float, str, str, dict[str, float]]]:
    """Degrees of freedom, effect as printed, design and its numbers, of each line of a table."""
    found = []
    for line in table.replace("\n    :", " :").strip().splitlines():
        df, effect, design, *numbers = line.partition(" : ")[0].split()
        pairs = (number.split("=") for number in numbers)
        found.append((float(df), effect, design, {name: float(value) for name, value in pairs}))
    return found


TEST = {"alpha", "power", "two_tailed"}
CRA2 = {"n": 20, "J": 40, "icc": 0.15}


@pytest.mark.parametrize(("df", "printed", "design", "numbers"), cases(MANUAL))
def test_published_examples(df: float, printed: str, design: str, numbers: dict[str, float]) -> None:
    assert precision(design, numbers).df == pytest.approx(df)
    assert f"{mdes(design, **numbers):.{len(printed) - 2}f}" == printed


@pytest.mark.parametrize(("df", "expected", "design", "numbers"), cases(RUN))
def test_equals_powerupr(df: float, expected: str, design: str, numbers: dict[str, float]) -> None:
    assert precision(design, {k: v for k, v in numbers.items() if k not in TEST}).df == pytest.approx(df)
    assert mdes(design, **numbers) == pytest.approx(float(expected), abs=1e-10)


def test_every_design_and_every_argument_is_compared() -> None:
    for design, precision_of in DESIGNS.items():
        if design == "change":
            continue  # of nobody compared: no design of PowerUpR's, and held to another function of R's
        compared = set().union(*(numbers for _, _, name, numbers in cases(RUN) if name == design))
        assert set(inspect.signature(precision_of).parameters) <= compared


@pytest.mark.parametrize(
    ("schools", "expected"), [(4, 0.425589869), (5, 0.336399393), (8, 0.231206936), (20, 0.132088331)]
)
def test_a_change_equals_rs_power_t_test_of_one_sample(schools: int, expected: float) -> None:
    """power.t.test(n=J, sd=0.2, power=0.8, type="one.sample", strict=TRUE, tol=1e-12)$delta: to what t plus t costs from six df on."""
    off = 1e-7 if schools <= 6 else 0.003
    assert mdes("change", J=schools, sd_change=0.2) == pytest.approx(expected, rel=off)
    assert power("change", J=schools, sd_change=0.2, effect=expected) == pytest.approx(0.8, abs=0.004)


def test_few_degrees_of_freedom_equal_rs_noncentral_t() -> None:
    """PowerUpR's power, and R 4.2's pt() solved for 80%, are exact throughout; ours below six degrees of freedom."""
    # power.cra2r2(es=.9, rho2=.15, n=20, J=6); (es=.9, ..., J=5, two.tailed=FALSE); (es=.5, ..., J=7)
    asked = [(0.9, 6, True, 0.4808252329), (0.9, 5, False, 0.5469104633), (0.5, 7, True, 0.2334835740)]
    for effect, clusters, two_tailed, expected in asked:
        found = power("cra2", effect=effect, n=20, J=clusters, icc=0.15, two_tailed=two_tailed)
        assert found == pytest.approx(expected, abs=1e-9)
    # uniroot(function(l) pt(c, df, l, lower=F) + pt(-c, df, l) - .8, c(0, 30)), c = qt(.975, df), df = 1, 2, 3, 5
    for df, expected in [(1, 16.33401), (2, 5.653489), (3, 4.255899), (5, 3.513903)]:
        assert multiplier(df, 0.05, 0.8, True) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("df", [1.0, 2.5, 5.9])
@pytest.mark.parametrize("ratio", [0.0, 0.4, 2.0, 7.9, 8.1, 30.0])
def test_few_degrees_of_freedom_equal_the_integral(df: float, ratio: float) -> None:
    """P(|z + ratio| > t s) for z standard normal and s^2 an independent mean square on df degrees of freedom."""
    t = stats.t.isf(0.025, df)

    def rejected(u: float) -> float:
        s = np.sqrt(stats.chi2.ppf(u, df) / df)
        return float(stats.norm.sf(t * s - ratio) + stats.norm.cdf(-t * s - ratio))

    expected = integrate.quad(rejected, 0, 1, limit=400, epsabs=1e-10)[0]
    assert chance_of_rejection(ratio, df, 0.05, True) == pytest.approx(expected, abs=1e-7)


def test_from_six_degrees_of_freedom_t_plus_t() -> None:
    """Student's t of 0.975 and of 0.8 on 6 and on 37 degrees of freedom, from printed tables."""
    assert multiplier(6, 0.05, 0.8, True) == pytest.approx(2.447 + 0.906, abs=1e-3)
    assert multiplier(37, 0.05, 0.8, True) == pytest.approx(2.026 + 0.851, abs=1e-3)
    assert multiplier(6, 0.05, 0.8, False) == pytest.approx(1.943 + 0.906, abs=1e-3)
    assert multiplier(5.999, 0.05, 0.8, True) > multiplier(6, 0.05, 0.8, True)


def test_a_test_at_fifty_per_cent_rejects_by_the_sign_alone() -> None:
    """One tail, alpha 0.5: the critical value is zero, so power is that of a normal above zero whatever the df."""
    assert multiplier(3, 0.5, 0.8, False) == pytest.approx(stats.norm.ppf(0.8), rel=1e-9)


@given(
    clusters=st.integers(4, 60),
    alpha=st.sampled_from([0.01, 0.05, 0.1]),
    wanted=st.floats(0.15, 0.99),
    two_tailed=st.booleans(),
)
def test_power_is_the_inverse_of_mdes(clusters: int, alpha: float, wanted: float, two_tailed: bool) -> None:
    numbers = {"n": 20, "J": clusters, "icc": 0.15}
    effect = mdes("cra2", alpha=alpha, power=wanted, two_tailed=two_tailed, **numbers)
    assert power("cra2", effect=effect, alpha=alpha, two_tailed=two_tailed, **numbers) == pytest.approx(
        wanted, abs=1e-9
    )


@given(st.integers(4, 100), st.floats(0.01, 0.5), st.floats(0.05, 0.95))
def test_more_clusters_more_units_or_less_variance_between_them_detect_less(
    clusters: int, icc: float, r2: float
) -> None:
    here = mdes("cra2", n=20, J=clusters, icc=icc)
    assert mdes("cra2", n=20, J=clusters + 1, icc=icc) < here
    assert mdes("cra2", n=21, J=clusters, icc=icc) < here
    assert mdes("cra2", n=20, J=clusters, icc=icc, r2_2=r2) < here
    assert mdes("cra2", n=20, J=clusters, icc=icc, p=0.4) > here


def test_designs_of_one_cluster_size_agree() -> None:
    """A level of one cluster adds nothing; allocating units of clusters alike is allocating units."""
    top = mdes("cra3", n=20, J=1, K=40, icc=0.0, icc_3=0.15)
    assert top == pytest.approx(mdes("cra2", **CRA2))
    assert precision("cra2", {"n": 1, "J": 60, "icc": 0.3}).std_error == pytest.approx(
        precision("ira1", {"n": 60}).std_error
    )


def test_the_pages_examples_are_what_the_functions_give() -> None:
    page = (Path(__file__).parents[2] / "docs" / "power.md").read_text(encoding="utf-8")
    names: dict[str, object] = {"mdes": mdes, "power": power}
    exec("\n".join(re.findall(r"^study = .*$", page, re.MULTILINE)), names)
    examples = re.findall(r"^((?:mdes|power)\(.*\)) +# (0\.\d+)", page, re.MULTILINE)
    assert len(examples) == 8
    for call, printed in examples:
        assert f"{eval(call, names):.3f}" == printed


def rejections(formula: str, term: str, studies: list[pd.DataFrame]) -> pd.DataFrame:
    rows = [fit(formula, data).coefficients.loc[term] for data in studies]
    return pd.DataFrame(rows).astype(float)


def test_cra2_finds_its_minimum_detectable_effect_in_studies_fitted_by_the_engine() -> None:
    """Twelve clusters, one covariate of theirs that explains half of what lies between them; 300 studies.

    Monte Carlo: power 0.80 has a standard error of 0.023, the mean squared standard error one of 2.7%; three are allowed.
    """
    n, clusters, icc, r2 = 10, 12, 0.3, 0.5
    numbers = {"n": n, "J": clusters, "icc": icc, "r2_2": r2, "g": 1}
    effect = mdes("cra2", **numbers)
    rng = np.random.default_rng(2013)
    cluster = np.repeat(np.arange(clusters), n)
    t = cluster % 2
    x = stats.zscore(np.repeat(np.arange(6), 2))[cluster]  # alike in both arms, of variance 1
    studies = []
    for _ in range(300):
        between = np.sqrt(icc * (1 - r2)) * rng.normal(size=clusters)[cluster]
        y = effect * t + np.sqrt(icc * r2) * x + between + np.sqrt(1 - icc) * rng.normal(size=len(t))
        studies.append(pd.DataFrame({"y": y, "t": t, "x": x, "cluster": cluster}))
    found = rejections("y ~ t + x + (1 | cluster)", "t", studies)
    expected = precision("cra2", numbers)
    assert (found["p_value"] < 0.05).mean() == pytest.approx(0.8, abs=0.07)
    assert (found["std_error"] ** 2).mean() == pytest.approx(expected.std_error**2, rel=0.08)
    assert found["df"].median() == pytest.approx(expected.df, rel=1e-4)


def test_the_gap_finds_its_minimum_detectable_effect_in_studies_fitted_by_the_engine() -> None:
    """Fourteen clusters, three in ten units on the one side, a gap that varies between clusters; 250 studies, random slope.

    Monte Carlo: power 0.80 has a standard error of 0.025, the mean squared standard error one of 2.6%; three are allowed.
    """
    n, clusters, icc, slope = 20, 14, 0.15, 0.15
    numbers = {"n": n, "J": clusters, "icc": icc, "share": 0.3, "slope_variance": slope}
    effect = mdes("cra2-gap", **numbers)
    rng = np.random.default_rng(2018)
    cluster = np.repeat(np.arange(clusters), n)
    t, d = cluster % 2, (np.tile(np.arange(n), clusters) < 0.3 * n).astype(int)
    studies = []
    for _ in range(250):
        level, gap = rng.normal(size=(2, clusters)) * np.sqrt([[icc], [slope]])
        y = effect * t * d + level[cluster] + gap[cluster] * d + np.sqrt(1 - icc) * rng.normal(size=len(t))
        studies.append(pd.DataFrame({"y": y, "t": t, "d": d, "cluster": cluster}))
    found = rejections("y ~ t * d + (1 + d | cluster)", "t:d", studies)
    expected = precision("cra2-gap", numbers)
    assert (found["p_value"] < 0.05).mean() == pytest.approx(0.8, abs=0.075)
    assert (found["std_error"] ** 2).mean() == pytest.approx(expected.std_error**2, rel=0.08)
    assert found["df"].median() == pytest.approx(expected.df, rel=1e-4)


@pytest.mark.parametrize(
    ("design", "change", "message"),
    [
        ("cra", {}, r"no design 'cra'; choose from ira1, .*cra3-gap, change\. Did you mean 'cra\d'"),
        ("cra2", {"J": None}, "cra2 needs J; it takes n, J, icc, p, r2_1, r2_2, g"),
        ("cra2", {"icc_2": 0.1}, "cra2 has no argument 'icc_2'; it takes .* Did you mean 'icc'"),
        ("ira1", {"icc": 0.1}, "ira1 has no argument 'J'; it takes n, p, r2_1, g"),
        ("cra2", {"icc": 1.5}, "icc must be from 0 to 1, not 1.5"),
        ("cra2", {"icc": -0.1}, "icc must be from 0 to 1"),
        ("cra2", {"r2_2": 1.01}, "r2_2 must be from 0 to 1"),
        ("cra2", {"p": 1}, "p must be above 0 and below 1, not 1"),
        ("cra2", {"p": 0}, "p must be above 0 and below 1"),
        ("cra2", {"n": 0.5}, "n must be at least 1"),
        ("cra2", {"g": -1}, "g must be at least 0"),
        ("cra2", {"J": "40"}, "J must be a number, not '40'"),
        ("cra2", {"J": True}, "J must be a number, not True"),
        ("cra2", {"J": np.nan}, "J must be a number, not nan"),
        ("cra2", {"J": 3, "g": 1}, "cra2 has 0 degrees of freedom .* more clusters, or fewer covariates"),
        ("cra2", {"r2_1": 1, "r2_2": 1}, "no variance left"),
        ("cra2", {"alpha": 0}, "alpha must be above 0 and below 1"),
        ("cra2", {"power": 1.0}, "power must be above 0 and below 1"),
        ("cra2", {"power": 0.05}, "power must be above alpha, 0.05"),
        ("cra3", {"K": 40, "icc": 0.6, "icc_3": 0.5}, "their sum must be at most 1"),
    ],
)
def test_what_cannot_be_is_named(design: str, change: dict[str, float], message: str) -> None:
    asked = {name: value for name, value in (CRA2 | change).items() if value is not None}
    with pytest.raises(ModelError, match=message):
        mdes(design, **asked)


@pytest.mark.parametrize("effect", [0, -0.2, np.nan])
def test_power_wants_the_size_of_an_effect(effect: float) -> None:
    with pytest.raises(ModelError, match="effect must be"):
        power("cra2", effect=effect, **CRA2)
    with pytest.raises(ModelError, match="alpha must be"):
        power("cra2", effect=0.2, alpha=2, **CRA2)
    with pytest.raises(ModelError, match="cra2 needs icc"):
        power("cra2", effect=0.2, n=20, J=40)
