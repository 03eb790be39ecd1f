"""One odd file in the inbox is set aside with its reason; everybody else's is published, and nothing is looked at for ever."""

from __future__ import annotations

import errno
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include.deliveries import examine as check_delivery
from include.deliveries import inbox, leases, publish, read_inbox, receive
from include.deliveries.answer import REASON_SUFFIX, set_aside_files
from include.deliveries.attempts import ATTEMPTS
from include.deliveries.examine import check_feed
from include.deliveries.inbox import inbox_files, is_complete, look_again
from include.deliveries.publish import ingest_feed, publish_feed
from include.deliveries.receive import receive_inbox
from include.reading.refusal import ENDED, ReadingEnded
from include.review.workbook import FIELDS
from include.site import current_site
from include.warnings.export import export
from tests.deliveries.test_receive import UNEMPLOYED, UNEMPLOYED_ROW, ingest
from tests.files import person, uninsured_rows, write_xlsx

FEED = "medical_insurance__uninsured"


def good_file(home: Path) -> None:
    write_xlsx(home / "inbox" / "县人社局" / "未就业2024年3月.xlsx", UNEMPLOYED, UNEMPLOYED_ROW)


def outcomes() -> dict[str, str]:
    found = export(current_site(), "deliveries")
    return dict(zip(found["file"], found["status"], strict=True))


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]


def rename_to_bytes(path: Path, name: bytes) -> None:
    os.rename(os.fsencode(path), os.path.join(os.fsencode(path.parent), name))  # noqa: PTH104, PTH118


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("未参保2024年3月.xlsx".encode("gbk"), "未参保2024年3月.xlsx"),
        (b"2024-03-\xff\xfe.xlsx", "2024-03-%ff%fe.xlsx"),
        ("未参保\n2024年3月.xlsx".encode(), "未参保_2024年3月.xlsx"),
        (b"\xed\xa0\x80-2024-03.xlsx", None),
    ],
    ids=["gbk", "no encoding", "line break", "surrogate"],
)
def test_a_file_name_in_any_bytes_is_taken_under_a_readable_one(home: Path, name: bytes, shown: str | None) -> None:
    rename_to_bytes(write_xlsx(home / "inbox" / "县医保局" / "x.xlsx", *uninsured_rows("张三")), name)
    good_file(home)
    ingest()
    found = outcomes()
    assert set(found.values()) == {"published"} and len(found) == 2
    assert shown is None or shown in found
    assert all(file.isprintable() and file.encode() for file in found)


def test_a_folder_name_in_gbk_is_its_department(home: Path) -> None:
    folder = write_xlsx(home / "inbox" / "x" / "2024年3月.xlsx", *uninsured_rows("张三")).parent
    rename_to_bytes(folder, "县医保局".encode("gbk"))
    good_file(home)
    ingest()
    assert set(outcomes().values()) == {"published"}


def test_an_unknown_folder_of_any_name_gets_its_notice_in_a_folder_of_ours(home: Path) -> None:
    for name in (b"..x", b"\xff" * 200, "部门".encode("gbk") * 50, b".. "):
        folder = write_xlsx(home / "inbox" / "x" / "2024年3月.xlsx", *uninsured_rows("张三")).parent
        rename_to_bytes(folder, name)
        if name.startswith(b"."):
            rename_to_bytes(home / "inbox" / name.decode(), b"_" + name)
    ingest()
    assert set(export(current_site(), "deliveries")["status"]) <= {"refused", "duplicate"}
    letters = files_below(home / "returns")
    assert letters and all((home / "returns") in letter.resolve().parents for letter in letters)


def test_a_field_longer_than_csv_takes_stops_nobody(home: Path) -> None:
    head, row = uninsured_rows("张三")
    path = home / "inbox" / "县医保局" / "未参保2024年3月.csv"
    path.parent.mkdir(parents=True)
    lines = [head, row, (*row[:-1], "长" * 140_000)]
    path.write_text("\n".join(",".join(map(str, line)) for line in lines), "utf-8")
    good_file(home)
    ingest()
    found = outcomes()
    assert found["未就业2024年3月.xlsx"] == "published"
    assert found["未参保2024年3月.csv"] in ("set_aside", "refused", "published")
    assert files_below(home / "inbox") == []


def test_a_review_workbook_with_a_very_long_name_is_answered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good_file(home)
    heads = [field.label for field in FIELDS]
    line = {"决定": "采纳", "经办人": "某人", "核定编号": "{}"}
    path = home / "inbox" / "县乡村振兴局" / f"{'核' * 80}.xlsx"
    write_xlsx(path, heads, [line.get(head, "") for head in heads])
    ingest()
    found = outcomes()
    assert found["未就业2024年3月.xlsx"] == "published" and found[path.name] in ("published", "refused")
    assert files_below(home / "inbox") == [] and files_below(home / "returns")


def link_to_file(place: Path, other: Path) -> None:
    (place / "链接.xlsx").symlink_to(other)


def link_to_folder(place: Path, other: Path) -> None:
    (place / "链接").symlink_to(other.parent)


def broken_link(place: Path, other: Path) -> None:
    (place / "链接.xlsx").symlink_to(other / "没有")


def pipe(place: Path, other: Path) -> None:
    os.mkfifo(place / "管道.xlsx")


def unix_socket(place: Path, other: Path) -> None:
    here = Path.cwd()
    os.chdir(place)  # the name of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("套接字.xlsx")
    finally:
        os.chdir(here)


def second_name(place: Path, other: Path) -> None:
    (place / "硬链接.xlsx").hardlink_to(other)


@pytest.mark.parametrize("plant", [link_to_file, link_to_folder, broken_link, pipe, unix_socket, second_name])
def test_what_is_no_file_of_its_own_is_not_opened_and_told_once(home: Path, plant: Any) -> None:
    (home / "county").mkdir(parents=True)
    shipped = current_site().county_file("county.yml").read_text("utf-8")
    (home / "county" / "county.yml").write_text(shipped.replace("quiet_seconds: 60", "quiet_seconds: 0"), "utf-8")
    secret = write_xlsx(home / "elsewhere" / "别的部门2024年3月.xlsx", *uninsured_rows("李四"))
    place = home / "inbox" / "县医保局"
    place.mkdir(parents=True)
    plant(place, secret)
    good_file(home)
    ingest()
    found = export(current_site(), "deliveries")
    assert sorted(found["status"]) == ["published", "set_aside"]
    (reason,) = found.loc[found["status"] == "set_aside", "reason"]
    assert "请" in reason and not found["sha256"].isna().any()
    assert [item.reason for item in set_aside_files(current_site())] == [reason]
    assert receive_inbox(current_site()) == [] and len(export(current_site(), "deliveries")) == 2
    assert inbox_files(current_site()) == []
    assert not any("李四".encode() in path.read_bytes() for path in files_below(home / "returns"))


NOT_SENT = (
    *(".stversions/旧.xlsx", ".sync/旧.xlsx", "#recycle/旧.xlsx", "@eaDir/旧.xlsx", "$RECYCLE.BIN/旧.xlsx", ".Trash-0/旧.xlsx"),
    *("Thumbs.db", "desktop.ini", ".DS_Store", "~$名单.xlsx", ".~lock.名单.xlsx#", "._名单.xlsx", "名单.lnk", "名单.url"),
    *(
        "名单.bak",
        "名单.xlk",
        "名单.xlsx~",
        "名单.xlsx.downloading",
        "名单.crdownload",
        "名单.xlsx.part",
        "名单.tmp",
        "名单.xltd",
    ),
)


def test_files_of_systems_and_sync_programs_are_passed_over_and_logged_once(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = home / "inbox" / "县医保局"
    rows = uninsured_rows("张三")
    for name in NOT_SENT:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_xlsx(path, *rows) if name.endswith("旧.xlsx") else path.write_bytes(b"x")
    (place / "新建文本文档.txt").touch()
    good_file(home)
    caplog.set_level(logging.INFO)
    ingest()
    assert outcomes() == {"未就业2024年3月.xlsx": "published"}
    with (place / "名单.xlsx.part").open("ab") as growing:  # what changes all the time is told once all the same
        growing.write(b"x")
    write_xlsx(place / "#recycle" / "更旧.xlsx", *rows)
    receive_inbox(current_site())
    told = [record.getMessage() for record in caplog.records if "不是报送的数据" in record.getMessage()]
    assert len(told) == 1 and f" {len(NOT_SENT) + 1} 个" in told[0]


@pytest.fixture
def immovable(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of the inbox that nothing can be removed from."""
    real = os.unlink

    def refuse(path: Any, *given: Any, **named: Any) -> None:
        if "/inbox/县医保局/" in os.fspath(path):
            raise PermissionError(errno.EACCES, "Permission denied")
        real(path, *given, **named)

    monkeypatch.setattr(os, "unlink", refuse)
    yield
    monkeypatch.undo()


def test_a_file_that_cannot_be_removed_is_received_once(home: Path, immovable: None) -> None:
    path = write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    good_file(home)
    ingest()
    assert set(outcomes().values()) == {"published"} and path.exists()
    assert inbox_files(current_site()) == [] and receive_inbox(current_site()) == []
    for mark in (home / "work" / "left").iterdir():
        os.rename(mark, home / mark.name)  # noqa: PTH104  (what lies under work/ may be deleted at any time)
    assert receive_inbox(current_site()) == [] and len(export(current_site(), "deliveries")) == 2
    write_xlsx(path, *uninsured_rows("张三", "李四"))  # a new file in its place is another one
    assert [item.status for item in receive_inbox(current_site())] == ["waiting"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENAMETOOLONG])
def test_a_file_that_cannot_be_read_is_moved_aside_and_can_be_put_back(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    good_file(home)
    real = os.open

    def refuse(name: Any, *given: Any, **named: Any) -> int:
        if given[:1] == (leases.OPEN_FLAGS,) and os.fspath(name) == str(path):
            raise OSError(number, os.strerror(number))
        return real(name, *given, **named)

    with monkeypatch.context() as broken:
        broken.setattr(os, "open", refuse)
        broken.setattr(inbox, "_is_quiet", lambda *_: True)
        for _ in range(ATTEMPTS):
            ingest()
    assert outcomes() == {path.name: "set_aside", "未就业2024年3月.xlsx": "published"}
    (item,) = set_aside_files(current_site())
    assert item.sender == "medical_insurance" and "读不出来" in item.reason and "请" in item.reason
    (moved,) = [entry for entry in files_below(home / "set_aside") if not entry.name.endswith(REASON_SUFFIX)]
    assert files_below(home / "inbox") == [] and list((home / "returns").rglob("*_搁置.xlsx"))
    moved.rename(path)
    ingest()
    assert (
        export(current_site(), "deliveries")["status"].tolist().count("published") == 2 and set_aside_files(current_site()) == []
    )


def test_a_reading_that_ends_is_tried_again_and_then_set_aside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    good_file(home)
    real = read_inbox.open_workbook

    def ends(source: Any, file_name: str) -> Any:
        if file_name == path.name:
            raise ReadingEnded("signal")
        return real(source, file_name)

    monkeypatch.setattr(read_inbox, "open_workbook", ends)
    for _ in range(ATTEMPTS - 1):
        ingest()
        assert outcomes() == {"未就业2024年3月.xlsx": "published"} and path.exists()
    ingest()
    assert outcomes()[path.name] == "set_aside" and ENDED["signal"] in set_aside_files(current_site())[0].reason


def test_a_reading_that_ends_once_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    with monkeypatch.context() as killed:
        killed.setattr(read_inbox, "open_workbook", lambda *_: (_ for _ in ()).throw(ReadingEnded("signal")))
        assert receive_inbox(current_site()) == []
    ingest()
    assert outcomes() == {"未参保2024年3月.xlsx": "published"}
    assert files_below(home / "work" / "attempts") == []


def test_a_full_disk_is_nobodys_fault_and_what_was_read_before_is_recorded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good_file(home)
    later = write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    os.utime(home / "inbox" / "县人社局" / "未就业2024年3月.xlsx", (1, 1))
    real = read_inbox.keep

    def full(site: Any, content: Any) -> str:
        if not list(home.rglob("*.age")):
            return real(site, content)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as crowded:
        crowded.setattr(read_inbox, "keep", full)
        with pytest.raises(RuntimeError):
            receive_inbox(current_site())
    assert outcomes() == {"未就业2024年3月.xlsx": "waiting"} and later.exists()
    ingest()
    assert later.name in outcomes() and set(outcomes().values()) <= {"published", "waiting"}


@pytest.mark.parametrize("step", ["_finish", "keep_cells"])
def test_a_crash_after_the_recording_doubles_nothing(home: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    with monkeypatch.context() as crash:
        crash.setattr(receive, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            receive_inbox(current_site())
    (again,) = receive_inbox(current_site())  # recorded and never announced: it is announced now, and its file is taken away
    assert again.status == "waiting" and files_below(home / "inbox") == []
    publish_feed(current_site(), FEED, check_feed(current_site(), FEED))
    assert outcomes() == {"未参保2024年3月.xlsx": "published"}


def test_a_delivery_that_cannot_be_checked_is_set_aside_and_its_feed_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("张三", "李四"), start=1):
        write_xlsx(home / "inbox" / "县医保局" / f"{number}_2024年3月.xlsx", *uninsured_rows(name))
    receive_inbox(current_site())
    monkeypatch.setattr(publish, "RETRY_SECONDS", 0)
    real = check_delivery._check_rows

    def breaks(site: Any, delivery: Any, *given: Any) -> Any:
        if delivery.file_name.startswith("1_"):
            raise ValueError(f"could not convert {person('张三')}")
        return real(site, delivery, *given)

    monkeypatch.setattr(check_delivery, "_check_rows", breaks)
    assert ingest_feed(current_site(), FEED) == ["2024-03"]
    assert outcomes() == {"1_2024年3月.xlsx": "set_aside", "2_2024年3月.xlsx": "published"}
    (item,) = set_aside_files(current_site())
    assert person("张三") not in item.reason
    (copy,) = [path for path in files_below(home / "set_aside") if not path.name.endswith(REASON_SUFFIX)]
    monkeypatch.undo()
    copy.rename(home / "inbox" / "县医保局" / copy.name)


def test_a_delivery_that_cannot_be_published_is_set_aside_and_others_go_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("张三", "李四"), start=1):
        write_xlsx(home / "inbox" / "县医保局" / f"{number}_2024年3月.xlsx", *uninsured_rows(name))
    receive_inbox(current_site())
    monkeypatch.setattr(publish, "RETRY_SECONDS", 0)
    real = publish._merge_by_row_key

    def breaks(connection: Any, delivery: Any, *given: Any) -> int:
        if delivery.file_name.startswith("1_"):
            connection.execute("select cast('x' as integer)")
        return real(connection, delivery, *given)

    monkeypatch.setattr(publish, "_merge_by_row_key", breaks)
    assert ingest_feed(current_site(), FEED) == ["2024-03"]
    assert outcomes() == {"1_2024年3月.xlsx": "set_aside", "2_2024年3月.xlsx": "published"}


def another_owner_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a file of another owner: the kernel refuses the lease (EACCES)."""
    real = leases.fcntl.fcntl

    def refuse(handle: int, command: int, *given: Any) -> Any:
        if command == leases.fcntl.F_SETLEASE:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(handle, command, *given)

    monkeypatch.setattr(leases.fcntl, "fcntl", refuse)


def test_where_nobody_can_tell_half_a_file_is_not_received(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    another_owner_cannot_tell(monkeypatch)
    path = write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    assert receive_inbox(current_site()) == [] and path.exists()
    changed = path.stat().st_ctime
    monkeypatch.setattr(inbox.time, "time", lambda: changed + 61)
    assert [item.status for item in receive_inbox(current_site())] == ["waiting"]


def test_where_nobody_can_tell_a_rename_says_that_it_is_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    another_owner_cannot_tell(monkeypatch)
    path = home / "inbox" / "县医保局" / "未参保2024年3月.xlsx"
    part = write_xlsx(path.with_name(path.name + ".part"), *uninsured_rows("张三"))
    assert receive_inbox(current_site()) == []
    part.rename(path)
    assert [item.status for item in receive_inbox(current_site())] == ["waiting"]


def test_a_share_whose_clock_is_ahead_has_its_quiet_time_counted_here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    another_owner_cannot_tell(monkeypatch)
    path = write_xlsx(home / "inbox" / "县医保局" / "x.csv", ("a",))
    os.utime(path, (4_000_000_000, 4_000_000_000))
    entry = look_again(path, "县医保局")
    assert entry and not is_complete(current_site(), entry)
    (mark,) = (home / "work" / "watched").iterdir()
    os.utime(mark, (1, 1))
    assert is_complete(current_site(), entry)


def test_the_case_with_a_gbk_name(home: Path) -> None:
    """As the case files' maker writes it: a list of 县农水局 whose name is GBK bytes."""
    heads = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
    row = ("张三", person("张三"), "旌阳镇", "华丰村", "茶叶", "冻害", "15000", "2024-03-01")
    rename_to_bytes(write_xlsx(home / "inbox" / "县农水局" / "19.xlsx", heads, row), "产业受损2024年3月.xlsx".encode("gbk"))
    good_file(home)
    ingest()
    assert outcomes() == {"产业受损2024年3月.xlsx": "published", "未就业2024年3月.xlsx": "published"}
