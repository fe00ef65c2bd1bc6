r"""arXiv's daily mailing: as mail in any encoding, as bare text, old and new."""

from __future__ import annotations

import base64
import quopri
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.readers import Reading, read_digest
from explorer.readers.shared.arxiv_fields import author_names, first_doi, without_announcement
from tests.helpers.corpus import ROOT

REAL = ROOT.parent / "shared" / "data" / "digests" / "arxiv_email"
SAMPLE = ROOT / "tests" / "samples" / "arxiv-mailing.eml"
RULE = "-" * 78
ENTRY = r"""\\
arXiv:2411.00001
Date: Sat, 2 Nov 2024 00:16:29 GMT   (1531kb,D)

Title: Reading Mail
Authors: Ada Lovelace and Nicolas Long\'ep\'e
Categories: cs.DL
\\
  We read mail.
\\ ( https://arxiv.org/abs/2411.00001 ,  1531kb)
"""


def read(text: str | bytes, folder: Path) -> Reading:
    path = folder / "mailing"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_digest(path, name="mailing")


def test_digest_date_is_the_later_of_header_and_span() -> None:
    assert {p.sources[0].date for p in read_digest(SAMPLE).papers} == {"2024-11-07"}


def test_bare_text_is_dated_by_its_span(tmp_path: Path) -> None:
    head = " received from  Tue  5 Nov 24 19:00:00 GMT  to  Wed  6 Nov 24 19:00:00 GMT\n"
    (paper,) = read(f"{RULE}\n{head}{RULE}\n{ENTRY}", tmp_path).papers
    assert (paper.sources[0].date, paper.sources[0].line) == ("2024-11-06", 5)
    (paper,) = read(ENTRY, tmp_path).papers
    assert (paper.sources[0].date, paper.sources[0].line) == ("", 2)
    assert paper.authors == ("Ada Lovelace", "Nicolas Long\\'ep\\'e")


def test_an_entry_that_lost_its_id_is_read_nonetheless(tmp_path: Path) -> None:
    lost = ENTRY.replace("00001", "00002").replace("Reading", "Sending")
    lost = lost.replace("arXiv:2411.00002\n", "", 1).replace("2024", "2023", 1)
    _, paper = read(f"{RULE}\n{ENTRY}{RULE}\n{lost}{RULE}\n", tmp_path).papers
    assert (paper.title, paper.abstract, paper.date) == (
        "Sending Mail",
        "We read mail.",
        "2023-11-02",
    )
    assert (paper.arxiv, paper.sources[0].line) == ("2411.00002", 14)


def test_entries_without_rules_between_them_stay_apart(tmp_path: Path) -> None:
    second = ENTRY.replace("00001", "00002").replace("Reading", "Sending")
    reading = read(ENTRY + second, tmp_path)
    assert [(p.title, p.arxiv, p.sources[0].line) for p in reading.papers] == [
        ("Reading Mail", "2411.00001", 2),
        ("Sending Mail", "2411.00002", 12),
    ]
    assert [p.abstract for p in reading.papers] == ["We read mail.", "We read mail."]


def test_line_ends_of_mail(tmp_path: Path) -> None:
    (paper,) = read(f"{RULE}\n{ENTRY}".replace("\n", "\r\n"), tmp_path).papers
    assert (paper.title, paper.sources[0].line) == ("Reading Mail", 3)


def test_lone_breaks_inside_an_abstract_are_kept(tmp_path: Path) -> None:
    text = ENTRY.replace("  We read mail.\n", "  One\n\\\\\nTwo\n")
    (paper,) = read(text, tmp_path).papers
    assert paper.abstract == r"One \\ Two"


def test_old_mailings(tmp_path: Path) -> None:
    text = rf"""{RULE}
\\
Paper (*cross-listing*): cs.AI/9901001
From: Grace Hopper <hopper@example.org>
Date: Fri, 1 Jan 1999 10:00:00 GMT   (20kb)
Date (revised v2): Sat, 2 Jan 1999 10:00:00 GMT   (21kb)

Title: Compiling
Authors: Grace Hopper (1), A. Turing (2 and 3) ((1) Yale, (2) Manchester)
Comments: 4 pages
Subj-class: Artificial Intelligence; Programming Languages
Journal-ref: J. Comp.
  1 (1999)
\\
  We compile.
\\ ( http://arXiv.org/abs/cs.AI/9901001 ,  20kb)
"""
    (paper,) = read(text, tmp_path).papers
    assert (paper.arxiv, paper.date, paper.venue) == (
        "cs.ai/9901001",
        "1999-01-01",
        "J. Comp. 1 (1999)",
    )
    assert paper.authors == ("Grace Hopper", "A. Turing")
    assert paper.categories == ("Artificial Intelligence", "Programming Languages")


def test_entry_without_title_is_rejected_with_its_line(tmp_path: Path) -> None:
    torn = "\\\\\narXiv:2411.00009\nAuthors: Nobody\n\\\\\n  Text.\n\\\\ ( https://x.org )\n"
    reading = read(f"{ENTRY}{RULE}\n{torn}", tmp_path)
    assert len(reading.papers) == 1
    assert [(r.line, r.reason) for r in reading.rejections] == [(13, "no title")]


@pytest.mark.parametrize("how", ["quoted-printable", "base64", "8bit"])
def test_encoded_bodies(how: str, tmp_path: Path) -> None:
    body = f"{RULE}\n{ENTRY}{RULE}\n{ENTRY.replace('00001', '00002')}".replace(
        "We read mail", "We read März = 3, in lines that are long enough to be broken " + "x" * 60
    ).encode()
    encoders: dict[str, Callable[[bytes], bytes]] = {
        "quoted-printable": quopri.encodestring,
        "base64": base64.encodebytes,
        "8bit": bytes,
    }
    encoded = encoders[how](body)
    head = (
        "From hopper@example.org Thu Nov  7 00:45:57 2024\n"
        "Received: by example.org;\n\tThu, 7 Nov 2024 01:00:00 -0500\n"
        "Date: Thu, 7 Nov 2024 00:45:57 -0500\nReply-To: cs@arXiv.org\n"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {how}\n\n"
    )
    reading = read(head.encode() + encoded, tmp_path)
    assert (reading.format, reading.rejections) == ("mail", ())
    assert [p.arxiv for p in reading.papers] == ["2411.00001", "2411.00002"]
    assert {p.sources[0].date for p in reading.papers} == {"2024-11-07"}
    assert reading.papers[0].abstract.startswith("We read März = 3, in lines that")
    first, second = (p.sources[0].line for p in reading.papers)
    assert 8 < first < second <= (head.encode() + encoded).count(b"\n")


def test_multipart_mail_is_read_from_its_plain_part(tmp_path: Path) -> None:
    text = (
        "Date: Thu, 7 Nov 2024 00:45:57 -0500\nMIME-Version: 1.0\n"
        'Content-Type: multipart/alternative; boundary="b1"\n\nPreamble.\n'
        f"--b1\nContent-Type: text/plain\n\n{ENTRY}"
        f"--b1\nContent-Type: text/html\n\n<p>{ENTRY}</p>\n--b1--\n"
    )
    (paper,) = read(text, tmp_path).papers
    assert (paper.title, paper.sources[0].line) == ("Reading Mail", 10)


def test_a_mailbox_gives_each_mail_its_date(tmp_path: Path) -> None:
    mails = "".join(
        f"From no-reply@arXiv.org Thu Nov  {day} 00:45:57 2024\n"
        f"Date: Thu, {day} Nov 2024 00:45:57 -0500\n\n{RULE}\n{ENTRY}\n"
        for day in (7, 8)
    )
    reading = read(mails, tmp_path)
    assert [p.sources[0].date for p in reading.papers] == ["2024-11-07", "2024-11-08"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A. One, B. Two, Jr. and C. Three", ("A. One", "B. Two, Jr.", "C. Three")),
        ("A. One (MIT (USA)), and B. Two et al.", ("A. One", "B. Two")),
        ("The X Collaboration: A. One, B. Two", ("The X Collaboration", "A. One", "B. Two")),
        ("Alexandra Anderson", ("Alexandra Anderson",)),
        ("", ()),
    ],
)
def test_author_lists(text: str, names: tuple[str, ...]) -> None:
    assert author_names(text) == names


def test_several_dois_and_announcements() -> None:
    assert first_doi("10.1/x") == ""
    assert first_doi("10.1103/A.1, 10.1103/B;10.1103/C") == "10.1103/a.1"
    head = "arXiv:2508.13426v1 Announce Type: replace-cross \nAbstract: Text."
    assert without_announcement(head) == ("2508.13426", "replace-cross", "Text.")
    assert without_announcement("Text.") == ("", "", "Text.")


@pytest.mark.parametrize(
    "text",
    [
        ENTRY + "\\\\\n" * 100_000,
        ENTRY + ("arXiv:2411.00001\n" * 50_000),
        ENTRY.replace("Ada", "(" * 200_000),
        "\\\\\narXiv:2411.00001\nTitle: x\n" + "  y\n" * 300_000,
    ],
    ids=["breaks", "ids", "parentheses", "endless title"],
)
def test_hostile_mailings_are_read_in_seconds(text: str, tmp_path: Path) -> None:
    start = time.process_time()
    reading = read(text, tmp_path)
    assert reading.papers or reading.rejections
    assert time.process_time() - start < 5


@pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real digests is not here")
def test_real_mailing() -> None:
    reading = read_digest(REAL / "cs_daily_2024-11-07.eml")
    assert (reading.format, len(reading.papers), reading.rejections) == ("arxiv-mailing", 180, ())
    new = [p for p in reading.papers if p.abstract]
    assert len(new) == 108  # 84 submissions and 24 cross-lists; 72 replacements have none
    assert all(p.date for p in new)
    assert all(p.arxiv and p.authors and p.categories and p.url for p in reading.papers)
    assert {p.sources[0].date for p in reading.papers} == {"2024-11-07"}
    first, last = reading.papers[0], reading.papers[-1]
    assert (first.sources[0].line, last.sources[0].line) == (26, 4090)
    assert first.title.endswith("Transcribe Handwritten Historical Documents")
    assert first.authors[-1] == "Elizabeth Spence"
    assert (last.arxiv, last.date) == ("2406.04815", "")
    (journal,) = [p for p in reading.papers if p.arxiv == "2110.00675"]
    assert journal.doi == "10.1016/j.arcontrol.2021.10.001"
    assert journal.venue.startswith("Annual Reviews in Control; Volume 52; 2021")
