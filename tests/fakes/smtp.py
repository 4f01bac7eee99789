"""A mail server on real sockets: plain, STARTTLS or TLS from the start, with sign-in and scripted refusals."""

import asyncio
import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.waiting import HELD

USER, PASSWORD = "duban@example.org", "mail-password-9876"


@dataclass(kw_only=True)
class Got:
    sender: str
    recipient: str
    raw: bytes
    secure: bool

    @property
    def mail(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


class MailServer:
    """Answers as told: `says` maps a verb to the next reply, `after_data` to what happens once a mail is taken."""

    def __init__(self, tls: str = "none", certificate: Path | None = None) -> None:
        self.tls, self.port = tls, 0
        self.got: list[Got] = []
        self.says: dict[str, str] = {}
        self.after_data = ""  # "silent": takes the mail and never answers; "cut": takes it and hangs up
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._dialogue(reader, writer)
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = recipient = ""
        secure = self.tls == "implicit"
        await _say(writer, "220 fake ESMTP")
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            if (scripted := self.says.get(verb.upper())) is not None:
                await _say(writer, scripted)
                continue
            match verb.upper():
                case "EHLO":
                    more = ["250-STARTTLS"] if self.tls == "starttls" and not secure else []
                    await _say(writer, "250-fake", *more, "250 AUTH PLAIN LOGIN")
                case "STARTTLS":
                    await _say(writer, "220 go")
                    await writer.start_tls(self._context)  # type: ignore[arg-type]
                    secure = True
                case "AUTH":
                    right = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
                    await _say(writer, "235 ok" if rest == f"PLAIN {right}" else f"535 5.7.8 no such pair {rest}")
                case "MAIL":
                    sender = rest.partition("<")[2].partition(">")[0]
                    await _say(writer, "250 ok")
                case "RCPT":
                    recipient = rest.partition("<")[2].partition(">")[0]
                    await _say(writer, "250 ok")
                case "DATA":
                    await _say(writer, "354 go")
                    raw = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
                    self.got.append(Got(sender=sender, recipient=recipient, raw=raw, secure=secure))
                    if self.after_data == "silent":
                        await asyncio.sleep(HELD)
                    if self.after_data:
                        return
                    await _say(writer, "250 taken")
                case "QUIT":
                    await _say(writer, "221 bye")
                    return
                case _:
                    await _say(writer, "500 what?")


@contextmanager
def mail_server(tls: str = "none", certificate: Path | None = None) -> Iterator[MailServer]:
    """Serve while the block lasts."""
    fake, up, done = MailServer(tls, certificate), threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        context = fake._context if tls == "implicit" else None
        server = await asyncio.start_server(fake.talk, "127.0.0.1", 0, ssl=context)
        fake.port = server.sockets[0].getsockname()[1]
        up.set()
        await done.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    up.wait()
    try:
        yield fake
    finally:
        loops[0].call_soon_threadsafe(done.set)
        thread.join()


def make_certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


async def _say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await writer.drain()
