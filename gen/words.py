"""Amounts as text, for tables and sentences."""

_UNITS = (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10))


def bytes_in_table(count: float) -> str:
    """As 1.0 MiB or 100 B: always one decimal above 1 KiB."""
    for unit, shift in _UNITS:
        if count >= 1 << shift:
            return f"{count / (1 << shift):.1f} {unit}"
    return f"{count:.0f} B"


def bytes_in_text(count: float) -> str:
    """As 1 MiB, 1.5 MiB or 100 bytes: one decimal unless the amount is whole."""
    text = bytes_in_table(count).replace(" B", " bytes")
    amount, unit = text.split()
    whole = count % (1 << dict(_UNITS).get(unit, 0)) == 0
    return f"{amount.removesuffix('.0') if whole else amount} {unit}"


def percent(value: float) -> str:
    """As 4 % or 4.1 %.  Only exactly 0 and 100 are shown as such."""
    text = f"{value:.1f}" if 0.05 <= value < 99.95 else f"{value:.0f}"
    if text == "0" and value > 0:
        return "less than 0.1 %"
    if text == "100" and value < 100:
        return "over 99.9 %"
    return text.removesuffix(".0") + " %"


def counted(number: int, noun: str) -> str:
    """As 1 thread or 2 threads."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
