"""Errors of the connectors.

ConnectorError
├── RetryableError         the same call may succeed later; ``wait_seconds`` says when
│   ├── TransportError     no usable answer came: cut off, not HTTP 200, not the protocol's JSON
│   └── QuotaError         the day's calls are used up; nothing more today
├── UnknownOutcomeError    a write was sent and no answer came back: it may or may not have happened
└── PermanentError         the same call will fail again until somebody changes something
    ├── AuthorisationError the shop must be authorised again by a person
    ├── ClockError         the platform refuses our time even after it was corrected
    ├── AnswerError        the answer came and lacks what the protocol promises
    ├── ForeignKeywordError a call names a keyword that is not the shop's
    ├── GoneError          the campaign or adgroup of a call no longer exists
    ├── SourceError        a file or folder cannot be read at all
    └── UnsupportedError   this connector cannot do that (reports have no write half)

Every message says what is wrong, where, and what a person can do about it.
"""


class ConnectorError(Exception):
    """Anything a connector could not do."""


class RetryableError(ConnectorError):
    """The same call may succeed after ``wait_seconds``."""

    def __init__(self, message: str, *, wait_seconds: float) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class TransportError(RetryableError):
    """No usable answer came; the call itself may be right."""


class QuotaError(RetryableError):
    """The day's calls are used up; ``wait_seconds`` reaches to the platform's next day."""


class UnknownOutcomeError(ConnectorError):
    """A write was sent and no answer came back; only reading can tell whether it took effect."""


class PermanentError(ConnectorError):
    """The same call fails again until somebody changes something."""


class AuthorisationError(PermanentError):
    """The shop's session is missing, invalid or expired: a person must authorise it again."""


class ClockError(PermanentError):
    """The platform refuses the time of our calls: this machine's clock is wrong."""


class AnswerError(PermanentError):
    """An answer that lacks what the protocol promises."""


class ForeignKeywordError(PermanentError):
    """A call names a keyword that the platform does not count among the shop's; nothing was done."""


class GoneError(PermanentError):
    """The campaign or adgroup of a call no longer exists."""


class SourceError(PermanentError):
    """A file or folder that cannot be read at all."""


class UnsupportedError(PermanentError):
    """An operation this connector does not offer."""
