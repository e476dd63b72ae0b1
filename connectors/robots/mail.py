"""One message by e-mail, one attempt."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Literal

from connectors.robots.message import Delivery, Message
from connectors.robots.replies import MINUTE

SECONDS: Final = 20.0
LATER: Final = range(400, 500)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Letterbox:
    """A mail server and who writes to whom. Without ``user`` nobody logs in."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    sender: str
    to: tuple[str, ...]
    user: str | None = None
    password: str | None = None
    seconds: float = SECONDS

    def __repr__(self) -> str:
        return f"Letterbox({self.host}:{self.port})"


def send_mail(box: Letterbox, message: Message, identity: str) -> Delivery:
    """Send ``message`` once; ``identity`` becomes its Message-ID, so that copies are one. Never raises.

    Before the text has left a fault is ``again`` or ``failed``, afterwards ``unknown``.
    """
    try:
        server = _opened(box)
    except (OSError, smtplib.SMTPException) as error:
        return _before(error)
    try:
        if box.user and box.password:
            server.login(box.user, box.password)
    except (OSError, smtplib.SMTPException) as error:
        server.close()
        return _before(error)
    try:
        server.send_message(_letter(box, message, identity), box.sender, list(box.to))
    except (OSError, smtplib.SMTPException) as error:
        return _after(error)
    finally:
        server.close()
    return Delivery(state="sent")


def _before(error: Exception) -> Delivery:
    """A fault before the text has left: nothing was taken."""
    if isinstance(error, smtplib.SMTPResponseException):
        what = (
            "the log-in" if isinstance(error, smtplib.SMTPAuthenticationError) else "the greeting"
        )
        return _answered(error.smtp_code, what)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Delivery(state="failed", cause="it does not offer the security or log-in asked for")
    if isinstance(error, ssl.SSLError):
        return Delivery(state="failed", cause="its certificate or encryption is not accepted")
    cause = f"it cannot be reached ({type(error).__name__})"
    return Delivery(state="again", cause=cause, wait_seconds=MINUTE)


def _after(error: Exception) -> Delivery:
    """A fault while the text left: only an answer says that it was not taken."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _answered(max(code for code, _ in error.recipients.values()), "every recipient")
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, "the message")
    return Delivery(state="unknown", cause=f"no answer came ({type(error).__name__})")


def _opened(box: Letterbox) -> smtplib.SMTP:
    trust = ssl.create_default_context()
    if box.security == "tls":
        return smtplib.SMTP_SSL(box.host, box.port, timeout=box.seconds, context=trust)
    server = smtplib.SMTP(box.host, box.port, timeout=box.seconds)
    if box.security == "starttls":
        try:
            server.starttls(context=trust)
        except BaseException:
            server.close()
            raise
    return server


def _letter(box: Letterbox, message: Message, identity: str) -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = " ".join(message.title.split())
    letter["From"], letter["To"] = box.sender, ", ".join(box.to)
    letter["Message-ID"] = f"<{identity}@kaiche.invalid>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text, cte="base64")
    return letter


def _answered(code: int, what: str) -> Delivery:
    cause = f"it refuses {what} ({code})"
    if code in LATER:
        return Delivery(state="again", cause=cause, wait_seconds=MINUTE)
    return Delivery(state="failed", cause=cause)
