"""Mail: goes out by SMTP and is never answered to us, so nobody counts as told by it."""

import hashlib
import logging
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import aiosmtplib
from aiosmtplib import errors

from bot.channels.base import CONFIG_RETRY_AFTER, Abilities, Outgoing, Receipt, SendFailed
from bot.channels.cutting import cut, cut_characters
from bot.clock import Clock
from bot.rules.calendar.zone import SHANGHAI
from settings import Mail

log = logging.getLogger(__name__)

TEXT_BYTES = 20_000
SUBJECT_CHARACTERS = 60
LEAVE_SECONDS = 2
NO_SUCH_ADDRESS = (550, 551, 553)
TLS_WORD = {"implicit": "直接加密（通常465端口）", "starttls": "STARTTLS（通常587端口）", "none": "不加密"}
ADDRESS = re.compile(r"[^\s@<>,;:\"\\]+@[^\s@<>,;:\"\\]+")


class MailChannel:
    """A connection for each message; the Message-ID comes from the message, so a second copy can be told."""

    name = "mail"
    # People answer a mailbox, not us, so what goes out here never counts as told.
    abilities = Abilities(two_way=False, tells_doubles=False, attachments=True, text_bytes=TEXT_BYTES)

    def __init__(self, settings: Mail, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._context = ssl.create_default_context(cafile=settings.ca_file) if settings.tls != "none" else None

    async def send(self, message: Outgoing) -> Receipt:
        """Hand the message to the mail server."""
        if fault := self.fault_of(message.address):
            raise SendFailed(fault, permanent=True)
        mail, client = self._worded(message), await self._connected()
        failure = await self._handed_over(client, mail, message.address)
        await _leave(client)
        if failure is not None:
            # Raised here and not where it was met: the server's own words may hold address and password.
            raise failure
        return Receipt(provider_id=str(mail["Message-ID"]))

    def fault_of(self, address: str) -> str:
        """Tell whether it can be a mailbox."""
        return "" if ADDRESS.fullmatch(address) and address.isascii() else "邮箱地址不对"

    async def check(self) -> Sequence[str]:
        """Connect and sign in."""
        try:
            client = await self._connected()
        except SendFailed as failure:
            return [failure.reason]
        await _leave(client)
        return ()

    async def close(self) -> None:
        """Nothing stays open."""

    @property
    def _sender(self) -> str:
        return parseaddr(self._settings.sender)[1]

    async def _connected(self) -> aiosmtplib.SMTP:
        """Connect and sign in; nothing has gone out when this fails."""
        given = self._settings
        client = aiosmtplib.SMTP(
            hostname=given.host,
            port=given.port,
            use_tls=given.tls == "implicit",
            start_tls=given.tls == "starttls",
            tls_context=self._context,
            timeout=given.timeout_seconds,
        )
        failure = None
        try:
            await client.connect()
            if given.user:
                await client.login(given.user, given.password.get_secret_value() if given.password else "")
        except (errors.SMTPException, OSError, UnicodeError) as error:  # the last for a host that is no name
            client.close()
            failure = self._not_connected(error)
        if failure is not None:
            raise failure
        return client

    async def _handed_over(self, client: aiosmtplib.SMTP, mail: EmailMessage, address: str) -> SendFailed | None:
        try:
            await client.ehlo()
            await client.mail(self._sender)
            await client.rcpt(address)
        except (errors.SMTPException, OSError) as error:
            return _refused(error) or SendFailed("邮件服务器没有回应")
        try:
            await client.data(mail.as_bytes())
        except (errors.SMTPException, OSError) as error:
            return _refused(error) or SendFailed("邮件服务器没有回应，不知是否已送出", uncertain=True)
        return None

    def _not_connected(self, error: Exception) -> SendFailed:
        tls = TLS_WORD[self._settings.tls]
        if isinstance(error, errors.SMTPAuthenticationError):
            sentence = "邮件服务器不认账号或密码，请核对 DUBAN_MAIL__USER 和 DUBAN_MAIL__PASSWORD（多为授权码）"
        elif isinstance(error.__cause__ or error, ssl.SSLError) or "TLS" in str(error):
            sentence = f"邮件服务器的加密方式或证书不对，现设为{tls}，请核对 DUBAN_MAIL__TLS 和 DUBAN_MAIL__CA_FILE"
        else:
            return SendFailed(f"连不上邮件服务器（{tls}），请核对 DUBAN_MAIL__HOST 和 DUBAN_MAIL__PORT")
        log.error("channel not usable: %s", sentence, extra={"action": "channel_config", "channel": "mail"})
        return SendFailed(sentence, unavailable=True, retry_after=CONFIG_RETRY_AFTER)

    def _worded(self, message: Outgoing) -> EmailMessage:
        first, _, _ = message.text.partition("\n")
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = self._settings.sender, message.address
        mail["Subject"] = cut_characters(" ".join((message.title or first or "督办").split()), SUBJECT_CHARACTERS)
        mail["Date"] = format_datetime(self._clock.now().astimezone(SHANGHAI))
        domain = self._sender.rpartition("@")[2]
        mail["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:32]}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(cut(message.text, TEXT_BYTES), cte="base64")
        if message.attachment is not None:
            main, _, sub = message.attachment.media_type.partition("/")
            file = message.attachment
            mail.add_attachment(file.body, main or "application", sub or "octet-stream", filename=file.name)
        return mail


def _refused(error: Exception) -> SendFailed | None:
    """Say what a code means; None without one."""
    if not isinstance(error, errors.SMTPResponseException):
        return None
    if _no_such_address(error):
        return SendFailed(f"邮件服务器说没有这个地址（代码 {error.code}）", permanent=True)
    if 500 <= error.code < 600:
        return SendFailed(f"邮件服务器不接受这封邮件（代码 {error.code}）", unavailable=True)
    return SendFailed(f"邮件服务器暂不接收（代码 {error.code}）")


def _no_such_address(error: errors.SMTPResponseException) -> bool:
    # 5.7 is policy (relaying, spam): that says nothing about the address.
    refused = isinstance(error, errors.SMTPRecipientRefused) and error.code in NO_SUCH_ADDRESS
    return refused and "5.7." not in str(error)


async def _leave(client: aiosmtplib.SMTP) -> None:
    with suppress(errors.SMTPException, OSError):
        await client.quit(timeout=LEAVE_SECONDS)
    client.close()
