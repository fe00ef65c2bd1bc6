"""Mail: alerts of several senders, how mail wraps them, and what is never kept or taken."""

from __future__ import annotations

import base64
import quopri
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from explorer.papers.paper import Paper
from explorer.readers import Reading, read_digest, read_digests
from explorer.readers.shared.redirects import public_address, unwrapped

SUBSCRIBER = "reader@example.com"
SNIPPET = "Invented text of a paper that does not exist, cut where the sender always cuts it …"
ABSTRACT = (
    "We study how mail is read. Readers skim titles first and open few of them, which a simple "
    "model of attention explains well on three invented logs."
)

SCHOLAR = f"""<!doctype html><html><body><div>
<h3 style="margin:0"><span>[HTML]</span> <a class="gse_alrt_title"
href="https://scholar.google.co.uk/scholar_url?url=https://www.example.org/a%3Fx%3D1&amp;hl=en&amp;ei=s3cr3t">
Placeholder Learning: A <b>Survey</b></a></h3>
<div style="color:#006621">J Doe, R Roe, E Poe… - Journal of <b>Examples</b>, 2023 - Springer</div>
<div class="gse_alrt_sni">{SNIPPET}</div>
<div><table><tr><td><a href="http://scholar.google.com/citations?update_op=email_library_add">
Save</a></td><td><a href="https://twitter.com/x">Tweet</a></td></tr></table></div><br>
<h3 style="margin:0"><a class="gse_alrt_title"
href="https://scholar.google.com/scholar_url?url=https://arxiv.org/pdf/2301.00002&amp;hl=en">
Second Pretend Recommendation</a></h3>
<div style="color:#006621">C Moe - arXiv preprint arXiv:2301.00002, 2023</div>
<div class="gse_alrt_sni">{SNIPPET}</div>
<p>This message was sent by Google Scholar because you're following new citations.</p>
<a href="https://scholar.google.com/scholar_alerts?view_op=list_alerts">List alerts</a>
<a href="https://scholar.google.com/scholar_alerts?view_op=cancel&amp;email={SUBSCRIBER}">Cancel
alert</a></div></body></html>"""

PAPER = "https://www.semanticscholar.org/paper/0123456789abcdef0123456789abcdef0123456"
PUBLICATION = "https://www.researchgate.net/publication/30000000"
SCIENCEDIRECT = (
    "https://click.notification.elsevier.com/CL0/https:%2F%2Fwww.sciencedirect.com%2Fscience"
    "%2Farticle%2Fpii%2FS000000000000000"
)

SEMANTIC_SCHOLAR = f"""<html><body><table><tr><td>Hi reader, here are new papers for your feed
</td></tr><tr><td><table>
<tr><td><a href="{PAPER}7?utm_source=alert_email&amp;email_index=0">Placeholder
Agents That Wait</a></td></tr>
<tr><td><span>Jane Doe</span>, <span>Richard Roe</span>, <span>+3 authors</span></td></tr>
<tr><td>ArXiv · 5 May 2023</td></tr>
<tr><td><b>TLDR:</b> {SNIPPET}</td></tr></table></td></tr>
<tr><td><table>
<tr><td><a href="{PAPER}8?utm_source=alert_email&amp;email_index=1">Second
Pretend Agent</a></td></tr>
<tr><td><span>Edgar Allan Poe</span></td></tr><tr><td>Journal of Examples · 2022</td></tr>
</table></td></tr><tr><td>You are receiving this because you have alerts.
<a href="https://www.semanticscholar.org/me/account">Manage your alerts</a></td></tr></table>
</body></html>"""

RESEARCHGATE = f"""<html><body><table><tr><td><h1>Jane, here is what to read</h1></td></tr>
<tr><td><a href="{PUBLICATION}1_Placeholder_Learning_for_Nobody?enrichId=rgreq-1">Placeholder
Learning for Nobody</a></td></tr>
<tr><td>Article</td></tr><tr><td>Full-text available · Jan 2020 · Journal of Examples</td></tr>
<tr><td>Jane Doe · Richard Roe</td></tr><tr><td>{ABSTRACT}</td></tr>
<tr><td><a href="{PUBLICATION}1?enrichId=1">View publication</a></td></tr>
<tr><td><a href="{PUBLICATION}2_Second_Pretend_Paper?enrichId=rgreq-1">Second
Pretend Paper</a></td></tr><tr><td>Preprint · Mar 2021</td></tr><tr><td>Edgar Poe</td></tr>
<tr><td>This message was sent to {SUBSCRIBER} by ResearchGate. To make sure you receive our
updates, add us to your address book. <a href="https://www.researchgate.net/x">Unsubscribe</a>
</td></tr></table>
</body></html>"""

PUBMED = """<html><body><p>This message contains My NCBI what's new results from the National Center
for Biotechnology Information.</p><p>Sent on Monday, 2023 Nov 13</p>
<div><b>1. <a href="https://pubmed.ncbi.nlm.nih.gov/38000001/?utm_source=Other&amp;fc=2020">Placeholder
therapy in imaginary disease.</a></b><br>Doe J, Roe R, Poe EA.<br>J Examples. 2023 Nov
12;12(3):123-130. doi: 10.1000/je.2023.1.<br>PMID: 38000001 <br>Free article.</div>
<div><b>2. <a href="https://pubmed.ncbi.nlm.nih.gov/38000002/?utm_source=Other">Second pretend
trial.</a></b><br>Moe C.<br>Ann Pretend. 2022 Feb;5:1.<br>PMID: 38000002</div>
<p>Edit saved search settings, or unsubscribe from these e-mail updates.</p></body></html>"""

BIORXIV = f"""<html><body><h2>bioRxiv Neuroscience alert</h2>
<p><a href="http://biorxiv.org/cgi/content/short/2023.01.02.500001v1?rss=1"><b>Placeholder neurons
wait for nothing</b></a><br>Doe, J., Roe, R., Poe, E. A.<br>bioRxiv, posted 3 January 2023<br>
doi: 10.1101/2023.01.02.500001<br>{ABSTRACT}</p>
<p><a href="http://biorxiv.org/cgi/content/short/2023.01.02.500002v1?rss=1"><b>Second pretend
cortex</b></a><br>Moe, C.<br>bioRxiv, posted 4 January 2023</p>
<p>To unsubscribe, visit your account.</p></body></html>"""

ELSEVIER = f"""<html><body><table><tr><td>ScienceDirect: Journal of Examples, Volume 12</td></tr>
<tr><td><p>Research article</p><p><a
href="{SCIENCEDIRECT}1%3Fdgcid=raven_sd_via_email/1/0100018c0123456789abcdef0123456789-000000/AbC=123">Placeholder
networks in practice</a></p><p>Jane Doe, Richard Roe</p><p>Article 104567</p><p>Available online 5
May 2023</p></td></tr>
<tr><td><p>Review article</p><p><a href="{SCIENCEDIRECT}2/1/0100018c">Second
pretend review</a></p><p>Edgar Poe</p><p>Available online 6 May 2023</p></td></tr>
<tr><td>This email has been sent to {SUBSCRIBER}. All rights reserved.</td></tr></table>
</body></html>"""

NATURE = f"""<html><body><h1>Nature Examples</h1><h2>Articles</h2>
<div><h3><a href="https://links.springernature.com/f/a/s3cr3tTOKEN0123456789012345678901234~~/AAR/">Placeholder
matter at room temperature</a></h3><p>Jane Doe, Richard Roe &amp; Edgar A. Poe</p>
<p>doi:10.1038/s00000-023-00001-1</p><p>{ABSTRACT}</p></div>
<div><h3><a href="https://links.springernature.com/f/a/another0123456789012345678901234~~/AAR/">Second
pretend crystal</a></h3><p>Carla Moe et al.</p><p>doi:10.1038/s00000-023-00002-2</p></div>
<p>You have received this because you asked for it.</p></body></html>"""

Found = tuple[str, tuple[str, ...], str, str | None]
"""Title, authors, date and venue; None for any venue."""
ALERTS: dict[str, tuple[str, list[Found]]] = {
    "scholar": (
        SCHOLAR,
        [
            (
                "Placeholder Learning: A Survey",
                ("J Doe", "R Roe", "E Poe"),
                "2023",
                "Journal of Examples",
            ),
            (
                "Second Pretend Recommendation",
                ("C Moe",),
                "2023",
                "arXiv preprint arXiv:2301.00002",
            ),
        ],
    ),
    "semantic scholar": (
        SEMANTIC_SCHOLAR,
        [
            ("Placeholder Agents That Wait", ("Jane Doe", "Richard Roe"), "2023-05-05", "ArXiv"),
            ("Second Pretend Agent", ("Edgar Allan Poe",), "2022", "Journal of Examples"),
        ],
    ),
    "researchgate": (
        RESEARCHGATE,
        [
            ("Placeholder Learning for Nobody", ("Jane Doe", "Richard Roe"), "2020-01", None),
            ("Second Pretend Paper", ("Edgar Poe",), "2021-03", ""),
        ],
    ),
    "pubmed": (
        PUBMED,
        [
            (
                "Placeholder therapy in imaginary disease",
                ("Doe J", "Roe R", "Poe EA"),
                "2023-11-12",
                "J Examples",
            ),
            ("Second pretend trial", ("Moe C",), "2022-02", "Ann Pretend"),
        ],
    ),
    "biorxiv": (
        BIORXIV,
        [
            (
                "Placeholder neurons wait for nothing",
                ("Doe, J.", "Roe, R.", "Poe, E. A."),
                "2023-01-03",
                None,
            ),
            ("Second pretend cortex", ("Moe, C.",), "2023-01-04", "bioRxiv"),
        ],
    ),
    "elsevier": (
        ELSEVIER,
        [
            ("Placeholder networks in practice", ("Jane Doe", "Richard Roe"), "2023-05-05", ""),
            ("Second pretend review", ("Edgar Poe",), "2023-05-06", ""),
        ],
    ),
    "nature": (
        NATURE,
        [
            (
                "Placeholder matter at room temperature",
                ("Jane Doe", "Richard Roe", "Edgar A. Poe"),
                "",
                "",
            ),
            ("Second pretend crystal", ("Carla Moe",), "", ""),
        ],
    ),
}


def mail(html: str = "", text: str = "", encoding: str = "quoted-printable") -> EmailMessage:
    message = EmailMessage()
    message["Date"] = "Tue, 14 Nov 2023 11:24:26 -0800"
    message["From"] = "Alerts <alerts@sender.example>"
    message["To"] = f"Reader <{SUBSCRIBER}>"
    message["Subject"] = "New articles"
    if text:
        message.set_content(text, cte=encoding)
    if html and text:
        message.add_alternative(html, subtype="html", cte=encoding)
    elif html:
        message.set_content(html, subtype="html", cte=encoding)
    return message


def read(folder: Path, content: EmailMessage | bytes | str, name: str = "alert.eml") -> Reading:
    path = folder / name
    if isinstance(content, EmailMessage):
        content = content.as_bytes()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reading = read_digest(path)
    assert reading.format == "mail"
    return reading


def everything(reading: Reading) -> str:
    return repr((reading.papers, reading.rejections))


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
@pytest.mark.parametrize("sender", ALERTS)
def test_alerts_give_papers_and_nothing_of_the_subscriber(
    tmp_path: Path, sender: str, encoding: str
) -> None:
    html, expected = ALERTS[sender]
    reading = read(tmp_path, mail(html, encoding=encoding))
    assert [(p.title, p.authors, p.date) for p in reading.papers] == [e[:3] for e in expected]
    for paper, (_, _, _, venue) in zip(reading.papers, expected, strict=True):
        assert venue in (None, paper.venue)
        assert paper.sources[0].date == "2023-11-14"
    kept = everything(reading)
    for secret in (
        SUBSCRIBER,
        "s3cr3t",
        "enrichId",
        "utm_",
        "ancel alert",
        "nsubscribe",
        "0100018c",
    ):
        assert secret not in kept


def papers(folder: Path, sender: str) -> tuple[Paper, Paper]:
    first, second = read(folder, mail(ALERTS[sender][0])).papers
    return first, second


def test_addresses_and_ids_of_alerts(tmp_path: Path) -> None:
    first, second = papers(tmp_path, "scholar")
    assert (first.url, first.summary, first.abstract) == ("https://www.example.org/a", SNIPPET, "")
    assert (second.url, second.arxiv) == ("https://arxiv.org/pdf/2301.00002", "2301.00002")
    first, second = papers(tmp_path, "pubmed")
    assert (first.doi, first.other_ids) == ("10.1000/je.2023.1", ("pmid:38000001",))
    assert second.url == "https://pubmed.ncbi.nlm.nih.gov/38000002/"
    first, _ = papers(tmp_path, "biorxiv")
    assert (first.doi, first.abstract) == ("10.1101/2023.01.02.500001", ABSTRACT)
    first, _ = papers(tmp_path, "elsevier")
    assert first.url == "https://www.sciencedirect.com/science/article/pii/S0000000000000001"
    first, second = papers(tmp_path, "nature")
    assert (first.doi, first.url, first.abstract) == ("10.1038/s00000-023-00001-1", "", ABSTRACT)
    first, second = papers(tmp_path, "researchgate")
    assert first.url.endswith("/publication/300000001_Placeholder_Learning_for_Nobody")
    assert first.abstract == ABSTRACT
    assert first.venue == "Journal of Examples"


def titles(reading: Reading) -> list[str]:
    return [paper.title for paper in reading.papers]


TITLES = ["Placeholder Learning: A Survey", "Second Pretend Recommendation"]


def test_of_alternatives_the_page_is_read_and_only_it(tmp_path: Path) -> None:
    text = "Placeholder Learning: A Survey\n<https://arxiv.org/abs/2301.00001>\nJ Doe - X, 2023\n"
    assert titles(read(tmp_path, mail(SCHOLAR, text))) == TITLES


def test_alternatives_in_text_are_read_if_the_page_has_nothing(tmp_path: Path) -> None:
    text = (
        "Placeholder Learning: A Survey\nhttps://scholar.google.com/scholar_url?url="
        "https://arxiv.org/abs/2301.00001&hl=en\nJ Doe, R Roe - Journal of Examples, 2023\n"
        f"{SNIPPET}\n\nSecond Pretend Recommendation\n<https://arxiv.org/abs/2301.00002>\n"
        "C Moe - 2022\n\nTo cancel alert, click below.\nhttps://scholar.google.com/x\n"
    )
    reading = read(tmp_path, mail("<p>See the text.</p>", text))
    first, second = reading.papers
    assert (first.title, first.authors, first.date) == (TITLES[0], ("J Doe", "R Roe"), "2023")
    assert (first.arxiv, first.summary) == ("2301.00001", SNIPPET)
    assert (second.title, second.arxiv, second.date) == (TITLES[1], "2301.00002", "2022")


def test_forwarded_as_an_attachment(tmp_path: Path) -> None:
    outer = mail(text="Have a look at this.\n")
    outer.add_attachment(mail(SCHOLAR))
    reading = read(tmp_path, outer)
    assert titles(reading) == TITLES
    assert reading.rejections == ()


def test_forwarded_within_the_page(tmp_path: Path) -> None:
    inside = SCHOLAR.replace(
        "<div>",
        '<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message '
        "---------<br>"
        f"From: <b>Alerts</b> &lt;a@sender.example&gt;<br>Date: Mon, 13 Nov 2023<br>Subject: x<br>"
        f"To: &lt;{SUBSCRIBER}&gt;<br></div><br>",
        1,
    )
    reading = read(tmp_path, mail(inside))
    assert titles(reading) == TITLES
    assert SUBSCRIBER not in everything(reading)


ENTRY = r"""\\
arXiv:2411.00001
Date: Sat, 2 Nov 2024 00:16:29 GMT   (1531kb,D)

Title: Reading Mail
Authors: Ada Lovelace and Charles Babbage
Categories: cs.DL
\\
  We read mail.
\\ ( https://arxiv.org/abs/2411.00001 ,  1531kb)
"""


@pytest.mark.parametrize(
    "before",
    [
        "---------- Forwarded message ---------\n",
        "-----Original Message-----\n",
        "Begin forwarded message:\n\n",
        "-------- Weitergeleitete Nachricht --------\n",
    ],
)
@pytest.mark.parametrize("mark", ["", "> ", ">> "])
def test_forwarded_and_quoted_mailings(tmp_path: Path, before: str, mark: str) -> None:
    head = "From: no-reply@arXiv.org\nDate: Thu, 7 Nov 2024 00:45:57 -0500\nSubject: cs daily\n\n"
    quoted = "".join(f"{mark}{line}" for line in f"{head}{ENTRY}".splitlines(keepends=True))
    text = f"FYI\n\n{before}{quoted}"
    reading = read(tmp_path, mail(text=text))
    (paper,) = reading.papers
    assert (paper.title, paper.arxiv) == ("Reading Mail", "2411.00001")
    assert paper.authors == ("Ada Lovelace", "Charles Babbage")
    assert paper.sources[0].date == "2024-11-07"
    line = (tmp_path / "alert.eml").read_text().splitlines()[paper.sources[0].line - 1]
    assert "arXiv:2411.00001" in line
    assert read(tmp_path, text).papers[0].title == "Reading Mail"


def test_a_mailbox_of_alerts(tmp_path: Path) -> None:
    mails = [mail(SCHOLAR), mail(text="See you at noon.\n"), mail(PUBMED)]
    box = b"".join(
        b"From alerts@sender.example Tue Nov 14 11:24:26 2023\n" + m.as_bytes() + b"\n"
        for m in mails
    )
    reading = read(tmp_path, box, "alerts.mbox")
    assert len(reading.papers) == 4
    lines = [paper.sources[0].line for paper in reading.papers]
    assert lines == sorted(lines)
    (rejection,) = reading.rejections
    assert rejection.reason == "a mail in which no paper is found"
    assert box.split(b"\n")[rejection.line - 1].startswith(b"From alerts@")


def test_references_attached_are_read_as_what_they_are(tmp_path: Path) -> None:
    message = mail(text="Here is the list.\n")
    bib = "@article{a, title={Stable Maps}, author={Doe, Jane}, year={2020}}\n"
    message.add_attachment(bib, subtype="x-bibtex", filename="list.bib")
    message.add_attachment(b"\x00\x01" * 4000, "application", "pdf", filename="paper.pdf")
    assert titles(read(tmp_path, message)) == ["Stable Maps"]


@pytest.mark.parametrize(
    ("declared", "actual"),
    [("us-ascii", "utf-8"), ("iso-8859-1", "utf-8"), ("utf-8", "cp1252"), ("x-none", "utf-8")],
)
@pytest.mark.parametrize("how", ["quoted-printable", "base64"])
def test_wrong_charsets(tmp_path: Path, declared: str, actual: str, how: str) -> None:
    html = SCHOLAR.replace("J Doe", "Zoë Müller").replace("…", "...").encode(actual)
    body = quopri.encodestring(html) if how == "quoted-printable" else base64.encodebytes(html)
    head = (
        f"Date: Tue, 14 Nov 2023 11:24:26 -0800\nFrom: a@b.example\n"
        f"Content-Type: text/html; charset={declared}\nContent-Transfer-Encoding: {how}\n\n"
    )
    assert read(tmp_path, head.encode() + body).papers[0].authors[0] == "Zoë Müller"


@pytest.mark.parametrize(
    "body",
    [
        "Dear Jane,\n\nthe meeting was moved to noon on Friday, as the room is taken before that "
        "by others. Please bring the forms that we talked about when we last met in the hall."
        "\n\nBest,"
        "\nRichard Roe\n",
        "",
    ],
)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_letter_is_no_paper(tmp_path: Path, body: str, kind: str) -> None:
    paragraphs = "".join(f"<p>{part}</p>" for part in body.split("\n\n"))
    message = mail(f"<h2>Hello</h2>{paragraphs}") if kind == "html" else mail(text=body or "\n")
    reading = read(tmp_path, message)
    assert reading.papers == ()
    assert [r.reason for r in reading.rejections] == ["a mail in which no paper is found"]


def test_news_beside_papers_is_reported(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        mail(
            "<html><body>"
            '<h2><a href="https://arxiv.org/abs/2411.00001?utm_source=x">Placeholder Diffusion</a>'
            f" (4 minute read)</h2><p>{ABSTRACT}</p>"
            '<h2><a href="https://news.example/raises">A Firm Raises Money (2 minute read)</a></h2>'
            f"<p>{ABSTRACT}</p><h2>Sponsor: Buy Cards</h2><p>{ABSTRACT}</p></body></html>"
        ),
    )
    assert titles(reading) == ["Placeholder Diffusion"]
    assert reading.papers[0].url == "https://arxiv.org/abs/2411.00001"
    assert [r.excerpt for r in reading.rejections] == ["A Firm Raises Money"]


def test_a_saved_web_archive(tmp_path: Path) -> None:
    page = (
        '<html><body><ul><li><a href="/content/1.html">Placeholder Networks</a><br>Jane Doe, '
        'Richard Roe<br>Journal of Examples, 2021</li><li><a href="/content/2.html">Second Pretend '
        "Net</a><br>Edgar Poe, Carla Moe<br>Journal of Examples, 2022</li></ul></body></html>"
    )
    text = (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://journal.example/toc\n"
        "Subject: Contents\nMIME-Version: 1.0\nContent-Type: multipart/related;\n\t"
        'boundary="b1"\n\n'
        "--b1\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n"
        f"Content-Location: https://journal.example/toc\n\n{quopri.encodestring(page.encode()).decode()}\n"
        "--b1\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n--b1--\n"
    )
    first, second = read(tmp_path, text, "page.mht").papers
    assert first.url == "https://journal.example/content/1.html"
    assert (second.title, second.authors) == ("Second Pretend Net", ("Edgar Poe", "Carla Moe"))


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://arxiv.org/abs/2411.00001", "https://arxiv.org/abs/2411.00001"),
        (
            "https://www.google.com/url?q=https://arxiv.org/abs/1.2&sa=D",
            "https://arxiv.org/abs/1.2",
        ),
        (
            "https://nam01.safelinks.protection.outlook.com/?url=https%3A%2F%2Farxiv.org%2Fabs%2F1.2"
            "&data=05%7C01%7Creader%40example.com",
            "https://arxiv.org/abs/1.2",
        ),
        (
            "https://urldefense.com/v3/__https://arxiv.org/abs/1.2__;!!tok$",
            "https://arxiv.org/abs/1.2",
        ),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__arxiv.org_abs_1.2&d=D",
            "https://arxiv.org/abs/1.2",
        ),
        (
            "https://tracking.tldrnewsletter.com/CL0/https:%2F%2Farxiv.org%2Fabs%2F1.2/1/0100",
            "https://arxiv.org/abs/1.2",
        ),
        ("https://web.archive.org/web/2020/https://arxiv.org/abs/1.2", None),
    ],
)
def test_detours(address: str, target: str | None) -> None:
    assert unwrapped(address) == (address if target is None else target)


def test_addresses_without_the_visitor() -> None:
    for address, shown in {
        "https://openreview.net/forum?id=abc&referrer=x": "https://openreview.net/forum?id=abc",
        "https://dl.acm.org/doi/10.1145/1?cookieSet=1": "https://dl.acm.org/doi/10.1145/1",
        "https://click.sender.example/a": "",
        "https://x.list-manage.com/track/click?u=1&id=2": "",
        "https://a.example/?email=reader@example.com": "https://a.example/",
        "https://user:word@a.example/p": "https://a.example/p",
        "mailto:reader@example.com": "",
        "https://[broken": "",
    }.items():
        assert public_address(address) == shown


@pytest.mark.parametrize(
    "body",
    [
        "<a href='https://arxiv.org/abs/2301.00001'>Some Title of It</a> " * 20_000,
        "<h3><a href='x'>A Title Of It</a></h3><div>A B, " * 10_000,
        "<div class=author>" * 50_000,
        "<div itemscope itemtype='http://schema.org/ScholarlyArticle'>" * 20_000,
        "<br>" * 100_000 + "<a href=x>Three Words Here</a>" * 20_000,
        "J Doe, " * 50_000 + " - x",
        "A " * 100_000,
    ],
    ids=["links", "entries", "roles", "items", "breaks", "names", "words"],
)
@pytest.mark.parametrize("kind", ["html", "plain"])
def test_hostile_mail_is_read_in_seconds(tmp_path: Path, body: str, kind: str) -> None:
    path = tmp_path / "hostile.eml"
    path.write_text(f"From: a@b.example\nSubject: x\nContent-Type: text/{kind}\n\n{body}\n")
    started = time.process_time()
    read_digests(path)
    assert time.process_time() - started < 60  # quadratic cost would take minutes
