"""Errors of the connectors.

ConnectorError
├── RetryableError         the same call may succeed later; ``wait_seconds`` says when
│   └── QuotaError         the day's calls are used up; nothing more today
├── UnknownOutcomeError    a write was sent and no answer came back: it may or may not have happened
└── PermanentError         the same call will fail again until somebody changes something
    ├── AuthorisationError the shop must be authorised again by a person
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


class QuotaError(RetryableError):
    """The day's calls are used up; ``wait_seconds`` reaches to the platform's next day."""


class UnknownOutcomeError(ConnectorError):
    """A write was sent and no answer came back; only reading can tell whether it took effect."""


class PermanentError(ConnectorError):
    """The same call fails again until somebody changes something."""


class AuthorisationError(PermanentError):
    """The shop's session is missing, invalid or expired: a person must authorise it again."""


class SourceError(PermanentError):
    """A file or folder that cannot be read at all."""


class UnsupportedError(PermanentError):
    """An operation this connector does not offer."""
