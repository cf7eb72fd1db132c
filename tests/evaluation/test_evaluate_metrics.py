from __future__ import annotations

import pytest
from pydantic import ValidationError

from callcenter.evaluation.metrics import Judgement, PartScores, calibrate, score

pytestmark = pytest.mark.unit

ORDER = ("cat", "dog", "bird", "fish")


def scored(*pairs: str) -> PartScores:
    judged = (pair.partition(">") for pair in pairs)
    return score([Judgement(gold, said, 0.5) for gold, _, said in judged], ORDER)


PETS = (*["cat>cat"] * 4, "cat>dog", *["cat>fish"] * 2, *["dog>dog"] * 2, "dog>cat", "bird>cat")
"""7 cats, 3 dogs, 1 bird; said: 6 cats, 3 dogs, 2 fish."""


def test_scores_are_those_worked_out_by_hand():
    found = scored(*PETS)
    assert found.items == 11
    assert found.accuracy == 6 / 11
    cat, dog = found.per_class["cat"], found.per_class["dog"]
    assert (cat.precision, cat.recall, cat.support) == (4 / 6, 4 / 7, 7)
    assert cat.f1 == pytest.approx(8 / 13)
    assert (dog.precision, dog.recall, dog.support) == (2 / 3, 2 / 3, 3)
    assert dog.f1 == pytest.approx(2 / 3)


def test_class_never_predicted_has_no_precision():
    bird = scored(*PETS).per_class["bird"]
    assert (bird.precision, bird.recall, bird.f1, bird.support) == (0.0, 0.0, 0.0, 1)


def test_class_only_predicted_is_shown_but_not_averaged():
    found = scored(*PETS)
    fish = found.per_class["fish"]
    assert (fish.precision, fish.recall, fish.f1, fish.support) == (0.0, 0.0, 0.0, 0)
    assert found.macro_f1 == pytest.approx((8 / 13 + 2 / 3 + 0) / 3)


def test_confusion_counts_each_pair_in_the_order_given():
    found = scored(*PETS)
    assert found.confusion == {
        "cat": {"cat": 4, "dog": 1, "fish": 2},
        "dog": {"cat": 1, "dog": 2},
        "bird": {"cat": 1},
    }
    assert list(found.confusion) == ["cat", "dog", "bird"]
    assert list(found.per_class) == list(ORDER)


@pytest.mark.parametrize(("pair", "share"), [("dog>dog", 1.0), ("dog>cat", 0.0)])
def test_one_judgement_is_all_right_or_all_wrong(pair, share):
    found = scored(pair)
    assert (found.accuracy, found.macro_f1) == (share, share)


def test_bins_hold_their_lower_edge_and_the_last_one_both():
    confidences = (0.0, 0.1, 0.29, 0.3, 0.7, 0.9, 1.0)
    found = calibrate([Judgement("cat", "cat", each) for each in confidences])
    assert [(each.from_, each.to, each.items) for each in found] == [
        (0.0, 0.1, 1),
        (0.1, 0.2, 1),
        (0.2, 0.3, 1),
        (0.3, 0.4, 1),
        (0.7, 0.8, 1),
        (0.9, 1.0, 2),
    ]


def test_a_bin_says_how_sure_and_how_right_its_verdicts_are():
    right, wrong = Judgement("cat", "cat", 0.82), Judgement("cat", "dog", 0.88)
    found = score([right, right, wrong, right, Judgement("dog", "cat", 0.4)], ORDER)
    low, high = found.calibration
    assert (low.items, low.accuracy, low.mean_confidence) == (1, 0.0, 0.4)
    assert (high.items, high.accuracy) == (4, 0.75)
    assert high.mean_confidence == pytest.approx(0.835)
    assert found.calibration_error == pytest.approx((1 * 0.4 + 4 * 0.085) / 5)


def test_a_share_above_one_can_not_be_stated():
    with pytest.raises(ValidationError):
        scored("cat>cat").model_validate({**scored("cat>cat").model_dump(), "accuracy": 1.1})


def test_bins_are_written_with_the_names_of_the_contract():
    (written,) = scored("cat>cat").model_dump(by_alias=True)["calibration"]
    assert written == {"from": 0.5, "to": 0.6, "items": 1, "accuracy": 1.0, "mean_confidence": 0.5}
