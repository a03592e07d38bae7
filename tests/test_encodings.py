"""The encoding matrix: what is found, what is refused, and what is doubted."""

import random
from pathlib import Path

import pytest

from models.errors import EncodingUnknown
from models.resources import shipped
from models.tables import open_table

MARKED = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}
ENCODINGS = ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-32", *MARKED]
LENGTHS = [2, 4, 8, 20, 100, 2_000]
SAMPLES = 100


@pytest.fixture(scope="module")
def letters() -> str:
    """A long stretch of Chinese as people write it, without what ends a cell."""
    with shipped("petitions") as folder:
        files = sorted(folder.glob("*.csv"))[:3]
        text = "".join(path.read_text("utf-8-sig") for path in files)
    kept = text.encode("gbk", "ignore").decode("gbk")
    return "".join(character for character in kept if character not in '",\r\n\t;')


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("length", LENGTHS)
def test_matrix(letters: str, tmp_path: Path, encoding: str, length: int) -> None:
    """99 of 100 samples are read right from eight characters on, all from twenty on."""
    drawn = random.Random(f"{encoding}{length}")  # noqa: S311 - it draws samples
    right = 0
    for number in range(SAMPLES):
        start = drawn.randrange(len(letters) - length)
        text = letters[start : start + length].strip() or "字"
        path = tmp_path / f"{number}.csv"
        content = MARKED.get(encoding, "") + f"内容\n{text}\n"
        path.write_bytes(content.encode(encoding))
        with open_table(path) as table:
            right += [row.values for row in table.rows] == [[text]] and table.header == ["内容"]
    assert right >= (SAMPLES if length >= 20 else SAMPLES - 1)


@pytest.mark.parametrize("encoding", list(MARKED))
@pytest.mark.parametrize("content", ["编号,内容\r\n1,不给立案\r\n", "id,text\r\n1,no answer\r\n"])
def test_utf16_without_mark_is_seen_by_its_zeros(
    tmp_path: Path, encoding: str, content: str
) -> None:
    """Whether it is Chinese or not."""
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode(encoding))
    with open_table(path) as table:
        assert len(table.header) == 2
        assert len(list(table.rows)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_zeros_in_a_cell_are_no_utf16(tmp_path: Path, encoding: str) -> None:
    """They are part of the text."""
    path = tmp_path / "a.csv"
    path.write_bytes("内容,甲\n不给\0立案\0,\0\n".encode(encoding))
    with open_table(path) as table:
        assert [row.values for row in table.rows] == [["不给\0立案\0", "\0"]]


def test_gb18030_is_read_as_its_edition_of_2022_says(tmp_path: Path) -> None:
    """Eighteen characters have left the private use area; all others are as Python has them."""
    codes = "A6D9A6DAA6DBA6DCA6DDA6DEA6DFA6ECA6EDA6F3FE59FE61FE66FE67FE6DFE7EFE90FEA0"
    path = tmp_path / "a.csv"
    path.write_bytes("内容\n".encode("gb18030") + bytes.fromhex(codes))
    with open_table(path) as table:
        (row,) = table.rows
    assert row.values == ["︐︒︑︓︔︕︖︗︘︙龴龵龶龷龸龹龺龻"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_every_ideograph_survives(tmp_path: Path, encoding: str) -> None:
    """From the first block to the last extension that has been assigned."""
    blocks = [(0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFA6E), (0x20000, 0x2A6E0)]
    later = [(0x2A700, 0x2EE5E), (0x30000, 0x323B0)]
    text = "".join(chr(code) for low, high in blocks + later for code in range(low, high))
    path = tmp_path / "a.csv"
    path.write_bytes(f"text\n{text}\n".encode(encoding))
    with open_table(path, None if encoding != "gb18030" else "GBK") as table:
        (row,) = table.rows
    assert row.values == [text]


@pytest.mark.parametrize("broken", [b"\xff", b"\xe4\xbd", b"\x81"])
def test_invalid_bytes_are_named_with_their_line(tmp_path: Path, broken: bytes) -> None:
    """Rather than replaced."""
    path = tmp_path / "a.csv"
    path.write_bytes("内容\n好\n".encode() + broken + "坏\n".encode())
    with pytest.raises(EncodingUnknown, match="line 3"), open_table(path):
        pass


def test_big5_is_doubted(tmp_path: Path) -> None:
    """It passes for GB18030, and reads as rare characters; named, it is read right."""
    text = "這個問題請您處理一下，我們小區的物業管理公司從來不修電梯，老人上下樓非常不方便" * 3
    path = tmp_path / "a.csv"
    path.write_bytes(f"text\n{text}\n".encode("big5"))
    with open_table(path) as table:
        assert "Big5" in table.notes[0]
        assert text not in table.notes[0]
    with open_table(path, "big5") as table:
        assert next(table.rows).values == [text]
        assert not table.notes


def test_usual_texts_are_not_doubted(letters: str, tmp_path: Path) -> None:
    """In either encoding, whatever stretch of them comes first."""
    for number in range(50):
        path = tmp_path / f"{number}.csv"
        text = letters[number * 500 : number * 500 + 200]
        path.write_bytes(f"内容\n{text}\n".encode("gbk" if number % 2 else "utf-8"))
        with open_table(path) as table:
            assert not table.notes


def test_broken_characters_are_doubted(tmp_path: Path) -> None:
    """Somebody saved them so before us."""
    path = tmp_path / "a.csv"
    path.write_text("内容\n锟斤拷派出所\n", encoding="gbk")
    with open_table(path) as table:
        assert "already broken" in table.notes[0]


def test_signs_of_windows_are_read(tmp_path: Path) -> None:
    """One byte for the euro, and a mark before GB18030."""
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeff内容,价\n不给立案,".encode("gb18030") + b"\x80\n")
    with open_table(path) as table:
        assert table.header == ["内容", "价"]
        assert next(table.rows).values == ["不给立案", "€"]
    path.write_bytes("内容\n不给".encode("gb18030") + b"\xff\n")
    with pytest.raises(EncodingUnknown, match="line 2"), open_table(path):
        pass
