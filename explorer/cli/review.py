"""The group ``explorer review``: screen papers for a literature review, and know when to stop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from explorer.alerts.review_sources import (
    BEST,
    append_newcomers,
    library_source,
    review_of_rows,
    search_source,
    source_label,
    source_rows,
    sources_need_model,
)
from explorer.api.json_format import (
    agreement_as_json,
    progress_as_json,
    review_as_json,
    screened_as_json,
)
from explorer.cli.commands import Commands
from explorer.cli.options import ANY_ID, count, one_of, print_json, with_user, years
from explorer.desk.desk import Desk, desk_of
from explorer.desk.marks import marks_of
from explorer.desk.reviews import ReviewDecision, read_review, reviews, undo_step
from explorer.embedders import Embedder, open_embedder
from explorer.errors import UnusableInput
from explorer.export import write_file
from explorer.export.prisma_diagram import prisma_diagram
from explorer.export.screening import ReviewFormat, format_of, write_log, write_review
from explorer.learning.screening.agreement import agreements
from explorer.learning.screening.label_files import import_labels, read_labels
from explorer.learning.screening.prisma import prisma_counts
from explorer.learning.screening.review import (
    ReviewState,
    Screening,
    decide,
    review_state,
    screening,
)
from explorer.library.generation import Generation
from explorer.library.lookup import find_topic
from explorer.library.store import LibraryStore
from explorer.papers.text import plural
from explorer.search.filters import Filters
from explorer.search.model import Query
from explorer.search.near_duplicates import near_duplicate_rows
from explorer.search.query_vector import query_vector

_GROUP_EXAMPLES = """\
Decisions are kept through every build, rollback and merge (docs/screening.md).

examples:
  explorer review new triptans --question "efficacy and harms of triptans" --query migraine
  explorer review next triptans
  explorer review label triptans include 2405.14458
  explorer review status triptans
"""
_NEW_EXAMPLES = """\
Without --query, --topic, --source and --year the whole library is screened. Papers that come with
later updates and belong to the same search are appended.

examples:
  explorer review new triptans --question "efficacy and harms of triptans" --query migraine
  explorer review new serving --topic t4 --year 2023..
  explorer review new everything --question "how is memory saved?"
"""
_NEXT_EXAMPLES = """\
The order follows from your decisions and the question; each paper comes with the sentence that
speaks most for it.

examples:
  explorer review next triptans
  explorer review next triptans -k 10 --json
"""
_LABEL_EXAMPLES = """\
Near-duplicates that you have not decided on get the same decision.

examples:
  explorer review label triptans include 2405.14458
  explorer review label triptans exclude 2401.00001 --reason "wrong population"
  explorer review label triptans later 10.1000/xyz123
"""
_UNDO_EXAMPLES = """\
examples:
  explorer review undo triptans
"""
_STATUS_EXAMPLES = """\
Two lamps show whether at least 95 % of the relevant papers are included: probably, by the
probabilities of the unread papers, and with 95 % confidence, by a test that needs no model.

examples:
  explorer review status triptans
  explorer review status triptans --user ben --json
"""
_UPDATE_EXAMPLES = """\
`explorer review next` does so, too.

examples:
  explorer review update triptans
"""
_CONFLICTS_EXAMPLES = """\
Reviewers are users (--user); each has an order of their own. A conflict ends when one of them
changes a decision.

examples:
  explorer review conflicts triptans
  explorer review label triptans include 2405.14458 --user ben
"""
_IMPORT_EXAMPLES = """\
Reads RIS and CSV of ASReview, Rayyan and Covidence, and any table with a column such as included
or decision. Covidence exports each pile alone: --as labels it.

examples:
  explorer review import triptans rayyan.csv
  explorer review import triptans asreview_result.csv
  explorer review import triptans covidence_irrelevant.csv --as exclude
"""
_EXPORT_EXAMPLES = """\
CSV and RIS hold each decision with its date, reason and reviewer; asreview, rayyan and covidence
are CSV with the columns of these programs.

examples:
  explorer review export triptans triptans.ris
  explorer review export triptans triptans.csv --format rayyan
"""
_PRISMA_EXAMPLES = """\
Numbers of full texts are left open.

examples:
  explorer review prisma triptans triptans.svg
"""
_LOG_EXAMPLES = """\
Each line is one event in JSON, the oldest first; undone decisions stay in it.

examples:
  explorer review log triptans
  explorer review log triptans --output triptans.jsonl
"""


def add_review(commands: Commands) -> None:
    """Add the commands of ``explorer review``."""
    text = "Review papers for a question: what to read next, and when to stop."
    group = commands.group("review", text, _GROUP_EXAMPLES, default="list")

    added = group.add("list", list_reviews, "List the reviews.", _GROUP_EXAMPLES)
    with_user(added)

    added = group.add(
        "new",
        new_review,
        "Open a review of the papers of a search, a topic or the library.",
        _NEW_EXAMPLES,
    )
    _with_name(added)
    added.add_argument("--question", default="", help="question of the review, in your words")
    added.add_argument("--query", default="", help="query, as in `explorer search`")
    added.add_argument("--topic", default="", help="papers of this topic, by id or name")
    added.add_argument("--source", default="", metavar="DIGEST", help="papers from this digest")
    added.add_argument(
        "--year",
        type=years,
        default=(None, None),
        metavar="YEARS",
        help="papers of these years: 2023, 2020.., 2020..2023",
    )
    added.add_argument(
        "--best",
        type=count,
        default=BEST,
        metavar="N",
        help=f"number of papers of a ranking to screen, the best (default: {BEST})",
    )

    added = group.add("next", show_next_papers, "Show the next papers to read.", _NEXT_EXAMPLES)
    _with_name(added)
    added.add_argument(
        "-k", type=count, default=1, metavar="N", help="number of papers (default: 1)"
    )

    text = "Mark papers as included, as excluded or for later."
    added = group.add("label", label, text, _LABEL_EXAMPLES)
    _with_name(added)
    added.add_argument(
        "decision", type=one_of(ReviewDecision), choices=list(ReviewDecision), help="decision"
    )
    added.add_argument("ids", nargs="+", metavar="ID", help=ANY_ID)
    added.add_argument("--reason", default="", help="reason of an exclusion")

    _with_name(group.add("undo", undo_decision, "Undo your last decision.", _UNDO_EXAMPLES))
    text = "Show progress, the likely remainder and both lamps."
    _with_name(group.add("status", show_status, text, _STATUS_EXAMPLES))
    text = "Add the papers that came with updates."
    _with_name(group.add("update", update, text, _UPDATE_EXAMPLES))
    text = "List papers that reviewers disagree on, with Cohen's kappa."
    _with_name(group.add("conflicts", list_conflicts, text, _CONFLICTS_EXAMPLES))

    added = group.add("import", import_file, "Add the decisions of a file.", _IMPORT_EXAMPLES)
    _with_name(added)
    added.add_argument("file", type=Path, metavar="FILE", help="RIS or CSV file")
    added.add_argument(
        "--as",
        dest="unlabelled",
        type=one_of(ReviewDecision),
        choices=list(ReviewDecision),
        help="decision on papers that the file has none of",
    )
    added = group.add("export", export_review, "Export all decisions.", _EXPORT_EXAMPLES)
    _with_name(added)
    added.add_argument("file", type=Path, metavar="FILE", help="file to write")
    added.add_argument(
        "--format",
        type=one_of(ReviewFormat),
        choices=list(ReviewFormat),
        help="format (default: by the ending of the file)",
    )
    added = group.add("prisma", write_prisma, "Write the PRISMA 2020 diagram.", _PRISMA_EXAMPLES)
    _with_name(added)
    added.add_argument("file", type=Path, metavar="FILE.svg", help="file to write")
    added = group.add("log", print_log, "Write the audit log.", _LOG_EXAMPLES)
    _with_name(added)
    added.add_argument(
        "--output", type=Path, metavar="FILE", help="file to write (default: standard output)"
    )


def _with_name(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", metavar="NAME", help="name of the review (`explorer review list`)")
    with_user(added)


def list_reviews(options: argparse.Namespace) -> int:
    """List the reviews."""
    generation, desk = _opened(options)
    states = [review_state(generation, desk, one.name) for one in reviews(desk)]
    if options.json:
        print_json({"reviews": [review_as_json(state) for state in states]})
    else:
        from explorer.cli.output.review import show_reviews

        show_reviews(states)
    return 0


def new_review(options: argparse.Namespace) -> int:
    """Open a review of the papers of a search, a topic or the library."""
    generation, desk = _opened(options)
    topic = find_topic(generation, options.topic).id if options.topic else ""
    first, last = options.year
    filters = Filters(topic, options.source, first, last, desk=marks_of(generation, desk))
    is_whole = not (options.query.strip() or topic or options.source or any(options.year))
    source = (
        library_source()
        if is_whole
        else search_source(
            generation, "review", Query(options.query, filters=filters), options.best
        )
    )
    embedder = _embedder(generation) if sources_need_model(generation, [source]) else None
    rows = source_rows(generation, embedder, source, desk)
    review_of_rows(generation, desk, options.name, options.question, source, rows)
    state = review_state(generation, desk, " ".join(options.name.split()))
    if options.json:
        print_json(review_as_json(state))
    else:
        print(
            f"{plural(len(state.papers), 'paper')} to screen, from: {source_label(source)}. "
            f"Begin: explorer review next {options.name}"
        )
    return 0


def show_next_papers(options: argparse.Namespace) -> int:
    """Show the next papers to read; append newcomers first."""
    generation, desk = _opened(options)
    embedder = _embedder_of_review(generation, options)
    appended = append_newcomers(generation, embedder, desk, options.name)
    current = _screening(generation, options, embedder)
    rows = current.queue[: options.k]
    papers = [
        screened_as_json(current.state.by_row[row]) | {"sentence": current.sentence_for(row)}
        for row in rows
    ]
    if options.json:
        progress = progress_as_json(current.progress)
        print_json({"appended": appended, "papers": papers, "progress": progress})
    else:
        from explorer.cli.output.review import show_next

        show_next(
            [(current.state.by_row[row].paper, current.sentence_for(row)) for row in rows],
            current.progress,
            appended,
        )
    return 0


def label(options: argparse.Namespace) -> int:
    """Record a decision on papers and their near-duplicates."""
    generation, desk = _opened(options)
    state = review_state(generation, desk, options.name)
    labelled = decide(
        generation,
        desk,
        state,
        options.ids,
        options.decision,
        options.reason,
        lambda row: near_duplicate_rows(generation, row),
    )
    if options.json:
        after = review_state(generation, desk, options.name)
        numbers = {one.numbers for one in labelled}
        changed = [one for one in after.papers if one.numbers in numbers]
        print_json({"labelled": [screened_as_json(one) for one in changed]})
    else:
        from explorer.cli.output.review import show_labelled

        show_labelled([one.paper for one in labelled], options.decision)
    return 0


def undo_decision(options: argparse.Namespace) -> int:
    """Undo the user's last decision."""
    _, desk = _opened(options)
    events = undo_step(desk, options.name)
    if options.json:
        print_json({"undone": len(events), "decision": events[0].decision})
    else:
        print(f"Undone: {events[0].decision}, {plural(len(events), 'record')}.")
    return 0


def show_status(options: argparse.Namespace) -> int:
    """Show progress, the likely remainder and both lamps."""
    generation, _ = _opened(options)
    embedder = _embedder_of_review(generation, options)
    current = _screening(generation, options, embedder)
    if options.json:
        print_json(
            review_as_json(current.state)
            | {"reviewer": options.user, "progress": progress_as_json(current.progress)}
        )
    else:
        from explorer.cli.output.review import show_progress

        show_progress(current.progress)
    return 0


def update(options: argparse.Namespace) -> int:
    """Append the papers that the sources of the review have now."""
    generation, desk = _opened(options)
    sources = read_review(desk, options.name).sources
    embedder = _embedder(generation) if sources_need_model(generation, sources) else None
    appended = append_newcomers(generation, embedder, desk, options.name)
    if options.json:
        print_json({"appended": appended})
    else:
        print(f"{plural(appended, 'paper')} appended.")
    return 0


def list_conflicts(options: argparse.Namespace) -> int:
    """List papers that reviewers disagree on."""
    generation, desk = _opened(options)
    state = review_state(generation, desk, options.name)
    pairs = agreements(state)
    if options.json:
        print_json(
            {
                "conflicts": [screened_as_json(one) for one in state.conflicts],
                "agreements": [agreement_as_json(pair) for pair in pairs],
            }
        )
    else:
        from explorer.cli.output.review import show_conflicts

        show_conflicts(state.conflicts, pairs)
    return 0


def import_file(options: argparse.Namespace) -> int:
    """Record the decisions of a file; 1 if papers of it are not in the library."""
    generation, desk = _opened(options)
    read = read_labels(options.file, options.unlabelled)
    outcome = import_labels(generation, desk, options.name, read.papers, options.file.name)
    if options.json:
        print_json(
            {
                "labelled": outcome.labelled,
                "appended": outcome.appended,
                "missing": [paper.title for paper in outcome.missing],
                "rejected": [{"line": one.line, "reason": one.reason} for one in read.rejected],
            }
        )
    else:
        print(
            f"{plural(outcome.labelled, 'paper')} labelled, {outcome.appended:,} of them new in "
            "the review."
        )
        if outcome.missing:
            print(
                f"{plural(len(outcome.missing), 'paper')} not in the library; add them with "
                f"`explorer build {options.file}`, then import again.",
                file=sys.stderr,
            )
    return 1 if outcome.missing else 0


def export_review(options: argparse.Namespace) -> int:
    """Write all decisions to a file."""
    form = options.format or format_of(options.file)
    state = _state(options)
    write_file(options.file, lambda file: write_review(state, form, file))
    return _print_file(options, papers=len(state.papers))


def write_prisma(options: argparse.Namespace) -> int:
    """Write the flow diagram."""
    state = _state(options)
    diagram = prisma_diagram(prisma_counts(state), state.record.review.name)

    def write(file: TextIO) -> None:
        file.write(diagram)

    write_file(options.file, write)
    return _print_file(options)


def print_log(options: argparse.Namespace) -> int:
    """Write the audit log."""
    _, desk = _opened(options)
    record = read_review(desk, options.name)
    if options.output is None:
        if options.json:
            raise UnusableInput("--json needs --output FILE here: the log goes to standard output.")
        write_log(record, sys.stdout)
        return 0
    write_file(options.output, lambda file: write_log(record, file))
    options.file = options.output
    return _print_file(options, events=len(record.events))


def _print_file(options: argparse.Namespace, **counts: int) -> int:
    if options.json:
        print_json({"file": str(options.file), **counts})
    else:
        print(f"Written: {options.file}")
    return 0


def _opened(options: argparse.Namespace) -> tuple[Generation, Desk]:
    return LibraryStore(options.library).open(), desk_of(options.library, options.user)


def _state(options: argparse.Namespace) -> ReviewState:
    generation, desk = _opened(options)
    return review_state(generation, desk, options.name)


def _embedder(generation: Generation) -> Embedder:
    from explorer.cli.output.progress import waiting

    embedder = open_embedder(generation.manifest.model)
    with waiting("Loading the model ..."):
        embedder.embed_queries(["warm up"])
    return embedder


def _embedder_of_review(generation: Generation, options: argparse.Namespace) -> Embedder | None:
    """Return the embedder if the question or a source of the review needs it."""
    record = read_review(desk_of(options.library, options.user), options.name)
    needed = bool(record.review.question) or sources_need_model(generation, record.sources)
    return _embedder(generation) if needed else None


def _screening(
    generation: Generation, options: argparse.Namespace, embedder: Embedder | None
) -> Screening:
    desk = desk_of(options.library, options.user)
    state = review_state(generation, desk, options.name)
    question: NDArray[np.float32] | None = None
    if state.record.review.question:
        question = query_vector(generation, embedder, state.record.review.question, (), ())
    return screening(generation, state, options.user, question)
