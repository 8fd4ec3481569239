"""Pupil numbers that change: the former number beside the new one."""

from link_rows import OAK, linked, person, rows, whom

ADA, BEN, CAM = "H801200001001", "A950000178301", "C999000000001"


def test_a_new_number_with_the_former_beside_it_is_the_same_pupil() -> None:
    before = rows(
        "roll", person("Okonkwo, Ada", "2015-05-13", upn=ADA), person("Lee, Ben", "2015-01-02", upn=BEN)
    )
    after = rows("roll_summer", person("Okafor, Ada", "2015-05-13", upn=CAM, former_upn=ADA, school=OAK))
    result = linked(
        [before, after], [rows("marks", person(", ", None, upn=ADA), person(", ", None, upn=CAM))]
    )
    assert whom(result) == [0, 0]
    assert result.pupils["pupil"].nunique() == 2
    alone = linked([before], [rows("marks", person(", ", None, upn=ADA))])
    assert alone.pupils["pupil"].tolist() == result.pupils["pupil"].tolist()[:2], (
        "a later wave changed an earlier key"
    )


def test_a_score_row_may_know_the_former_number_only() -> None:
    roll = rows(
        "roll", person("Okonkwo, Ada", "2015-05-13", upn=ADA), person("Lee, Ben", "2015-01-02", upn=BEN)
    )
    result = linked([roll], [rows("marks", person(", ", None, upn=CAM, former_upn=ADA))])
    assert whom(result) == [0]
    assert result.scores["linked_by"].tolist() == ["former_upn"]


def test_a_former_number_of_somebody_listed_beside_is_not_believed() -> None:
    roll = rows(
        "roll",
        person("Okonkwo, Ada", "2015-05-13", upn=ADA),
        person("Lee, Ben", "2015-01-02", upn=BEN, former_upn=ADA),
    )
    result = linked([roll], [rows("marks", *(person(", ", None, upn=upn) for upn in (BEN, ADA)))])
    assert whom(result) == [1, 0]
    assert "former pupil number" in result.review["reason"].item()


def test_numbers_that_follow_one_another_are_one_pupil() -> None:
    result = linked(
        [
            rows("roll", person("Okonkwo, Ada", "2015-05-13", upn=BEN, former_upn=ADA)),
            rows("roll_summer", person("Okonkwo, Ada", "2015-05-13", upn=CAM, former_upn=BEN)),
        ],
        [rows("marks", *(person(", ", None, upn=upn) for upn in (ADA, BEN, CAM)))],
    )
    assert whom(result) == [0, 0, 0]
