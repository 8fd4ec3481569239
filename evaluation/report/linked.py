"""Whose records they are, for the data quality pages: what linked them, who moved, and of whom the files say both."""

from evaluation.report import numerals as write
from evaluation.report.items import NOTHING, Group, Prose, Table
from evaluation.report.load import Quality
from evaluation.report.quality import file_place, row_numbers

WAYS = {
    "By number": ("upn", "former_upn", "pupil_id"),
    "By name": ("name_dob",),
    "Otherwise": ("probable", "decision"),
}
EVIDENCE = {
    "spells": "the spells of free meals",
    "disadvantaged": "the pupil list",
    "fsm6": "the mark of free meals in six years",
    "fsm": "the mark of free meals now",
    "premium": "the mark of pupil premium",
    "looked_after": "the mark of being looked after",
}
ANSWERS = {"1": "yes", "0": "no"}


def linkage(found: Quality) -> Table | Prose:
    """The rows of each file: how many were accepted, linked and how, and not linked; then the pupils analysed."""
    table = found.linkage
    of_files = table[table["stage"] != "analysed"]
    if of_files.empty:
        return NOTHING
    files = {source.name: source.path for source in found.study.sources}
    lines = []
    for source, rows in of_files.groupby("source", sort=False):
        number = rows.groupby("stage")["n"].sum().reindex(["accepted", "linked"], fill_value=0)
        by_way = rows[rows["stage"] == "linked"].groupby("linked_by")["n"].sum()
        ways = [by_way[by_way.index.isin(names)].sum() for names in WAYS.values()]
        counts = [number["accepted"], *ways, number["accepted"] - number["linked"]]
        lines.append((files.get(str(source), str(source)), *(write.count(int(n)) for n in counts)))
    analysed = int(table.loc[table["stage"] == "analysed", "n"].sum())
    columns = ("File", "Rows", *WAYS, "Not linked")
    notes = [
        "By name: by both names and date of birth, at the school. Otherwise: as probable, or as a person decided. "
        f"Pupils in the headline model: {write.count(analysed)}."
    ]
    caption = "How the accepted rows of each file were linked to a listed pupil"
    return Table(caption, columns, [Group("", lines)], (), notes, "Whose records they are", minor=False)


def moves(found: Quality) -> Table | Prose:
    """How many pupils moved, from which school to which, between which waves."""
    if found.moves.empty:
        return NOTHING
    waves = {wave.name: wave.title for wave in found.study.waves}
    by = ["from_school", "to_school", "from_wave", "to_wave", "kind"]
    counts = found.moves.groupby(by, sort=False).size().reset_index(name="n")
    lines = [
        (
            f"{found.called(item['from_school'])} to {found.called(item['to_school'])}",
            f"{waves[item['from_wave']]} to {waves[item['to_wave']]}",
            write.capital(item["kind"]),
            write.count(item["n"]),
        )
        for item in counts.to_dict("records")
    ]
    columns = ("From and to", "Between", "Kind", "Pupils")
    caption = "Pupils listed at one school and then at another; they are analysed at the first"
    return Table(
        caption, columns, [Group("", lines)], ("Between", "Kind"), (), "Pupils who moved", minor=False
    )


def conflicts(found: Quality) -> Table | Prose:
    """Pupils of whom one piece of evidence says that they are disadvantaged and another that they are not."""
    if found.conflicts.empty:
        return NOTHING
    by = ["school", "file", "sheet", "sources", "values", "used"]
    said = found.conflicts.groupby(by, sort=False)["row"].agg(row_numbers).reset_index()
    groups = [
        Group(
            found.called(str(school)),
            [
                (
                    _both(item["sources"], item["values"]),
                    f"{file_place(item)}, {item['row']}",
                    write.capital(EVIDENCE[item["used"]]),
                )
                for item in rows.to_dict("records")
            ],
        )
        for school, rows in said.groupby("school", sort=False)
    ]
    columns = ("What the files say", "Where the pupils are listed", "What is used")
    caption = "Pupils of whom the files say both; the evidence that the study file names first is used"
    return Table(caption, columns, groups, columns[1:], (), "Disadvantaged or not", minor=False)


def _both(sources: str, values: str) -> str:
    """No by one, yes by the other: a sentence."""
    pairs = zip(sources.split(", "), values.split(", "), strict=True)
    return (
        write.capital(", ".join(f"{ANSWERS[value]} by {EVIDENCE[source]}" for source, value in pairs)) + "."
    )
