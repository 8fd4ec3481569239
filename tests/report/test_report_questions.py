"""The review page's questions beyond the headline: figures as released, in words that say no more than they allow."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from evaluation.disclose import Release
from evaluation.report.compliance import compliance
from evaluation.report.dose import dose
from evaluation.report.growth import growth
from evaluation.report.helped import helped
from evaluation.report.items import Prose, Table
from evaluation.report.likeness import chosen_schools, likeness, near_schools
from evaluation.report.nearness import cluster_points, nearness
from evaluation.report.null_model import null_model
from evaluation.report.parts import by_part
from evaluation.report.proportion import proportion
from evaluation.report.published import published
from evaluation.report.supporting import supporting
from evaluation.study import find_root

NAN = float("nan")
NEVER = r"no (effect|impact|difference (was|is))|unchanged|\bcaus|\bimpact\b|led to|signific|\brank|league|\bnan\b"
NUMBERS = {
    "std_error": 1.0,
    "df": 12.0,
    "p_value": 0.021,
    "p_adjusted": 0.042,
    "n_schools": 12.0,
    "symbol": "",
}


def with_tables(release: Release, claims: dict[str, str], **tables: list[dict[str, object]]) -> Release:
    made = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    said = [
        {"level": "project", "unit": "", "question": question, "code": code, "symbol": ""}
        for question, code in claims.items()
    ]
    return replace(release, tables={**release.tables, **made, "claims": pd.DataFrame(said)})


def figure(low: float, middle: float, high: float, reason: str = "") -> dict[str, object]:
    return {**NUMBERS, "estimate": middle, "ci_low": low, "ci_high": high, "method": "m", "reason": reason}


@pytest.mark.parametrize("p", [0.012, 0.4])
def test_one_part_found_and_another_not_is_no_difference(ssif: Release, p: float) -> None:
    """Only the test of all parts together decides the sentence, whatever the intervals of the parts are."""
    rows = [
        {"split": "year_group", "group": "year 2", **figure(1.0, 2.5, 4.0)},
        {"split": "year_group", "group": "year 4", **figure(-1.0, 0.5, 2.0)},
        {
            "split": "year_group",
            "group": "year 7",
            **figure(NAN, NAN, NAN, "fewer than three schools on a side"),
        },
    ]
    rows[2] |= {"p_value": NAN, "p_adjusted": NAN}
    tests = [{"question": "year_group", "p_value": p, "reason": "", "symbol": ""}]
    code = "differ" if p < 0.05 else "inconclusive"
    shown = by_part(with_tables(ssif, {"year_group": code}, parts=rows, joint_tests=tests))
    assert isinstance(shown, Table)
    assert ("do not settle" in shown.notes[0]) == (p > 0.05)
    assert f"p = {p:.3f}" in shown.notes[0]
    lines = {line[0]: line for group in shown.groups for line in group.rows}
    assert lines["Year 2"][1:5] == ("2.5", "1.0 to 4.0", "0.021", "0.042")
    assert lines["Year 7"][1:5] == ("–", "–", "–", "–")
    assert "All pupils" in lines
    assert "Year 7: no figures, fewer than three schools on a side." in shown.notes
    assert not re.search(NEVER, str(shown), re.I)


@pytest.mark.parametrize("symbol", ["", "c"])
def test_the_null_model_gives_variances_and_intraclass_correlations(ssif: Release, symbol: str) -> None:
    levels = [
        ("school", 24.1, 0.12, 0.12, 28.0),
        ("school:class", 8.03, 0.04, 0.16, 103.0),
        ("residual", 168.7, 0.84, NAN, NAN),
    ]
    made: list[dict[str, object]] = []
    for group, *numbers in levels:
        told = numbers if not symbol else [NAN] * 4
        row = dict(zip(("variance", "share", "icc", "n_groups"), told, strict=True))
        row |= {"group": group, "outcome": "maths_summer", "n_pupils": NAN if symbol else 2497.0}
        made.append(
            {**row, "formula": "maths_summer ~ 1 + (1 | school/class)", "reason": "", "symbol": symbol}
        )
    shown = null_model(with_tables(ssif, {}, null_model=made))
    assert isinstance(shown, Table)
    assert [line[0] for line in shown.groups[0].rows] == ["Schools", "Classes within schools", "Pupils"]
    if symbol:
        assert {value for line in shown.groups[0].rows for value in line[1:]} == {"c"}
        assert "correlate" not in str(shown)
    else:
        assert shown.groups[0].rows[2] == ("Pupils", "168.7", "84%", "2,497")
        assert "in different classes, correlate at 0.120, and two of one class at 0.160" in shown.notes[0]
    assert not str(null_model(ssif))


@pytest.mark.parametrize("kind", ["matched", "norm"])
def test_growth_says_beside_whom(ssif: Release, kind: str) -> None:
    comparison = {**ssif.meta["comparison"], "kind": kind}
    rows = [{"outcome": name, **figure(-1.0, 0.5, 2.0)} for name in ("maths_spring", "maths_summer")]
    release = with_tables(replace(ssif, meta={**ssif.meta, "comparison": comparison}), {}, growth=rows)
    shown = growth(release)
    assert isinstance(shown, Table)
    assert [line[0] for line in shown.groups[0].rows] == ["Maths, spring term", "Maths, summer term"]
    assert ("nobody is compared with" in str(shown)) == (kind == "norm")
    assert ("comparison schools" in str(shown)) == (kind == "matched")


def test_shares_and_their_difference(ssif: Release) -> None:
    row = {"outcome": "endline", "threshold": 93.0, "treated": 0.66, "control": 0.6, **figure(1.0, 5.0, 9.0)}
    shown = proportion(with_tables(ssif, {"proportion": "higher"}, proportions=[row]))
    assert isinstance(shown, Table)
    assert [line[1] for line in shown.groups[0].rows] == ["66%", "60%", "5.0"]
    assert "5.0 percentage points higher" in shown.notes[0]
    assert "a score of 93 or above" in shown.notes[1]


def test_withheld_shares_show_no_number(ssif: Release) -> None:
    row = {"outcome": "endline", "threshold": 93.0, "treated": NAN, "control": NAN, **figure(NAN, NAN, NAN)}
    shown = proportion(with_tables(ssif, {"proportion": "withheld"}, proportions=[row | {"symbol": "c"}]))
    assert isinstance(shown, Prose)
    assert "withheld" in str(shown)
    assert not re.search(r"\d", str(shown))


def test_distance_is_never_called_a_cause(ssif: Release) -> None:
    row = {"question": "distance", "km_low": 1.3, "km_high": 61.6, **figure(-2.0, -1.0, -0.2)}
    tests = [{"question": "cluster", "p_value": NAN, "reason": "fewer than four clusters", "symbol": ""}]
    claims = {"distance": "lower", "cluster": "not_estimable"}
    said = str(nearness(with_tables(ssif, claims, distance=[row], joint_tests=tests)))
    assert "The nearer a school is" in said
    assert "1.3 to 61.6 km" in said
    assert "Not worked out: fewer than four clusters." in said
    assert "by lot" in said
    assert not re.search(NEVER, said, re.I)


def test_a_study_without_them_says_why(star: Release) -> None:
    for show in (by_part, growth, proportion):
        shown = show(star)
        assert isinstance(shown, Prose)
        assert shown.paragraphs[0]
    assert not nearness(star).paragraphs
    assert "stands above" not in str(growth(star)), "one wave has no change either"


def test_two_waves_have_a_change_to_point_at(ssif: Release) -> None:
    changed = with_tables(ssif, {}, changes=[{"question": "change", **figure(1.0, 2.0, 3.0)}])
    assert "The change from the first test to the last stands above." in str(growth(changed))


@pytest.mark.parametrize("code", ["not_inferior", "inconclusive", "not_judged", "not_estimable", "withheld"])
def test_supporting_schools_are_judged_by_a_margin_alone(ssif: Release, code: str) -> None:
    row = {"estimate": -0.5, "bound": -1.5, "margin": 2.2, "n_schools": 2, "n_comparison": 20, "reason": ""}
    row["symbol"] = "c" if code == "withheld" else ""
    study = replace(ssif, meta={**ssif.meta, "margin": None if code == "not_judged" else 2.25})
    said = str(supporting(with_tables(study, {"supporting": code}, supporting=[row])))
    assert ("by as much as 2.25, the margin fixed beforehand" in said) == (
        code in ("not_inferior", "inconclusive")
    )
    assert ("does not fit the data" in said) == (code == "not_inferior")
    assert ("0.5 standardised points less" in said) == (code not in ("not_estimable", "withheld"))
    assert ("goes down to −1.5" in said) == (code not in ("not_estimable", "withheld"))
    assert not re.search(NEVER, said, re.I)
    assert not supporting(ssif).paragraphs


def test_the_page_promises_no_margin_that_the_plan_may_lack() -> None:
    notebook = json.loads((find_root(Path(__file__).parent) / "notebooks" / "20_impact.ipynb").read_text())
    (heading,) = (
        "".join(cell["source"])
        for cell in notebook["cells"]
        if "".join(cell["source"]).startswith("## Supporting schools")
    )
    assert "margin" not in heading


def test_dose_is_said_to_be_no_effect_and_need_stands_beside_it(ssif: Release) -> None:
    row = {"kind": "support", "need": -0.6, **figure(-4.0, -2.0, 0.0)}
    made = [row | {"measure": measure} for measure in ("between", "same_start", "within", "lagged")]
    made += [row | {"measure": "bound", "estimate": NAN, "ci_low": -2.0, "ci_high": 1.5}]
    none = {**row, "kind": "training", "measure": "between", **figure(NAN, NAN, NAN, "too few"), "need": NAN}
    shown = dose(with_tables(ssif, {}, dose=[*made, none]))
    assert isinstance(shown, Table)
    said = str(shown)
    assert "None of this is an effect" in said
    assert "correlation with the first score is −0.6" in said
    assert "need could make anything from −2.0 to 1.5 of the difference between schools" in said
    assert "as much need again that no test shows" in said
    assert "Training attended: not worked out, too few." in said
    assert [len(group.rows) for group in shown.groups] == [4, 1]
    assert not re.search(NEVER, said, re.I)
    assert not str(dose(ssif))


@pytest.mark.parametrize(
    ("need", "way"), [(-0.6, "started lower"), (0.3, "started higher"), (0.0, ""), (-0.0, ""), (NAN, "")]
)
def test_who_had_more_follows_the_correlation_as_published(ssif: Release, need: float, way: str) -> None:
    row = {"kind": "support", "measure": "between", "need": need, **figure(-4.0, -2.0, 0.0)}
    said = str(dose(with_tables(ssif, {}, dose=[row])))
    assert ("started lower had more" in said) == (way == "started lower")
    assert ("started higher had more" in said) == (way == "started higher")
    assert "greater need were given more" not in said
    assert ("correlation" in said) == (need == need)


def test_a_way_that_could_not_be_gone_is_named(ssif: Release) -> None:
    row = {"kind": "support", "need": -0.6, **figure(-4.0, -2.0, 0.0)}
    made = [row | {"measure": "between"}, {**row, **figure(NAN, NAN, NAN, "no test"), "measure": "lagged"}]
    said = str(dose(with_tables(ssif, {}, dose=made)))
    assert "given before the test in between, beside the change after it: not worked out, no test." in said


@pytest.mark.parametrize("code", ["higher", "lower", "inconclusive", "not_estimable", "withheld"])
def test_help_is_associated_and_never_a_cause(ssif: Release, code: str) -> None:
    row = {"caliper": 0.25, "n_helped": 58.0, "n_scored": NAN, "n_pairs": 40.0, **figure(-4.0, -2.5, -1.0)}
    if code in ("not_estimable", "withheld"):
        row |= {**figure(NAN, NAN, NAN), "symbol": "c" if code == "withheld" else ""}
    release = with_tables(ssif, {"helped": code}, helped=[row])
    said = str(helped(release))
    assert ("associated" in said.split(".")[0]) == (code in ("higher", "lower", "inconclusive"))
    assert ("2.5 standardised points" in said) == (code in ("higher", "lower", "inconclusive"))
    assert ("40 pairs in 12 schools" in said) == (code != "withheld")
    assert "58 pupils had help" in said or code == "withheld"
    assert "both scores" not in said, "a number that is not given"
    assert "at most 0.25 standard deviations away, the distance in the plan" in said
    assert "association and not what the help did" in said
    assert not re.search(NEVER, said, re.I)
    assert "No list of pupils" in str(helped(ssif))


def test_likeness_before_and_after(ssif: Release) -> None:
    made = [
        {"question": "helped", "characteristic": "baseline", "before": -0.8, "after": 0.1, "verdict": "adjust", "symbol": ""},
        {"question": "helped", "characteristic": "girls", "before": NAN, "after": NAN, "verdict": "withheld", "symbol": "c"},
    ]  # fmt: skip
    shown = likeness(with_tables(ssif, {}, likeness=made), "helped")
    assert isinstance(shown, Table)
    assert shown.groups[0].rows == [("Baseline", "−0.80", "0.10", "adjust"), ("Girls", "c", "c", "withheld")]
    assert "fewer than 6" in shown.notes[1]
    assert not str(likeness(ssif, "helped"))


def test_near_schools_are_counted(ssif: Release) -> None:
    row = {
        "question": "schools",
        "caliper": 1.0,
        "n_treated": 8,
        "n_comparison": 20,
        "n_pairs": 7,
        "symbol": "",
    }
    said = str(near_schools(with_tables(ssif, {}, near_schools=[row])))
    assert "8 schools taking part are compared with 20. 7 of them" in said
    assert "distance in the plan" in said
    assert not str(near_schools(ssif))


@pytest.mark.parametrize("code", ["higher", "lower", "inconclusive", "not_estimable", "withheld"])
def test_those_who_took_it_up_are_kept_apart(ssif: Release, code: str) -> None:
    row = {"kind": "training", "least": 3.0, "share": 0.75, "first_stage_f": 31.2, **figure(-4.0, -2.5, -1.0)}
    if code in ("not_estimable", "withheld"):
        row |= {**figure(NAN, NAN, NAN, "too few"), "symbol": "c" if code == "withheld" else ""}
    said = str(compliance(with_tables(ssif, {"compliance": code}, compliance=[row])))
    assert "came to sessions at least 3 times" in said
    assert "Apart from the main answer" in said
    assert ("2.5 standardised points" in said) == (code in ("higher", "lower", "inconclusive"))
    assert ("75% of pupils in schools taking part took it up" in said) == (code != "withheld")
    assert ("F is 31.2." in said) == (code != "withheld")
    weak = str(compliance(with_tables(ssif, {"compliance": code}, compliance=[row | {"first_stage_f": 8.8}])))
    assert ("counts as weak" in weak) == (code in ("higher", "lower", "inconclusive"))
    assert not re.search(NEVER, said, re.I)
    assert "(analysis: compliance)" in str(compliance(ssif))


@pytest.mark.parametrize("p", [0.03, NAN])
def test_clusters_points_conclude_nothing(ssif: Release, p: float) -> None:
    made = [
        {"cluster": "North", "estimate": 2.5, "n_schools": 3, "reason": "", "symbol": ""},
        {
            "cluster": "Coast",
            "estimate": NAN,
            "n_schools": 1,
            "reason": "fewer than two schools",
            "symbol": "",
        },
    ]
    tests = [{"question": "cluster", "p_value": p, "reason": "", "symbol": ""}]
    shown = cluster_points(with_tables(ssif, {}, cluster_points=made, joint_tests=tests))
    assert isinstance(shown, Table)
    assert shown.groups[0].rows == [("North", "2.5", "3"), ("Coast", "–", "1")]
    assert ("nothing can be concluded" in str(shown)) == (p != p)
    assert "not for one beside another" in str(shown) or p != p
    assert not re.search(NEVER, str(shown), re.I)
    assert not str(cluster_points(ssif))


def test_published_changes_year_by_year(ssif: Release) -> None:
    row = {
        "published_measure": "MATPROG",
        "variant": "as they are",
        "left_out": "others: new (3)",
        **figure(-0.5, 0.75, 2.0),
    }
    made = [
        {**row, "years": years, "period": period, "method": method}
        for years, period in (("2016/17 to 2017/18", "before"), ("2017/18 to 2018/19", "during"))
        for method in ("cr2", "placebo by size")
    ]
    made[0] |= {"reason": "It rests on one treated unit."}
    shown = published(with_tables(ssif, {}, published_change=made))
    assert isinstance(shown, Table)
    assert [group.title for group in shown.groups] == [
        "2016/17 to 2017/18, a trend from before the project",
        "2017/18 to 2018/19, during the project",
    ]
    assert shown.groups[1].rows == [("MATPROG, as they are", "0.75", "−0.50 to 2.00", "0.021", "0.042")]
    assert "can suggest a difference and not establish one" in str(shown)
    assert "new (3)" in str(shown)
    assert not re.search(NEVER, str(shown), re.I)
    assert "schools’ published figures are not compared" in str(published(ssif))


def test_schools_to_compare_with_are_named_and_no_answer_rests_on_them(ssif: Release) -> None:
    made = [
        {"name": "Ash", "chosen": "9992110", "chosen_name": "Oak", "apart": 0.1234, "years": "2021/22", "reason": "", "symbol": ""},
        {"name": "Elm", "chosen": "", "chosen_name": "", "apart": NAN, "years": "2021/22", "reason": "none is near", "symbol": ""},
    ]  # fmt: skip
    shown = chosen_schools(with_tables(ssif, {}, chosen_schools=made))
    assert isinstance(shown, Table)
    assert shown.groups[0].rows == [
        ("Ash", "Oak (9992110)", "0.12", "2021/22"),
        ("Elm", "–", "none is near", "2021/22"),
    ]
    assert "none of its answers rests on them" in str(shown)
    assert not str(chosen_schools(ssif))
