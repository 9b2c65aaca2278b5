"""Words of messages that depend on a number."""

DECIMALS = range(2, 18)


def counted(count: int, one: str, many: str = "") -> str:
    """A number and what it counts: "1 photograph", "2,000 photographs", "2 people" with its own `many`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def told_apart(value: float, limit: float) -> tuple[str, str]:
    """Both numbers with as few decimals, two at the least, as show that they differ, where they do."""
    pair = value, limit
    decimals = next((n for n in DECIMALS if len({f"{one:.{n}f}" for one in pair}) == 2), DECIMALS[0])
    return f"{value:.{decimals}f}", f"{limit:.{decimals}f}"


def told_in_order(value: float, low: float, high: float) -> tuple[str, str, str]:
    """A number and the ends around it with as few decimals, two at the least, as show what differs."""
    pairs = ((value, low), (value, high), (low, high))
    decimals = max(len(told_apart(*pair)[0].partition(".")[2]) for pair in pairs)
    return f"{value:.{decimals}f}", f"{low:.{decimals}f}", f"{high:.{decimals}f}"
