"""Channels: a webhook that takes JSON, and e-mail. Neither says a secret, nor more of an address than its host."""

import json
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Protocol
from urllib.parse import urlsplit

from storecast.errors import NotSentError
from storecast.notify.settings import EmailSettings, NotifySettings, WebhookSettings

PAUSES = (1.0, 5.0)  # seconds between tries
Notice = Mapping[str, Any]


class Channel(Protocol):
    """A way to tell people."""

    @property
    def name(self) -> str:
        """Webhook or email."""

    @property
    def target(self) -> str:
        """Where it goes, without a secret."""

    def send(self, notice: Notice) -> None:
        """Send a notice once; an OSError or a NotSentError where it is not taken."""


def channels_of(settings: NotifySettings) -> list[Channel]:
    """Return the channels that are set."""
    channels: list[Channel] = []
    if settings.webhook is not None:
        channels.append(Webhook(settings.webhook))
    if settings.email is not None:
        channels.append(Email(settings.email))
    return channels


def send(channel: Channel, notice: Notice) -> None:
    """Send a notice; it is tried three times within seconds.

    Raises
    ------
    NotSentError
        where it is not taken
    """
    for pause in (*PAUSES, None):
        try:
            channel.send(notice)
        except (OSError, NotSentError, smtplib.SMTPException) as error:
            if pause is None:
                raise NotSentError(
                    f"What there is to tell could not be sent by {channel.name} to {channel.target}: {_reason(error)}. "
                    "It is sent with the next job; check [notify]."
                ) from error
            time.sleep(pause)
        else:
            return


@dataclass(frozen=True)
class Webhook:
    """Posts a notice as JSON; its field `text` is what chats show."""

    settings: WebhookSettings
    name: str = "webhook"

    @property
    def target(self) -> str:
        """The host."""
        return str(urlsplit(self.settings.url).hostname)

    def send(self, notice: Notice) -> None:
        """Send a notice once.

        Raises
        ------
        NotSentError
            where the answer is no 2xx
        """
        headers = {"Content-Type": "application/json", "User-Agent": "storecast"}
        if self.settings.token:
            headers["Authorization"] = f"Bearer {self.settings.token}"
        body = json.dumps(notice).encode()
        request = urllib.request.Request(self.settings.url, body, headers, method="POST")  # noqa: S310 - checked when read
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(None if self.settings.url.startswith("https") else {}),
            urllib.request.HTTPSHandler(context=_tls(self.settings.ca_file)),
            _NoRedirect,
        )
        try:
            opener.open(request, timeout=self.settings.timeout).close()
        except urllib.error.HTTPError as error:
            error.close()
            raise NotSentError(f"it answered {error.code}") from error


@dataclass(frozen=True)
class Email:
    """Sends a notice as plain text."""

    settings: EmailSettings
    name: str = "email"

    @property
    def target(self) -> str:
        """The mail server."""
        return self.settings.host

    def send(self, notice: Notice) -> None:
        """Send a notice once.

        Raises
        ------
        NotSentError
            where some of the addresses are refused
        """
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = notice["subject"], self.settings.sender, ", ".join(self.settings.to)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(notice["text"])
        with self._connect() as server:
            if self.settings.user:
                server.login(self.settings.user, self.settings.password)
            refused = server.send_message(mail)
        if refused:
            raise NotSentError(f"it refused {', '.join(refused)}")

    def _connect(self) -> smtplib.SMTP:
        host, port, timeout = self.settings.host, self.settings.port, self.settings.timeout
        if self.settings.tls == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=_tls(self.settings.ca_file))
        server = smtplib.SMTP(host, port, timeout=timeout)
        if self.settings.tls == "starttls":
            try:
                server.starttls(context=_tls(self.settings.ca_file))
            except BaseException:
                server.close()
                raise
        return server


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token elsewhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def _tls(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)


def _reason(error: Exception) -> str:
    """Return why something was not sent, in a few words without an address or a secret."""
    if isinstance(error, NotSentError):
        return str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"it refused {', '.join(error.recipients)}"
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
    return str(reason).rstrip(".")
