"""Codes that are stored, in the words of the people who read them."""

from __future__ import annotations

from service.cli.speech import Speech
from service.reading.words import OUTCOMES, REASONS, STATES, WAITING


def outcome_words(code: str, speech: Speech) -> str:
    """What became of a bid, in words."""
    zh, en = OUTCOMES.get(code, (code, code))
    return speech(zh, en)


def waiting_words(code: str, speech: Speech) -> str:
    """Why a bid waits or stays, in words."""
    zh, en = WAITING.get(code, (code, code.replace("_", " ")))
    return speech(zh, en)


def reason_words(code: str, speech: Speech) -> str:
    """A reason code in words; one that is not known here stands for itself."""
    zh, en = REASONS.get(code, (code, code.replace("_", " ")))
    return speech(zh, en)


def state_words(code: str, speech: Speech) -> str:
    """A state in words."""
    zh, en = STATES.get(code, (code, code.replace("_", " ")))
    return speech(zh, en)
