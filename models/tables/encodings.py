"""Text out of bytes, in whatever encoding an office saved them.

The order is: a byte order mark, strict UTF-8, UTF-16 where zero bytes show it, strict GB18030.
Statistical detectors are wrong on a third of short GB18030 files; this order is right on nearly
all, but Big5 passes for GB18030, so ``doubts`` looks at what was read.
"""

import codecs
import encodings.gb18030
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from models.errors import EncodingUnknown, FileUnreadable
from models.tables.sources import Source

GB18030_2022 = "gb18030-2022"
"""GB18030 with the 18 characters that its edition of 2022 took out of the private use area."""

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_GB_NAMES = ("gb18030", "gbk", "gb2312", "cp936", "936", "gb18030-2022")
_CHUNK_BYTES = 1 << 18
_EURO, _EURO_BYTE = "petition-triage-euro", 0x80

_FROM_PRIVATE = dict(
    zip(
        [*range(0xE78D, 0xE797), 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864],
        [0xFE10, 0xFE12, 0xFE11, *range(0xFE13, 0xFE1A), *range(0x9FB4, 0x9FBC)],
        strict=True,
    )
)
_PRIVATE = re.compile("[\ue78d-\ue796\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864]")


class _Gb18030Decoder(encodings.gb18030.IncrementalDecoder):
    """Python's decoder has the mapping of 2005; this one reads as the edition of 2022 says.

    It takes the one byte for the euro that Windows has in its Chinese code page.
    """

    def __init__(self, errors: str = "strict") -> None:
        codecs.register_error(_EURO, _as_euro)
        super().__init__(errors)
        self.errors = _EURO if errors == "strict" else errors

    def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
        text = super().decode(data, final)
        return text.translate(_FROM_PRIVATE) if _PRIVATE.search(text) else text


def _as_euro(error: UnicodeError) -> tuple[str, int]:
    is_euro = isinstance(error, UnicodeDecodeError) and error.object[error.start] == _EURO_BYTE
    if not isinstance(error, UnicodeDecodeError) or not is_euro:
        raise error
    return "€", error.start + 1


@contextmanager
def open_text(source: Source, encoding: str | None = None) -> Iterator[TextIO]:
    """The content as text, line endings kept. Raises FileUnreadable or EncodingUnknown."""
    chosen = known_encoding(encoding) if encoding else detect_encoding(source)
    codecs.register(_find_codec)
    with source.open() as stream:
        file = io.TextIOWrapper(stream, encoding=chosen, newline="")
        try:
            yield file
        except UnicodeError as error:
            place = f"byte {error.start}" if isinstance(error, UnicodeDecodeError) else "its start"
            raise EncodingUnknown(
                f"{source.name}: {place} is not {chosen}",
                remedy="name the encoding with --encoding, or save the file as UTF-8",
            ) from error


def known_encoding(name: str) -> str:
    """The codec to read a named encoding with; raises EncodingUnknown.

    UTF-8 is read past the mark that Excel puts before it, all Chinese code pages as GB18030.
    """
    try:
        plain = codecs.lookup(name).name if name.lower() not in _GB_NAMES else "gb18030"
        "".encode(plain)
    except LookupError as error:
        raise EncodingUnknown(
            f"there is no encoding {name!r}", expected="for example utf-8 or gb18030"
        ) from error
    if plain in _GB_NAMES:
        return GB18030_2022
    return "utf-8-sig" if plain == "utf-8" else plain


def detect_encoding(source: Source) -> str:
    """The encoding that the whole file is valid in.

    Raises EncodingUnknown naming the first byte that fits neither UTF-8 nor GB18030.
    """
    with source.open() as stream:
        start = stream.read(_CHUNK_BYTES)
    marked = [encoding for mark, encoding in _MARKS.items() if start.startswith(mark)]
    if marked:
        return marked[0]
    wide = _utf16(start)
    if wide and start.count(0) * 5 >= len(start):
        return wide
    not_utf8 = _first_invalid(source, "utf-8")
    if not_utf8 is None:
        return "utf-8"
    if wide:
        return wide
    not_gb = _first_invalid(source, GB18030_2022)
    if not_gb is None:
        return GB18030_2022
    raise EncodingUnknown(
        f"{source.name}: {not_utf8} is not UTF-8, {not_gb} not GB18030",
        expected="UTF-8, GB18030/GBK or UTF-16",
        remedy="name the encoding with --encoding (for example big5), or save the file as UTF-8",
    )


def _find_codec(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != GB18030_2022:
        return None
    known = codecs.lookup("gb18030")
    return codecs.CodecInfo(
        known.encode,
        known.decode,
        incrementaldecoder=_Gb18030Decoder,
        incrementalencoder=known.incrementalencoder,
        name=GB18030_2022,
    )


def _utf16(start: bytes) -> str | None:
    """UTF-16 of one byte order, where zero bytes stand only beside ASCII, all on one side."""
    if 0 not in start:
        return None
    start = start[: len(start) // 2 * 2]
    low, high = start[::2], start[1::2]
    for encoding, ascii_bytes, zeros in (("utf-16-le", low, high), ("utf-16-be", high, low)):
        beside = {ascii_bytes[at] for at, byte in enumerate(zeros) if byte == 0}
        readable = {*range(0x20, 0x7F), 9, 10, 13}
        if zeros.count(0) > 1 and 0 not in ascii_bytes and beside <= readable:
            text = start.decode(encoding, "replace")[:-1]
            return None if "\ufffd" in text else encoding
    return None


def _first_invalid(source: Source, encoding: str) -> str | None:
    """Where the content stops being valid, in words."""
    is_gb = encoding == GB18030_2022
    decoder = _Gb18030Decoder() if is_gb else codecs.getincrementaldecoder(encoding)()
    done = lines = 0
    with source.open() as stream:
        while True:
            chunk = stream.read(_CHUNK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                at = error.start - pending
                line = lines + chunk.count(b"\n", 0, max(at, 0)) + 1
                return f"byte {done + at} (line {line})"
            if not chunk:
                return None
            done += len(chunk)
            lines += chunk.count(b"\n")


_COMMON = frozenset(
    "的一是在不了有和人这我中大为上个国到说们你出就年得那要下以会可也后能子里所然于着起看学"
    "家没好去对还过多请问因被公安法院村小区钱工地民政府号月日时处理题"
    "這為個國說們會後裡於著學沒對還過請問題處錢區號時無與從來給讓應該"
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff]")
_BROKEN = ("\ufffd", "锟斤拷", "烫烫烫", "ï»¿", "ã€", "çš„")
_LEAST_HAN = 20
_LEAST_COMMON = 0.04
_MOST_PRIVATE = 0.05


def doubts(sample: str) -> str:
    """What looks wrong with a text as it was read, empty where nothing does."""
    broken = [sign for sign in _BROKEN if sign in sample]
    if broken:
        return "some characters were already broken when the file was saved (for example U+FFFD)"
    han = _HAN.findall(sample)
    common = sum(character in _COMMON for character in han)
    private = sum("\ue000" <= character <= "\uf8ff" for character in han)
    is_rare = len(han) >= _LEAST_HAN and common < _LEAST_COMMON * len(han)
    if is_rare or private > _MOST_PRIVATE * len(han):
        return "it reads as rare characters; is it Big5? Name the encoding with --encoding"
    return ""


def refuse_missing(source: Source, error: OSError) -> FileUnreadable:
    """The error for a file that cannot be opened."""
    return FileUnreadable(
        f"{source.name}: {error.strerror or type(error).__name__}", remedy="check the path"
    )
