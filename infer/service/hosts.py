"""Host names that a service answers to."""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from common.runtime.errors import UserError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")  # RFC 1123, and the underscores of some


@dataclass(frozen=True)
class Hosts:
    """Host names by which a request may call a service.

    Attributes:
        names: in lower case, without port.
        any_address: whether every IP address will do as well. A browser that was lured here by DNS rebinding
            calls the service by the name of the attacker, never by an address.
    """

    names: frozenset[str]
    any_address: bool

    def know(self, header: str) -> bool:
        """Whether a `Host` header, with or without a port, is one of these; a malformed one is not."""
        try:
            name = (urlsplit(f"//{header}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in self.names or (self.any_address and _address(name) is not None)


def hosts_of(host: str, names: Iterable[str] = ()) -> Hosts:
    """The names of a service that listens on the address or name `host` and is also called `names`.

    On loopback these are the names of this machine to itself; beyond it any address, and the name that the
    machine has. Raises UserError for what is no host name.
    """
    known = LOOPBACK_NAMES | {host.lower()} | {_checked(name) for name in names}
    if is_loopback(host):
        return Hosts(known, any_address=False)
    return Hosts(known | {socket.gethostname().lower()}, any_address=True)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    address = _address(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def _checked(name: str) -> str:
    """A host name as browsers send it: in lower case, and in the ASCII form of RFC 3490 where need be."""
    try:
        encoded = name.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        encoded = ""
    if not HOST_NAME.fullmatch(encoded):
        raise UserError(f"--name takes a host name such as faces.example, without port, not '{name}'")
    return encoded


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
