"""Amounts in the words of tables and sentences."""

_UNITS = (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10))


def bytes_in_table(count: float) -> str:
    """1.0 MiB, 100 B: one decimal, whatever the amount."""
    for unit, shift in _UNITS:
        if count >= 1 << shift:
            return f"{count / (1 << shift):.1f} {unit}"
    return f"{count:.0f} B"


def bytes_in_text(count: float) -> str:
    """1 MiB, 1.5 MiB, 100 bytes: a decimal unless the amount is whole."""
    text = bytes_in_table(count).replace(" B", " bytes")
    amount, unit = text.split()
    whole = count % (1 << dict(_UNITS).get(unit, 0)) == 0
    return f"{amount.removesuffix('.0') if whole else amount} {unit}"


def percent(value: float) -> str:
    """4 %, 4.1 %; 0 and 100 only for what is exactly that."""
    text = f"{value:.1f}" if 0.05 <= value < 99.95 else f"{value:.0f}"
    if text == "0" and value > 0:
        return "less than 0.1 %"
    if text == "100" and value < 100:
        return "over 99.9 %"
    return text.removesuffix(".0") + " %"


def counted(number: int, noun: str) -> str:
    """1 thread, 2 threads."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
