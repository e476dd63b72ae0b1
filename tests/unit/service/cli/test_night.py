"""What is said of a night that was decided again."""

from dataclasses import replace

from service.cli.night import _differing
from service.replay import Replay

AGAIN = Replay(
    run_id="r1",
    proposal_id="p1",
    same=False,
    inputs_same=True,
    stored_hash="a",
    replayed_hash="b",
    code_then="1",
    code_now="1",
    differences=("k1 裙: was 60 hold_noise, is 70 raise_marginal_return",),
)


def test_another_decision_is_told_word_by_word():
    said = _differing(AGAIN)
    assert "does not repeat itself (the code is the same; the inputs are the same)" in said
    assert "k1 裙: was 60 hold_noise" in said


def test_the_same_decision_from_other_inputs_is_no_proof():
    said = _differing(replace(AGAIN, same=True, inputs_same=False, code_now="2", differences=()))
    assert "decides the same, but not from the inputs that it was given" in said
    assert "decided by 1, replayed by 2" in said
