"""The one table from the house's errors to HTTP, and the one shape of an error: ``{error: {code, message, hint}}``."""

from __future__ import annotations

import logging

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hameau.kit import (
    N_,
    BadInput,
    Busy,
    Cancelled,
    Conflict,
    Corrupt,
    HameauError,
    Missing,
    NotEnough,
    NotFound,
    Refused,
    Unavailable,
    explain,
)

log = logging.getLogger(__name__)

STATUS: dict[type[HameauError], int] = {
    BadInput: 400,
    Refused: 403,
    NotFound: 404,
    Conflict: 409,
    Corrupt: 422,
    Cancelled: 499,
    HameauError: 500,
    Busy: 429,
    Missing: 503,
    Unavailable: 503,
    NotEnough: 507,
}


class TooLarge(BadInput):
    """That is more than this can take at once."""

    code = "too_large"


class BadShape(BadInput):
    """The request does not have the expected form."""

    code = "bad_shape"


class WrongMethod(BadInput):
    """This address does not take that kind of request."""

    code = "wrong_method"


class NoKey(Refused):
    """A key is needed, and none came."""

    code = "no_key"


class WrongKey(Refused):
    """What came is no key, or no more."""

    code = "wrong_key"


class TooManyTries(Unavailable):
    """Too many wrong keys came from the same place."""

    code = "too_many_tries"


STATUS |= {TooLarge: 413, BadShape: 422, WrongMethod: 405, NoKey: 401, WrongKey: 401, TooManyTries: 429}


class Fault(msgspec.Struct, frozen=True):
    """What went wrong, for a person: ``message`` says what happened, ``hint`` what to do; ``code`` is for programs."""

    code: str
    message: str
    hint: str


class Failure(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: Fault


def status_of(error: HameauError) -> int:
    """The HTTP status of ``error``: that of its nearest listed class."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def failure_of(error: HameauError, language: str) -> Failure:
    """``error`` in the reader's language."""
    message, hint = explain(error, language)
    return Failure(Fault(error.code, message, hint))


def known(error: Exception) -> HameauError:
    """``error`` as one of ours. What nobody foresaw is written to the log, and the reader is spared its insides."""
    if isinstance(error, HameauError):
        return error
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, ClientDisconnect):  # nobody is there to read this
        return Cancelled()
    log.error("unforeseen error while answering a request", exc_info=error)
    return HameauError(
        N_("Something went wrong inside Hameau."),
        hint=N_("Try again. If it happens again, the terminal where Hameau runs says more."),
    )


def _of_http(error: HTTPException) -> HameauError:
    if error.status_code == 404:
        return NotFound(
            N_("There is nothing at this address."), hint=N_("Check the address, or start from the first page.")
        )
    if error.status_code == 405:
        return WrongMethod(N_("This address does not take that kind of request."), hint=N_("See /api/v1/openapi.json."))
    if error.status_code == 413:
        return TooLarge(N_("That is more than this can take at once."), hint=N_("Send less at a time."))
    return BadShape(N_("The request does not have the expected form."), hint=N_("See /api/v1/openapi.json."))
