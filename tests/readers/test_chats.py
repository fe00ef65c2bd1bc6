"""Exports of chats: which messages name a paper, by what title, and what is left out."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from explorer.readers import Reading, read_digest, read_digests

ABSTRACT = (
    "We study how messages are read. Readers skim titles first and open few of them, which a "
    "simple model of attention explains well on three invented logs."
)


def message(text: object, **fields: object) -> dict[str, Any]:
    return {
        "id": 1,
        "type": "message",
        "date": "2024-11-08T10:00:00",
        "date_unixtime": "1731060000",
        "from": "Jane Doe",
        "from_id": "user1",
        "text": text,
        **fields,
    }


def telegram(folder: Path, *messages: dict[str, Any]) -> Reading:
    path = folder / "result.json"
    chat = {"name": "Papers", "type": "public_channel", "id": 1, "messages": list(messages)}
    path.write_text(json.dumps(chat, indent=1))
    reading = read_digest(path)
    assert reading.format == "telegram"
    return reading


LINK = {"type": "link", "text": "https://arxiv.org/abs/2411.00001"}


@pytest.mark.parametrize(
    "text",
    [
        ["Stable Maps of Science\n", LINK],
        ["🔥 New paper: Stable Maps of Science\n\n", LINK, "\n#maps"],
        [{"type": "bold", "text": "Stable Maps of Science"}, "\nIt is good.\n", LINK],
        ["Look at ", {"type": "text_link", "text": "Stable Maps of Science", "href": LINK["text"]}],
        "Stable Maps of Science https://arxiv.org/pdf/2411.00001v2",
        ["1. Stable Maps of Science ", {"type": "link", "text": "arxiv.org/abs/2411.00001"}],
        [LINK, "\nStable Maps of Science\nCode: ", {"type": "link", "text": "github.com/a/b"}],
    ],
)
def test_titles_of_messages(tmp_path: Path, text: object) -> None:
    (paper,) = telegram(tmp_path, message(text)).papers
    assert (paper.title, paper.arxiv) == ("Stable Maps of Science", "2411.00001")
    assert (paper.sources[0].date, paper.date, paper.abstract) == ("2024-11-08", "", "")


def test_labelled_fields_of_a_message(tmp_path: Path) -> None:
    text = ["Stable Maps\n\nAuthors: Jane Doe, Richard Roe\n\nAbstract: ", ABSTRACT, "\n\n", LINK]
    (paper,) = telegram(tmp_path, message(text)).papers
    assert (paper.authors, paper.abstract) == (("Jane Doe", "Richard Roe"), ABSTRACT)


def test_messages_without_papers_are_counted(tmp_path: Path) -> None:
    reading = telegram(
        tmp_path,
        message("Good morning!"),
        message(["See ", {"type": "link", "text": "https://news.example/a"}]),
        message(["Stable Maps\n", LINK]),
        message([LINK]),
        {"id": 5, "type": "service", "date": "2024-11-08T10:00:00", "actor": "x", "text": ""},
    )
    assert [p.title for p in reading.papers] == ["Stable Maps"]
    assert [r.reason for r in reading.rejections] == [
        "a link to a paper without a title beside it",
        "3 messages without a link to a paper",
    ]
    assert "Jane Doe" not in repr(reading)


def test_all_chats_of_an_account(tmp_path: Path) -> None:
    chats = [
        {"name": "A", "id": 1, "messages": [message(["Stable Maps\n", LINK])]},
        {"name": "B", "id": 2, "messages": [message(["Second Maps\n", LINK])]},
    ]
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"about": "x", "chats": {"about": "y", "list": chats}}))
    reading = read_digest(path)
    assert (reading.format, [p.title for p in reading.papers]) == (
        "telegram",
        ["Stable Maps", "Second Maps"],
    )


def slack(folder: Path, content: object, name: str = "2024-11-08.json") -> Reading:
    path = folder / name
    path.write_text(json.dumps(content))
    reading = read_digest(path)
    assert reading.format == "slack"
    return reading


def said(text: str, **fields: object) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": text, "ts": "1731060000.000200", **fields}


def preview(title: str, address: str, text: str = "") -> dict[str, str]:
    return {"title": title, "title_link": address, "text": text, "service_name": "arXiv.org"}


def test_previews_of_links_have_the_title(tmp_path: Path) -> None:
    address = "https://arxiv.org/abs/2411.00001"
    reading = slack(
        tmp_path,
        [
            said(
                f"<{address}>", attachments=[preview("[2411.00001] Stable Maps", address, ABSTRACT)]
            ),
            said(
                f"<{address}> and <https://doi.org/10.1000/x.2|Second Maps of Science>",
                attachments=[preview("Stable Maps", address, "We study how messages are…")],
            ),
            said("*Third Maps &amp; More*\n<https://openreview.net/forum?id=abcDEF1234|paper>"),
            said("lunch?", reactions=[]),
        ],
    )
    assert [(p.title, *p.known_as) for p in reading.papers] == [
        ("Stable Maps", "arxiv:2411.00001"),
        ("Stable Maps", "arxiv:2411.00001"),
        ("Second Maps of Science", "doi:10.1000/x.2"),
        ("Third Maps & More", "openreview:abcDEF1234"),
    ]
    assert [p.abstract for p in reading.papers] == [ABSTRACT, "", "", ""]
    assert {p.sources[0].date for p in reading.papers} == {"2024-11-08"}
    assert [r.reason for r in reading.rejections] == ["1 message without a link to a paper"]


def test_members_and_channels_are_refused(tmp_path: Path) -> None:
    user = {"id": "U1", "team_id": "T1", "name": "jane", "profile": {"email": "jane@example.com"}}
    channel = {"id": "C1", "name": "papers", "created": 1, "members": ["U1"], "purpose": {}}
    for content, what in ((user, "users"), (channel, "channels")):
        reading = slack(tmp_path, [content, content], f"{what}.json")
        assert reading.papers == ()
        (rejection,) = reading.rejections
        assert rejection.reason == f"the {what} of a Slack workspace, which name no papers"
        assert "jane" not in repr(reading)


def test_an_exported_workspace(tmp_path: Path) -> None:
    path = tmp_path / "workspace.zip"
    with zipfile.ZipFile(path, "w") as archive:
        day = [said("Stable Maps of Science\n<https://arxiv.org/abs/2411.00001>")]
        archive.writestr("papers/2024-11-08.json", json.dumps(day))
        archive.writestr("users.json", json.dumps([{"id": "U1", "team_id": "T1", "profile": {}}]))
    readings = read_digests(path)
    assert [reading.format for reading in readings] == ["slack", "slack"]
    assert [p.title for p in readings[0].papers] == ["Stable Maps of Science"]


@pytest.mark.parametrize("stamp", ["", "x", "9" * 400, "nan", "-1e30", None])
def test_times_that_are_none(tmp_path: Path, stamp: object) -> None:
    content = said("Stable Maps\n<https://arxiv.org/abs/2411.00001>") | {"ts": stamp}
    (paper,) = slack(tmp_path, [content]).papers
    assert paper.sources[0].date == ""
