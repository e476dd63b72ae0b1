"""Errors of the service.

ServiceError               ``exit_code`` for the command line, ``status`` for REST
├── ConfigError            the YAML or the environment is wrong: file, line, what to write instead
├── NotFoundError          no such account, run, proposal or line
├── ConflictError          the state does not allow it, or the reader saw an older version
│   └── SecondPersonError  it is one's own, and somebody else has to approve it
├── StaleDataError         the freshness gate: yesterday is missing or implausible
├── RunInProgressError     another process holds the run's lease
│   └── EndingError        this process was asked to end: the next start goes on
├── ReviewFailedError      the optimizer's model does not fit the data: bids stay
├── InputError             what a person asked for is malformed or outside the limits
│   └── VouchingError      what the log-in provider says of somebody cannot be believed
│       └── ProviderDownError  the log-in provider does not answer, or not as a provider does
├── ProofError             the audit record is not what was written
└── StoreError             the database cannot be reached or is not migrated
    └── StoreBusyError     others use all of it: the same may go well a little later

Every message says what is wrong, where, and what a person can do about it.
"""

from __future__ import annotations

from typing import Self

from service.refusals import REFUSALS


class ServiceError(Exception):
    """Anything the service could not do, told so that a person can act on it.

    ``zh`` is the message in Chinese; None for one that only whoever runs the server meets.
    """

    exit_code = 1
    status = 500
    zh: str | None = None

    @classmethod
    def of(cls, code: str, **values: object) -> Self:
        """The error that the catalogue of refusals has under ``code``, in both languages."""
        zh, en = REFUSALS[code]
        error = cls(en.format(**values))
        error.zh = zh.format(**values)
        return error


class ConfigError(ServiceError):
    """The configuration is wrong: names file, line and what to write instead."""

    exit_code = 2


class NotFoundError(ServiceError):
    """No such thing."""

    exit_code = 3
    status = 404


class ConflictError(ServiceError):
    """The present state does not allow the action, or it changed since it was read."""

    exit_code = 4
    status = 409


class SecondPersonError(ConflictError):
    """Nobody approves what is their own: somebody else has to."""


class StaleDataError(ServiceError):
    """The freshness gate refused the pulled data."""

    exit_code = 5
    status = 409


class RunInProgressError(ServiceError):
    """Another process is working on this night."""

    exit_code = 6
    status = 409


class EndingError(RunInProgressError):
    """This process was asked to end, and has left what it was at to whoever comes next."""

    status = 503


class StoreError(ServiceError):
    """The database cannot be used."""

    exit_code = 7
    status = 503


class StoreBusyError(StoreError):
    """Others use all of the database at this moment; the same may go well in ``retry_seconds``."""

    retry_seconds = 5


class InputError(ServiceError):
    """What a person asked for is malformed or outside the limits: names the field and what is allowed."""

    exit_code = 8
    status = 422


class ReviewFailedError(ServiceError):
    """The optimizer's own checks say that its model does not fit the data: bids stay."""

    exit_code = 12
    status = 409


class ProofError(ServiceError):
    """The audit record is not what was written: events altered, missing or in another place."""

    exit_code = 13


class VouchingError(InputError):
    """What the log-in provider says of somebody cannot be believed; nobody enters by it."""

    status = 401


class ProviderDownError(VouchingError):
    """The log-in provider does not answer, or not as a provider does."""

    status = 503
