"""A locked plan: nothing of it changes unseen, and nothing but it counts."""

import json
from datetime import date
from pathlib import Path

import pytest

from evaluation.errors import StudyError
from evaluation.study import Study, fixed_margin, load_study, lock_plan, registration
from evaluation.study.lock import Deviation, _digest, deviations, lock_path, read_lock

STAR = (Path(__file__).parents[2] / "params" / "star.yml").read_text()
DAY = date(1985, 9, 1)
FORMULA = 'formula: "maths ~ small + aide + (1 | school/class)"'


def study(root: Path, *changes: tuple[str, str]) -> Study:
    text = STAR
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (root / "params").mkdir(exist_ok=True)
    (root / "params" / "star.yml").write_text(text)
    return load_study("star", root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lock_plan(study(tmp_path), tmp_path, DAY)
    return tmp_path


def changed(root: Path, *changes: tuple[str, str]) -> tuple[Deviation, ...]:
    lock = read_lock(study(root), root)
    assert lock is not None
    return deviations(study(root, *changes), lock)


def test_a_plan_as_it_was_locked_has_no_deviations_and_keeps_its_day(root: Path) -> None:
    before = lock_path(study(root), root).read_bytes()
    assert lock_plan(study(root), root, date(1990, 1, 1)).day == DAY
    assert lock_path(study(root), root).read_bytes() == before
    assert changed(root) == ()


FORMULA_CHANGED = ("analysis.models.headline.formula", "(1 | school/class)", "(1 | school)")


@pytest.mark.parametrize(
    ("old", "new", "part", "was", "now"),
    [
        (FORMULA, FORMULA.replace("school/class", "school"), *FORMULA_CHANGED),
        ("maximum: 700", "maximum: 690", "instruments.sat_maths.maximum", "700", "690"),
        ('values: ["reg",', 'values: ["regular",', "attributes.class_type.values", "reg, small", "regular, small"),
        ('equals: "small"', 'equals: "reg"', "analysis.indicators.small.equals", "small", "reg"),
        ("comparison:\n  kind: randomised", "comparison:\n  kind: matched", "comparison.kind", "randomised", "matched"),
        ("date: 1986-05-01", "date: 1986-06-01", "waves.spring.date", "1986-05-01", "1986-06-01"),
        ("disadvantaged: free_lunch", "disadvantaged: lunch", "sources.pupils.columns.disadvantaged", "free_lunch", "lunch"),
        ("score: math\n", "score: read\n", "sources.maths.columns.score", "math", "read"),
        ("sex: sex", "sex: gender", "sources.pupils.columns.sex", "sex", "gender"),
        ("seed: 1985", "linkage: {link_at: 0.95}\nseed: 1985", "linkage.link_at", "0.9", "0.95"),
    ],
)  # fmt: skip
def test_one_change_is_one_deviation_with_both_values(
    root: Path, old: str, new: str, part: str, was: str, now: str
) -> None:
    (found,) = changed(root, (old, new))
    assert found.part == part
    assert was in found.was
    assert now in found.is_now
    assert found.reason == ""


ADDED = (
    "seed: 1985",
    """seed: 1985
project: {first: 1985-09-01, last: 1986-06-30}
schools: {path: schools.csv, columns: {school: id, role: Role, name: Name}}
published: [{name: tables, kind: ks2, year: 2018/19, path: ks2.csv}]""",
)


def test_dates_of_the_project_who_is_treated_and_published_tables_are_part_of_the_plan(root: Path) -> None:
    found = {item.part: item.is_now for item in changed(root, ADDED)}
    assert (found["project.first"], found["project.last"]) == ("1985-09-01", "1986-06-30")
    assert found["schools.columns.role"] == "Role"
    assert found["published.tables.year"] == "2018/19"
    assert not [part for part in found if "path" in part or part == "schools.columns.name"]


def test_a_lock_without_them_is_read_and_they_are_not_registered(root: Path) -> None:
    """As locks were before: fewer parts, and titles among them."""
    path = lock_path(study(root), root)
    older = json.loads(path.read_text())
    for name in ("project", "schools", "sources", "published"):
        del older["plan"][name]
    older["plan"]["waves"][0]["title"] = "Spring"
    older["plan"]["analysis"]["indicators"]["small"]["label"] = "small"
    older["sha256"] = _digest(older["plan"])
    path.write_text(json.dumps(older))
    told = registration(study(root, ADDED, ("score: math\n", "score: read\n")), root)
    assert told["deviations"] == []
    assert told["unregistered"] == ["project", "schools", "sources", "published"]
    assert changed(root, ("maximum: 700", "maximum: 690"))[0].part == "instruments.sat_maths.maximum"


def test_what_comes_and_what_goes_is_named(root: Path) -> None:
    found = changed(root, ("    gap:\n", "    gap_alike:\n"), ("year_groups: [", 'year_groups: ["1", '))
    inside = ("formula", "term", "beside")
    gone, come = (
        {item.part for item in found if getattr(item, side) == "none"} for side in ("is_now", "was")
    )
    assert gone == {f"analysis.models.gap.{what}" for what in inside}
    assert come == {f"analysis.models.gap_alike.{what}" for what in inside}
    assert next(item for item in found if item.part == "year_groups").is_now == "1, K"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title: "Project STAR: small classes in kindergarten"', 'title: "STAR"'),
        ("public: {minimum_cell: 10}", "public: {minimum_cell: 12}"),
        (
            'path: star_kindergarten.csv\n    wave: spring\n    year_group: "K"\n    instrument',
            'path: maths.csv\n    wave: spring\n    year_group: "K"\n    instrument',
        ),
        ("pupil_id: pupil", "pupil_id: number"),
        ('title: "End of kindergarten, spring 1986"', 'title: "Spring"'),
        ('title: "Type of class allocated"', 'title: "Class"'),
        ('title: "Mathematics at the end of kindergarten"', 'title: "Mathematics"'),
        ('title: "Small class against regular class"', 'title: "Small classes"'),
        ('title: "with free lunch"', 'title: "with lunch"'),
        ('label: "small class"', 'label: "small"'),
        ('group: "pupils in regular classes with an aide"', 'group: "aide"'),
        ('treated: "pupils in small classes"', 'treated: "pupils in classes of 13 to 17"'),
    ],
)
def test_what_is_no_part_of_the_plan_may_change(root: Path, old: str, new: str) -> None:
    assert changed(root, (old, new)) == ()


def test_a_reason_is_told_and_one_for_nothing_is_refused(root: Path) -> None:
    edit = (FORMULA, FORMULA.replace("school/class", "school"))
    reason = 'deviations: {analysis.models.headline.formula: "classes were not recorded"}\n\nanalysis:'
    (found,) = changed(root, edit, ("\nanalysis:", f"\n{reason}"))
    assert found.reason == "classes were not recorded"
    with pytest.raises(StudyError, match=r"headline\.formula.* as it was locked, .*Changed since: nothing"):
        changed(root, ("\nanalysis:", f"\n{reason}"))
    (root / "params" / "star.lock.json").unlink()
    with pytest.raises(StudyError, match="not locked"):
        registration(study(root, edit, ("\nanalysis:", f"\n{reason}")), root)


def test_a_changed_plan_is_not_locked_again(root: Path) -> None:
    later = study(root, ("maximum: 700", "maximum: 690"))
    with pytest.raises(StudyError, match=r"locked on 1985-09-01 .*instruments\.sat_maths\.maximum"):
        lock_plan(later, root, date(1990, 1, 1))


@pytest.mark.parametrize("harm", ["plan", "study", "cut"])
def test_a_lock_that_was_edited_is_refused(root: Path, harm: str) -> None:
    path = lock_path(study(root), root)
    content = json.loads(path.read_text())
    if harm == "plan":
        content["plan"]["instruments"][0]["maximum"] = 690
    elif harm == "study":
        content["study"] = "other"
    path.write_text(json.dumps(content)[: -5 if harm == "cut" else None])
    with pytest.raises(StudyError, match=r"star\.lock\.json is not as"):
        read_lock(study(root), root)


def test_what_a_release_is_told(root: Path) -> None:
    told = registration(study(root), root)
    assert told["locked"] == "1985-09-01"
    assert told["after_outcome"] is False
    assert told["deviations"] == []
    lock_path(study(root), root).unlink()
    assert registration(study(root), root) == {}
    lock_plan(study(root), root, date(1986, 5, 2))
    assert registration(study(root), root)["after_outcome"] is True


def test_the_shipped_studies_are_as_they_were_locked() -> None:
    here = Path(__file__).parents[2]
    for name in ("star", "ssif_maths"):
        assert registration(load_study(name, here), here)["deviations"] == []


def test_a_margin_counts_only_where_it_was_locked_before_the_outcome_and_stands(tmp_path: Path) -> None:
    margin, other = (("\nanalysis:\n", f"\nanalysis:\n  margin: {value}\n") for value in (2.5, 3))

    def counted(*changes: tuple[str, str]) -> float | None:
        plan = study(tmp_path, *changes)
        return fixed_margin(plan, registration(plan, tmp_path))

    assert counted(margin) is None
    lock_plan(study(tmp_path, margin), tmp_path, date(1986, 5, 2))
    assert counted(margin) is None
    lock_path(study(tmp_path), tmp_path).unlink()
    lock_plan(study(tmp_path, margin), tmp_path, DAY)
    assert counted(margin) == 2.5
    assert counted(other) is None
    assert counted() is None
    assert counted(margin, (FORMULA, FORMULA.replace("school/class", "school"))) == 2.5
