"""A webhook and a mail server on loopback, which keep what they are sent."""

import datetime as dt
import ipaddress
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Received:
    """What a server was sent.

    Attributes
    ----------
    port : that it listens on
    refuses : whether it takes nothing
    notices : what a webhook took
    headers : of the last request to it, by names in small letters
    mails : what a mail server took
    logins : the lines with which somebody logged in
    """

    port: int = 0
    refuses: bool = False
    notices: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


@contextmanager
def webhook() -> Iterator[Received]:
    """Run a webhook; one that refuses leads elsewhere."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.headers = {name.lower(): value for name, value in self.headers.items()}
            if received.refuses:
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.1:{received.port}/elsewhere")
            else:
                received.notices.append(json.loads(body))
                self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler), received):
        yield received


@contextmanager
def mail_server(certificate: Path, key: Path) -> Iterator[Received]:
    """Run a mail server that takes mail after STARTTLS and a login alone."""
    received = Received()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            link = self.request
            lines = link.makefile("r", newline="\r\n")
            link.sendall(b"220 test\r\n")
            encrypted = False
            while line := lines.readline():
                word = line.split()[0].upper()
                if word == "EHLO":
                    link.sendall(b"250-test\r\n250 AUTH PLAIN\r\n" if encrypted else b"250-test\r\n250 STARTTLS\r\n")
                elif word == "STARTTLS":
                    link.sendall(b"220 go\r\n")
                    link = context.wrap_socket(link, server_side=True)
                    lines, encrypted = link.makefile("r", newline="\r\n"), True
                elif word == "AUTH":
                    received.logins.append(line.split()[-1])
                    link.sendall(b"235 ok\r\n")
                elif word == "MAIL" and (received.refuses or not received.logins):
                    link.sendall(b"451 not now\r\n")
                elif word == "DATA":
                    link.sendall(b"354 go\r\n")
                    text = "".join(iter(lines.readline, ".\r\n"))
                    received.mails.append(message_from_string(text, policy=policy.default))  # type: ignore[arg-type]
                    link.sendall(b"250 ok\r\n")
                elif word == "QUIT":
                    link.sendall(b"221 bye\r\n")
                    break
                else:
                    link.sendall(b"250 ok\r\n")
            link.close()

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler), received):
        yield received


@contextmanager
def serving(server: socketserver.TCPServer, received: Received) -> Iterator[None]:
    """Run a server in a thread."""
    received.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def write_certificate(folder: Path, last_day: dt.date) -> tuple[Path, Path]:
    """Write a certificate for localhost that signs itself, and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    end = dt.datetime.combine(last_day, dt.time(12), dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2014, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(end)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "tls.crt", folder / "tls.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(*pem))
    return paths
