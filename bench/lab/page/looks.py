"""Colours and marks: each variant has one of each in all charts of a page.

Two variants of one colour differ in their mark.  Every colour has a contrast of 3 and more with
both the light and the dark background.  Hakmem's profiles are cool colours and filled marks, the
peers warm ones and hollow marks, the references grey crosses.
"""

from dataclasses import dataclass

from bench.lab.select.variant import Variant

_COOL = ("#2f6fed", "#0d8f86", "#b14fd8", "#4a7a2f", "#0b86c9")
_WARM = ("#d9601a", "#b8860b", "#d6336c", "#7d8c12", "#a8643a")
_GREY = "#808791"
_MARKS = ("circle", "rectRot", "triangle", "rect")
# The peers that are usually there look the same in every report.
_KNOWN = ("mi", "je", "tc", "tbb")
_FILLED = {"circle": "●", "rectRot": "◆", "triangle": "▲", "rect": "■", "cross": "+"}
_HOLLOW = {"circle": "○", "rectRot": "◇", "triangle": "△", "rect": "□", "cross": "+"}


@dataclass(frozen=True)
class Look:
    """The colour and the mark of a variant."""

    family: str  # "hakmem", "peer" or "reference"
    colour: str  # #rrggbb
    mark: str  # a point style of Chart.js

    @property
    def sign(self) -> str:
        """The mark as a character."""
        return (_FILLED if self.family == "hakmem" else _HOLLOW)[self.mark]


def looks(variants: list[Variant]) -> dict[str, Look]:
    """The look of each variant, by name; it depends on the order of the variants."""
    profiles = [v.name for v in variants if v.kind == "profile"]
    others = [v.name for v in variants if v.kind == "peer" and v.name not in _KNOWN]
    found = {}
    for variant in variants:
        if variant.kind == "profile":
            found[variant.name] = _pick("hakmem", _COOL, profiles.index(variant.name))
        elif variant.name in _KNOWN:
            found[variant.name] = _pick("peer", _WARM, _KNOWN.index(variant.name))
        elif variant.kind == "peer":
            found[variant.name] = _pick("peer", _WARM, len(_KNOWN) + others.index(variant.name))
        elif variant.kind == "system":
            found[variant.name] = Look("peer", _GREY,
                                       "circle" if variant.link == "shared" else "rect")
        else:
            found[variant.name] = Look("reference", _GREY, "cross")
    return found


def _pick(family: str, colours: tuple[str, ...], index: int) -> Look:
    """Neighbours differ in both; all pairs are used before one comes again."""
    turn, place = divmod(index, len(colours))
    return Look(family, colours[place], _MARKS[(place + turn) % len(_MARKS)])
