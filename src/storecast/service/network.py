"""Which addresses belong to one subscriber, and count as one."""

import ipaddress


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 its first 64 bits, which one subscriber has to itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
