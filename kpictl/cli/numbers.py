"""Values as people read them: in percent, in a currency, with a unit; exact values are `--format json`'s affair."""

from __future__ import annotations

from kpictl.records import dataclass

_CURRENCIES = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cny": "¥", "inr": "₹", "krw": "₩"}
_CODES = {
    "chf",
    "sek",
    "nok",
    "dkk",
    "pln",
    "czk",
    "huf",
    "cad",
    "aud",
    "nzd",
    "brl",
    "mxn",
    "sgd",
    "hkd",
    "try",
    "zar",
}
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How values are written: `format: percent` shows a fraction x 100, `unit: percent` says it is x 100 already."""

    unit: str | None = None
    format: str | None = None

    def full(self, value: float | None) -> str:
        """The value for a table cell: `$316,985.75`, `26.5 %`, `1,234 seconds`."""
        if value is None:
            return "–"
        if self.format == "percent":
            return f"{_digits(value * 100, 2)} %"
        unit = (self.unit or "").strip()
        low = unit.lower()
        if low in ("percent", "%"):
            return f"{_digits(value, 2)} %"
        if low in _CURRENCIES:
            return f"{'-' if value < 0 else ''}{_CURRENCIES[low]}{_money(abs(value))}"
        if low in _CODES:
            return f"{unit.upper()} {_money(value)}"
        number = _digits(value, 2)
        return f"{number} {unit}" if unit else number

    def short(self, value: float) -> str:
        """The value for an axis: `$1.2M`, `27 %`."""
        if self.format == "percent":
            return f"{_compact(value * 100)} %"
        low = (self.unit or "").lower()
        if low in ("percent", "%"):
            return f"{_compact(value)} %"
        if low in _CURRENCIES:
            return f"{'-' if value < 0 else ''}{_CURRENCIES[low]}{_compact(abs(value))}"
        return _compact(value)

    def change(self, new: float, old: float) -> str:
        """How far a value moved: `+4.1 %`, and in percentage points where the value is a percentage itself."""
        if self.format == "percent":
            return f"{(new - old) * 100:+.1f} pp"
        if (self.unit or "").lower() in ("percent", "%"):
            return f"{new - old:+.1f} pp"
        if old == 0:
            return "" if new == 0 else "new"
        return f"{(new - old) / abs(old) * 100:+.1f} %"


def _money(value: float) -> str:
    return f"{value:,.2f}" if abs(value) < 1e12 else f"{value:.6g}"


def _digits(value: float, places: int) -> str:
    """With thousands separated; a whole number without a fraction, a small one with the digits that mean something."""
    if value == 0:
        return "0"
    if abs(value) >= 1e15 or abs(value) < 1e-6:
        return f"{value:.4g}"
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) < 1:
        return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 0.001 else f"{value:.3g}"
    return f"{value:,.{places}f}"


def _compact(value: float) -> str:
    size = abs(value)
    for scale, letter in _SCALES:
        if size >= scale * 0.9995:
            return f"{_three(value / scale)}{letter}"
    return _three(value)


def _three(value: float) -> str:
    if value == 0:
        return "0"
    text = f"{value:.3g}"
    return text if "e" not in text else f"{value:.0f}" if abs(value) >= 1 else text
