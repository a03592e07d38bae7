"""The command line: verbs, exit codes, and what stands on which stream."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from models.store import Store
from models.taxonomy import Taxonomy
from service.archive import cluster
from service.cli.main import main

Run = Callable[..., tuple[int, str, str]]
TEXT = "派出所不予立案，请督促依法办理"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command; its exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["petition-triage", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code
        told = capfd.readouterr()
        return int(str(code or 0)), told.out, told.err

    return call


def test_classify_answers_one_line_per_text(run: Run, shared_store: Store) -> None:
    """Area, topic, confidence and decision; evidence on request."""
    code, out, _ = run("classify", TEXT, TEXT, "--models", shared_store.folder)
    assert code == 0
    assert len(out.splitlines()) == 2
    code, out, _ = run("classify", TEXT, "--explain", "--models", shared_store.folder)
    assert len(out.splitlines()) == 2


def test_classify_as_json_gives_the_answer_of_the_api(run: Run, shared_store: Store) -> None:
    """One object a line."""
    code, out, _ = run("classify", TEXT, "--json", "--explain", "--models", shared_store.folder)
    answer = json.loads(out)
    assert code == 0
    assert answer["decision"] in {"auto", "review"}
    assert answer["evidence"]


def test_classify_reads_standard_input(
    run: Run, shared_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One text a line; an empty line is an error in its place, and the others are answered."""
    (tmp_path / "in").write_text(f"{TEXT}\n\n{TEXT}\n", encoding="utf-8")
    with (tmp_path / "in").open(encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdin", file)
        code, out, _ = run("classify", "-", "--json", "--models", shared_store.folder)
    assert code == 3
    assert ["error" in json.loads(line) for line in out.splitlines()] == [False, True, False]


def test_classify_without_a_version_says_what_to_do(run: Run, tmp_path: Path) -> None:
    """Exit code 4: the operator's matter."""
    code, _, err = run("classify", TEXT, "--models", tmp_path)
    assert code == 4
    assert "petition-triage train" in err


def test_broken_bytes_on_standard_input_are_an_error_in_their_line(
    run: Run, shared_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The lines around are answered."""
    (tmp_path / "in").write_bytes(TEXT.encode() + b"\n\xff\xfe\n")
    with (tmp_path / "in").open(encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdin", file)
        code, out, _ = run("classify", "-", "--models", shared_store.folder)
    assert code == 3
    assert "text-malformed" in out.splitlines()[1]


def test_fault_of_ours_is_exit_code_1_and_tells_no_petition(
    run: Run, shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its kind and place."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(TEXT)

    monkeypatch.setattr("models.classifier.Classifier.classify", fail)
    code, out, err = run("classify", TEXT, "--models", shared_store.folder)
    assert code == 1
    assert "RuntimeError" in err
    assert TEXT not in out + err


def test_wrong_usage_is_exit_code_2(run: Run) -> None:
    """Unknown verbs, missing arguments."""
    assert run("nonsense")[0] == 2
    assert run("classify")[0] == 2
    assert run("train", "--only")[0] == 2


def test_batch_writes_a_file(run: Run, shared_store: Store, tmp_path: Path) -> None:
    """Exit code 3 where a row failed, and no result is replaced unasked."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"text\n{TEXT}\n   \n", encoding="utf-8")
    command = ("batch", source, "--out", out, "--models", shared_store.folder)
    code, _, err = run(*command)
    assert code == 3
    assert "2 rows in, 2 rows out" in err
    code, _, err = run(*command)
    assert code == 2
    assert "--restart" in err
    assert run(*command, "--restart")[0] == 3


def test_batch_of_several_files_writes_a_folder(
    run: Run, shared_store: Store, tmp_path: Path
) -> None:
    """With a summary; an unreadable file does not stop the others."""
    (tmp_path / "a.csv").write_text(f"text\n{TEXT}\n", encoding="utf-8")
    (tmp_path / "b.csv").write_bytes(b"text\n\xff\xff\n")
    out = tmp_path / "out"
    files = (tmp_path / "b.csv", tmp_path / "a.csv")
    code, _, err = run("batch", *files, "--out", out, "--models", shared_store.folder)
    assert code == 3
    assert "encoding-unknown" in err
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["a.csv"]["rows"] == 1
    assert summary["b.csv"]["error"]["code"] == "encoding-unknown"
    assert (out / "a.csv").is_file()


def test_unreadable_input_is_exit_code_2(run: Run, shared_store: Store, tmp_path: Path) -> None:
    """Missing, or without the column."""
    (tmp_path / "in.csv").write_text("x\n1\n", encoding="utf-8")
    for source in ("in.csv", "none.csv"):
        command = ("batch", tmp_path / source, "--out", tmp_path / "o.csv")
        assert run(*command, "--models", shared_store.folder)[0] == 2


def test_train_evaluate_and_the_store(run: Run, labelled_csv: Path, tmp_path: Path) -> None:
    """From labelled rows to a promoted version, measured, verified, exported."""
    store = tmp_path / "versions"
    code, out, err = run("train", labelled_csv, "--only", "--models", store)
    assert code == 0, err
    assert "promoted" in out
    version = Store(store).resolve()
    report = tmp_path / "report"
    code, out, _ = run("evaluate", labelled_csv, "--report", report, "--models", store)
    assert code == 0
    assert json.loads((report / "report.json").read_text("utf-8"))["version"] == version
    for command in ("list", "show", "verify"):
        code, out, _ = run("models", command, "--models", store)
        assert code == 0
        assert version in out
    exported = tmp_path / "pipeline.joblib"
    assert run("models", "export", version, "--out", exported, "--models", store)[0] == 0
    assert exported.is_file()
    (store / version / "terms.txt").unlink()
    assert run("models", "verify", "--models", store)[0] == 4


def test_train_lists_every_unusable_row(run: Run, tmp_path: Path) -> None:
    """Exit code 2, and nothing is saved."""
    (tmp_path / "in.csv").write_text("text,area\n甲,safety\n乙,x\n丙,y\n", encoding="utf-8")
    code, _, err = run("train", tmp_path / "in.csv", "--only", "--models", tmp_path / "versions")
    assert code == 2
    assert "line 3" in err
    assert "line 4" in err
    assert not (tmp_path / "versions").exists()


def test_gate_is_exit_code_5(run: Run, store: Store, taxonomy: Taxonomy, tmp_path: Path) -> None:
    """A version of other areas is kept, not promoted; only ``promote --force`` overrides."""
    del taxonomy
    toml = '[[area]]\ncode="r"\nname="道路"\n[[area]]\ncode="w"\nname="供水"\n'
    (tmp_path / "areas.toml").write_text(toml, encoding="utf-8")
    rows = "".join(f"第{n}段路面坑洼需要修补,r\n第{n}户水压低没有自来水,w\n" for n in range(9))
    (tmp_path / "rows.csv").write_text("内容,类别\n" + rows, encoding="utf-8")
    command = ["train", tmp_path / "rows.csv", "--taxonomy", tmp_path / "areas.toml"]
    command += ["--text-column", "内容", "--area-column", "类别", "--models", store.folder]
    before = store.current()
    code, out, err = run(*command)
    assert code == 5
    assert "other areas" in err
    assert store.current() == before
    assert len(store.ids()) == 2
    (new,) = set(store.ids()) - {before}
    assert run("models", "promote", new, "--models", store.folder)[0] == 5
    assert run("models", "promote", new, "--force", "--models", store.folder)[0] == 0
    assert "forced" in run("models", "history", "--models", store.folder)[1]
    code, out, _ = run("classify", "路面坑洼需要修补", "--json", "--models", store.folder)
    assert json.loads(out)["area_name"] == "道路"
    assert run("models", "rollback", "--models", store.folder)[0] == 0
    assert store.current() == before


def test_batch_never_replaces_an_input_or_another_result(
    run: Run, shared_store: Store, tmp_path: Path
) -> None:
    """Exit code 2, and everything is still there."""
    for name in ("a.csv", "a.tsv", "b.jsonl"):
        (tmp_path / name).write_text(f"text\n{TEXT}\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    models = ("--models", shared_store.folder)
    both = (tmp_path / "a.csv", tmp_path / "a.tsv", "--format", "jsonl")
    assert run("batch", *both, "--out", tmp_path / "out", *models)[0] == 2
    assert run("batch", tmp_path / "b.jsonl", "--out", tmp_path, "--restart", *models)[0] == 2
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_batch_says_how_it_reads_and_hides_the_texts(
    run: Run, shared_store: Store, tmp_path: Path
) -> None:
    """Columns, encoding and size on standard error; the texts only with --preview."""
    source, out = tmp_path / "in.csv", tmp_path / "out.xlsx"
    source.write_text(f"编号,来信内容,标题\n7,{TEXT},某题\n", encoding="gbk")
    models = ("--models", shared_store.folder)
    code, shown, err = run("batch", source, "--out", out, *models)
    assert code == 0
    assert "out.xlsx: text: 来信内容, title: 标题, id: 编号, gb18030-2022" in err
    assert TEXT not in shown + err
    assert out.is_file()
    code, shown, err = run("batch", source, "--preview", *models)
    assert code == 0
    assert "text: 来信内容" in shown
    assert TEXT[:15] in shown
    assert run("batch", source, *models)[0] == 2


def test_batch_of_several_sheets_says_that_it_writes_a_folder(
    run: Run, shared_store: Store, tmp_path: Path
) -> None:
    """Although OUT looks like a file."""
    with xlsxwriter.Workbook(tmp_path / "in.xlsx") as book:
        for name in ("一月", "二月"):
            book.add_worksheet(name).write_column(0, 0, ["内容", TEXT])
    out = tmp_path / "out.csv"
    models = ("--models", shared_store.folder)
    code, _, err = run("batch", tmp_path / "in.xlsx", "--out", out, *models, "--format", "csv")
    assert code == 0
    assert "2 tables: their results go into the folder" in err
    assert "2 tables: 2 rows in, 2 rows out" in err
    assert (out / "in" / "二月.csv").is_file()


def test_batch_names_what_it_leaves_out(run: Run, shared_store: Store, tmp_path: Path) -> None:
    """Files of other kinds in a folder; a folder without any table is an error."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"x")
    command = ("batch", folder, "--out", tmp_path / "out", "--models", shared_store.folder)
    code, _, err = run(*command)
    assert code == 2
    assert "no table" in err
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    code, _, err = run(*command)
    assert code == 0
    assert "1 files of other kinds are left out: a.pdf" in err
    assert (tmp_path / "out" / "a.csv").is_file()


def test_batch_refuses_an_open_cluster(
    run: Run, shared_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2; one that cannot be reached is exit code 1."""
    monkeypatch.setattr(cluster, "CONNECT_S", 1)
    (tmp_path / "in.csv").write_text(f"text\n{TEXT}\n", encoding="utf-8")
    command = ("batch", tmp_path / "in.csv", "--out", tmp_path / "o.csv")
    models = ("--models", shared_store.folder)
    assert run(*command, *models, "--cluster", "tcp://192.0.2.1:8786")[0] == 2
    code, _, err = run(*command, *models, "--cluster", "tcp://127.0.0.1:9")
    assert code == 1
    assert "cannot be reached" in err
