"""The address of a client is that of its connection, or what a trusted proxy says: nobody chooses an address of their own."""

import pytest

from storecast.service.middleware.client_address import client_address, read_networks


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.7", ["198.51.100.1"], "", "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "10.0.0.0/8", "203.0.113.7"),
        ("10.0.0.2", [], "10.0.0.0/8", "10.0.0.2"),
        ("10.0.0.2", ["198.51.100.1"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", ["192.0.2.9, 198.51.100.1"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", ["192.0.2.9", "198.51.100.1, 10.0.0.3"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", ["192.0.2.9, me, 10.0.0.3"], "10.0.0.0/8", "10.0.0.3"),
        ("10.0.0.2", ["me"], "10.0.0.0/8", "10.0.0.2"),
        ("::1", ["2001:db8::1"], "::1", "2001:db8::1"),
        (None, ["2001:db8::1"], "::1", ""),
    ],
)
def test_only_a_trusted_proxy_is_believed_and_only_what_it_saw_itself(
    peer: str | None, forwarded: list[str], trusted: str, expected: str
) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"client": None if peer is None else (peer, 1), "headers": headers}
    assert client_address(scope, read_networks(trusted)) == expected
