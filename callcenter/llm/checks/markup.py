"""Take Markdown, HTML, a model's thoughts, tool calls written as text and signs between turns out of a streaming reply.

Pure. What comes out does not depend on how the text was cut into pieces: nothing is decided before what decides it is
there.
Arithmetic (2 * 3), phone codes (*123#), names_with_underscores and placeholders survive. Of invisible characters only
the joiners that Arabic and emoji need stay.
"""

from __future__ import annotations

import json
import re
from typing import Final

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]+"
)
_SPECIAL: Final = re.compile(r"[*_`~\[<!#>{\-]")
_PLAIN: Final = re.compile(r"[^*_`~\[<!#>{\-]+")
_RULE: Final = re.compile(r"([-*_])\1{2,}[ \t]*(?=\n|$)")
_BULLET: Final = "• "
_HEADING: Final = re.compile(r"#{1,6} +|> +")
_CODE_NUMBER: Final = re.compile(r"\*[0-9*]*")
_TAG: Final = re.compile(r"""<(/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+\s*=\s*(?:"[^">]*"|'[^'>]*'|[^\s"'>]+))*)\s*/?>""")
_ADDRESS: Final = re.compile(r"<((?:https?://|mailto:)[^\s<>]+|[^\s<>@]+@[^\s<>@]+)>")
_LINK: Final = re.compile(r"""\[([^\[\]\n]*)\]\([ \t]*<?([^\s()<>]*)>?(?:[ \t]+["'][^"'\n()]*["'])?[ \t]*\)""")
_SCHEME: Final = re.compile(r"^(?:https?://|mailto:)(?:www\.)?|/+$")
_THOUGHTS: Final = frozenset(
    {"think", "thinking", "thought", "reasoning", "reflection", "tool_call", "function_call", "script", "style"}
)
_NEW_LINES: Final = frozenset({"br"})
_TURN_SIGN: Final = re.compile(r"<\|\w{1,40}\|>")
"""What open models put between turns, and let slip: "<|im_end|>"."""
_OBJECT: Final = re.compile(r'\{\s*(?:"[^"\n]*(?:"\s*(?::|$)|$)|$)')
"""JSON as far as its first key; a placeholder has no quotation marks."""
_DECODER: Final = json.JSONDecoder()
_LONGEST_OBJECT: Final = 2_000
_LONGEST: Final = 400
"""A tag or link that is not closed within so many characters is none."""
_LONGEST_INFO: Final = 20
"""What follows a code fence on its line: a language's name."""
_FENCE: Final = 3

_Taken = tuple[int, str] | None
"""How far a sign reaches and what stands for it; None: more text is needed to tell."""


class Cleaner:
    """Cleans one reply."""

    def __init__(self) -> None:
        self.cleaned = False
        """Something was taken out; the reader sets it back."""
        self._rest = ""
        self._before = "\n"
        """The last character read."""
        self._line_start = True
        self._open = {"*": False, "_": False}
        self._until = ""
        """The closing tag up to which everything is thought, not said."""

    def feed(self, piece: str) -> str:
        """Return what is plain by now."""
        seen = _HIDDEN.sub("", piece)
        if len(seen) != len(piece):
            self.cleaned = True
        if not self._rest and not self._until and not _SPECIAL.search(seen):
            self._pass(seen)
            return seen
        self._rest += seen
        return self._read(final=False)

    def finish(self) -> str:
        """Return the rest."""
        return self._read(final=True)

    def _pass(self, plain: str) -> None:
        if not plain:
            return
        line = plain.rpartition("\n")
        if line[1]:
            self._line_start = True
            self._open = {"*": False, "_": False}
        self._line_start = self._line_start and not line[2].strip()
        self._before = plain[-1]

    def _read(self, *, final: bool) -> str:
        text, place, out = self._rest, 0, []
        while place < len(text):
            if self._until:
                close = re.compile(re.escape(self._until), re.IGNORECASE).search(text, place)
                if close is None:
                    place = len(text) if final else max(place, len(text) - len(self._until) + 1)
                    break
                place, self._until = close.end(), ""
                continue
            if plain := _PLAIN.match(text, place):
                out.append(plain[0])
                self._pass(plain[0])
                place = plain.end()
                continue
            taken = self._sign(text, place, final=final)
            if taken is None:
                break
            end, kept = taken
            if kept != text[place:end]:
                self.cleaned = True
            out.append(kept)
            self._line_start = kept.endswith("\n") or (self._line_start and end > place and text[end - 1] == "\n")
            self._before = text[end - 1]
            place = end
        self._rest = text[place:]
        return "".join(out)

    def _sign(self, text: str, place: int, *, final: bool) -> _Taken:  # noqa: C901, PLR0911 (one return a sign)
        sign = text[place]
        if self._line_start and (taken := _at_line_start(text, place, final=final)) != (place, ""):
            return taken
        if sign in "->#":
            return place + 1, sign
        end = place + 1
        while end < len(text) and text[end] == sign:
            end += 1
        if end == len(text) and not final:
            return None
        after = text[end : end + 1]
        if sign == "!":
            return (end, text[place : end - 1]) if after == "[" else (end, text[place:end])
        if sign == "~":
            return end, "" if end - place == len("~~") else text[place:end]
        if sign == "`":
            return self._code(text, place, end, final=final)
        if sign == "[":
            return _link(text, place, final=final)
        if sign == "<":
            return self._tag(text, place, final=final)
        if sign == "{":
            return _object(text, place, final=final)
        return self._emphasis(text, place, end, final=final)

    def _emphasis(self, text: str, place: int, end: int, *, final: bool) -> _Taken:  # noqa: PLR0911 (one return a case)
        """Drop stars and underscores round words."""
        sign, run, before, after = text[place], end - place, self._before, text[end : end + 1]
        if sign == "*" and run == 1 and after.isdigit():
            code = _CODE_NUMBER.match(text, place)
            stop = code.end() if code else end
            if stop == len(text) and not final:
                return None
            if text[stop : stop + 1] == "#":
                return stop + 1, text[place : stop + 1]
        literal = end, text[place:end]
        blank_before, blank_after = before.isspace(), not after or after.isspace()
        if blank_before and blank_after:
            return literal
        if before.isdigit() and after.isdigit():
            return literal
        inside = _in_word(before) and _in_word(after)
        if sign == "_" and (inside or run > _FENCE):
            return literal
        if self._open[sign] and not blank_before:
            self._open[sign] = False
            return end, ""
        opens = not blank_after and (blank_before or before in "([{\"'«“‘*_~`" or (sign == "*" and run > 1))
        if opens:
            self._open[sign] = True
            return end, ""
        return literal if run == 1 or sign == "_" else (end, "")

    def _code(self, text: str, place: int, end: int, *, final: bool) -> _Taken:
        """Drop backticks and the line a code fence stands on."""
        run, after = end - place, text[end : end + 1]
        if run == 1 and self._before.isalpha() and after.isalpha():
            return end, "`"  # typed for an apostrophe
        if run < _FENCE or not self._line_start:
            return end, ""
        stop = end
        while stop < len(text) and stop - end <= _LONGEST_INFO and not text[stop].isspace() and text[stop] != "`":
            stop += 1
        if stop == len(text):
            return (stop, "") if final else None
        return (stop + 1, "") if text[stop] == "\n" else (end, "")

    def _tag(self, text: str, place: int, *, final: bool) -> _Taken:
        literal = place + 1, "<"
        after = text[place + 1 : place + 2]
        if after and not (after.isalnum() or after in "/!|"):
            return literal
        close = text.find(">", place, place + _LONGEST)
        stop = min((at for at in (text.find("\n", place), text.find("<", place + 1)) if at >= 0), default=len(text))
        if close < 0 or close > stop:
            return literal if final or stop < len(text) or len(text) - place >= _LONGEST else None
        if address := _ADDRESS.match(text, place):
            return address.end(), address[1].removeprefix("mailto:")
        if text.startswith("<!--", place) or _TURN_SIGN.match(text, place):
            return close + 1, ""
        tag = _TAG.match(text, place)
        if tag is None:
            return literal
        name = tag[2].lower()
        if name in _THOUGHTS and not tag[1] and not tag[0].endswith("/>"):
            self._until = f"</{name}>"
        return tag.end(), "\n" if name in _NEW_LINES else ""


def _at_line_start(text: str, place: int, *, final: bool) -> _Taken:
    """Read bullets, headings, quotations and rules; (place, "") if it is none of them."""
    sign = text[place]
    if sign not in "-*_#>":
        return place, ""
    stop = place
    while stop < len(text) and text[stop] == sign:
        stop += 1
    while stop < len(text) and text[stop] in " \t":
        stop += 1
    if stop == len(text) and not final:
        return None
    if rule := _RULE.match(text, place):
        return rule.end(), ""
    if sign in "-*" and text[place + 1 : place + 2] in {" ", "\t"}:
        return stop, _BULLET
    if sign in "#>" and (heading := _HEADING.match(text, place)):
        return heading.end(), ""
    return place, ""


def _link(text: str, place: int, *, final: bool) -> _Taken:
    """Write "[text](url)" as "text (url)"."""
    literal = place + 1, "["
    link = _LINK.match(text, place, place + _LONGEST)
    if link is not None:
        label, address = cleaned(link[1]), link[2]
        if not address or _SCHEME.sub("", label) == _SCHEME.sub("", address):
            return link.end(), label or address
        return link.end(), f"{label} ({address.removeprefix('mailto:')})" if label else address
    line_end = text.find("\n", place)
    close = text.find("]", place)
    if line_end >= 0 or len(text) - place >= _LONGEST or final:
        return literal
    if 0 <= close < len(text) - 1 and (text[close + 1] != "(" or text.find(")", close) >= 0):
        return literal
    return None


def _object(text: str, place: int, *, final: bool) -> _Taken:
    """Drop a JSON object: a tool's call that came as text, which may break off."""
    if _OBJECT.match(text, place) is None or (not final and len(text) - place > _LONGEST_OBJECT):
        return place + 1, "{"
    try:
        return _DECODER.raw_decode(text, place)[1], ""
    except json.JSONDecodeError:
        return (len(text), "") if final else None


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def cleaned(text: str) -> str:
    """Return a whole text without markup."""
    cleaner = Cleaner()
    return cleaner.feed(text) + cleaner.finish()
