"""A backup put back is the home it was; a damaged one is not put back; an older ledger beside a newer archive is noticed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from include.recovery.backup import back_up, put_back
from include.recovery.missing import find_missing, take_back
from include.site import Site, current_site
from include.storage.warehouse import connect
from tests.deliveries.test_receive import ingest
from tests.files import person, uninsured_rows, write_xlsx
from tests.recovery.conftest import run


def rows(table: str = "raw.medical_insurance__uninsured") -> list[tuple[object, ...]]:
    with connect(current_site()) as connection:
        return connection.execute(
            f"select * exclude (delivery_id, row_id, received_at, modified_at) from {table} order by all"
        ).fetchall()


def newest(folder: Path) -> Path:
    return max(path for path in folder.iterdir() if path.name[0].isdigit())


def test_a_backup_put_back_is_the_home_it_was(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = rows()
    code, said = run("backup", "--to", str(tmp_path / "backup"))
    assert code == 0 and "密钥不在备份里" in said and "本次新增 6 份" in said, "three files with an envelope each"
    files = [path for path in (tmp_path / "backup").rglob("*") if path.is_file()]
    assert not [path for path in (tmp_path / "backup", *(tmp_path / "backup").rglob("*")) if path.stat().st_mode & 0o077]
    assert not any(path.read_bytes() == b"key\n" or person("张三").encode() in path.read_bytes() for path in files)
    manifest = json.loads((newest(tmp_path / "backup") / "manifest.json").read_text("utf-8"))
    assert manifest["entries"]["deliveries"] == 3 and manifest["files"].keys() >= {"warehouse/ledger.duckdb"}

    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "other"))
    code, said = run("restore", str(tmp_path / "backup"))
    assert code == 0 and "已恢复" in said and "台账没有记" not in said
    assert rows() == expected
    assert "台账没有记" not in run("status")[1]
    assert run("rebuild")[0] == 0


def test_another_backup_copies_only_what_is_new_of_the_archive(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    first = back_up(current_site(), target)
    first.folder.rename(target / "20240101-000000")
    write_xlsx(small / "inbox" / "县医保局" / "又一份2024年3月.xlsx", *uninsured_rows("王五"))
    ingest()
    again = back_up(current_site(), target)
    assert (first.copied, again.copied, again.archived) == (6, 2, 8)


def test_facts_alone_are_enough(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = rows()
    run("backup", "--to", str(tmp_path / "backup"), "--facts-only")
    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "other"))
    code, said = run("restore", str(newest(tmp_path / "backup")))
    assert code == 0 and "fangpin rebuild --swap" in said
    assert run("rebuild", "--swap")[0] == 0
    assert rows() == expected


def test_a_backup_in_the_home_does_not_hold_itself(small: Path) -> None:
    for _ in range(2):
        code, said = run("backup")
        assert code == 0 and "同一块磁盘" in said
        newest(small / "backup").rename(small / "backup" / "20240101-000000") if _ == 0 else None
    assert not list((small / "backup").glob("*/backup"))


@pytest.mark.parametrize("damaged", ["warehouse/ledger.duckdb", "returns", "archive", "missing", "manifest.json", "key"])
def test_a_damaged_backup_is_not_put_back(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str) -> None:
    backup = back_up(current_site(), tmp_path / "backup").folder
    if damaged == "archive":
        victim = next(path for path in sorted((tmp_path / "backup" / "archive").rglob("*.age")) if ".from." not in path.name)
    elif damaged == "returns":
        victim = next(iter(sorted((backup / "returns").rglob("*.xlsx"))))
    elif damaged == "missing":
        victim = backup / "warehouse" / "fangpin.duckdb"
        victim.unlink()
    else:
        victim = backup / damaged
    if damaged == "key":
        monkeypatch.setenv("FANGPIN_KEY", "another")
    elif damaged != "missing":
        victim.write_bytes(victim.read_bytes()[:-40] + b"x" * 20)
    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "other"))
    code, said = run("restore", str(tmp_path / "backup"))
    assert (code == 1 and "恢复" in said) or "备份" in said
    assert not (tmp_path / "other").exists() and not list(tmp_path.glob(".other*"))
    assert "坏" not in said.replace("已损坏", "").replace("损坏", ""), "no sender's file name"


def test_it_is_not_put_over_a_home_nor_without_the_key(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(current_site(), tmp_path / "backup")
    code, said = run("restore", str(tmp_path / "backup"))
    assert code == 1 and "里已有内容" in said and rows()
    monkeypatch.delenv("FANGPIN_KEY")
    monkeypatch.setenv("FANGPIN_KEY_FILE", str(tmp_path / "no" / "key"))
    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "other"))
    code, said = run("restore", str(tmp_path / "backup"))
    assert code == 1 and "没有密钥" in said
    assert not (tmp_path / "no").exists(), "no new key in its place"


def test_an_older_ledger_put_back_is_noticed_and_its_files_are_received_again(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "older"
    shutil.copytree(small / "warehouse", older, symlinks=True)
    write_xlsx(small / "inbox" / "县医保局" / "补报2024年3月.xlsx", *uninsured_rows("王五"))
    write_xlsx(small / "inbox" / "县医保局" / "同样的2024年3月.xlsx", *uninsured_rows("王五"))
    os.utime(small / "inbox" / "县医保局" / "补报2024年3月.xlsx", (1_709_000_000, 1_709_000_000))
    ingest()
    expected = rows()
    (small / "reports" / "2024-02").mkdir(parents=True)
    shutil.rmtree(small / "warehouse")
    shutil.copytree(older, small / "warehouse", symlinks=True)
    assert len(rows()) < len(expected)

    for command in ("status", "doctor"):
        said = "".join(run(command)[1].split())
        assert (
            "存档中有2份文件，台账没有记" in said and "fangpinrebuild--take-back" in said and "台账没有记的交办：2024-02" in said
        )
    shutil.rmtree(small / "work", ignore_errors=True)  # a home that was put back from a backup has none
    code, said = run("rebuild", "--take-back")
    assert code == 0 and "放回收件箱 2 份" in said
    back = small / "inbox" / "县医保局" / "补报2024年3月.xlsx"
    assert back.stat().st_mtime == 1_709_000_000 and not back.stat().st_mode & 0o077
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-08T08:00:00")
    ingest()
    assert rows() == expected
    assert not find_missing(current_site()).files
    assert take_back(current_site()) == (0, 0)


def test_what_an_earlier_release_archived_is_set_aside_for_somebody_to_claim(small: Path) -> None:
    site = current_site()
    with connect(current_site()) as connection:
        ((sha256,),) = connection.execute("select sha256 from ledger.deliveries where file_name = '坏.xlsx'").fetchall()
    for envelope in (small / "archive").rglob("*.from.age"):
        envelope.unlink()
    shutil.rmtree(small / "warehouse")
    missing = find_missing(site)
    assert missing.files == 3 and sha256 in missing.unclaimed and not missing.sent
    assert take_back(site) == (0, 3)
    assert "搁置" in run("status")[1]


def test_a_push_that_the_ledger_forgot_goes_back_to_where_it_lay(small: Path) -> None:
    site = current_site()
    lay = small / "inbox" / "县信访局" / "20240305-P0123456789abcdef0123" / "petition__case"
    write_xlsx(lay / "信访.xlsx", ("商品",), ("大米",))
    older = (small / "warehouse" / "ledger.duckdb").read_bytes()
    ingest()
    assert not lay.exists()
    (small / "warehouse" / "ledger.duckdb").write_bytes(older)
    (small / "push" / "receipts").mkdir(parents=True)
    (small / "push" / "receipts" / "P0123456789abcdef0123.json").write_text("{}", "utf-8")
    assert find_missing(site).receipts == 1
    take_back(site)
    assert (lay / "信访.xlsx").exists() and find_missing(site).receipts == 0


def test_no_envelope_leads_out_of_the_inbox(small: Path) -> None:
    from include.storage.archive import ArchiveError, archived_names, keep_envelope

    (sha256, *_) = sorted(archived_names(current_site())[0])
    for number, path in enumerate(("../county/county.yml", "/etc/x", "")):
        keep_envelope(current_site(), sha256, f"{number:032x}", {"path": path, "received_at": "", "modified_ns": "0"})
        with pytest.raises(ArchiveError, match="收件箱以外"):
            take_back(current_site())
        (small / "archive" / sha256[:2] / f"{sha256}.{number:032x}.from.age").unlink()


def test_put_back_reads_what_back_up_wrote_in_any_place(small: Path, tmp_path: Path) -> None:
    back_up(current_site(), tmp_path / "one", facts_only=True)
    moved = shutil.copytree(tmp_path / "one", tmp_path / "two")
    put_back(Site(tmp_path / "three"), moved)
    assert (tmp_path / "three" / "warehouse" / "ledger.duckdb").exists()
