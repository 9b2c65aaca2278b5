"""Words of messages that depend on a number."""


def counted(count: int, one: str, many: str = "") -> str:
    """A number and what it counts: "1 photograph", "2,000 photographs", "2 people" with its own `many`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
