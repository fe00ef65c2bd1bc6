"""Texts of the page, for reading them aloud or translating them.

Functions return Markdown; what comes from digests or visitors is escaped in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from explorer.desk.desk import ReadingState
from explorer.desk.reviews import ReviewDecision
from explorer.export import ExportFormat
from explorer.export.formatted import CitationStyle
from explorer.export.screening import ReviewFormat
from explorer.insights.trends import Order
from explorer.learning.screening.agreement import Agreement
from explorer.learning.screening.stopping import ScreeningProgress
from explorer.papers.paper import located
from explorer.papers.text import escape_markdown, plural
from explorer.search.model import Mode, Sort
from explorer.search.queries.syntax import DISMISSED, STARRED, Field
from explorer.topics.edits import EditKind
from explorer.topics.tracking import TopicEvent, TopicEventKind

# Frame of the page

TITLE = "Literature Explorer"
LOADING = "Loading ..."
VIEW = "View"
EXPLORE = "Explore"
TOPICS = "Topics"
WHATS_NEW = "What's new"
FOR_YOU = "For you"
DESK = "Desk"
LIBRARY = "Library"
LIST = "List"
SEARCH_OPTIONS = "Search options"
MAP_FAILED = "The map could not be drawn; see the server's log. Search still works."
SHOW_ALL = "Show all papers"
START_LIBRARY = (
    "There is no library yet. Drop digests (files of titles and abstracts) below to start one, or "
    "run `explorer build FILE` on the command line and reload this page."
)
NO_LIBRARY = (
    "There is no library yet. Run `explorer build FILE` on the command line, with a digest (a file "
    "of titles and abstracts), and reload this page."
)
LIBRARY_UPDATED = "The library has been updated."
RELOAD = "Reload"
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def library_facts(papers: int, topics: int, latest_digest: str) -> str:
    """Return the size of the library; ``latest_digest`` is a date, empty if unknown."""
    facts = [plural(papers, "paper"), plural(topics, "topic")]
    facts += [f"latest digest {latest_digest}"] if latest_digest else []
    return escape_markdown(" · ".join(facts))


def with_count(label: str, count: int) -> str:
    return f"{label} · {count:,}"


def library_location(folder: object) -> str:
    return f"Library folder: {escape_markdown(str(folder))}"


def unknown_paper(paper: str) -> str:
    return f"This link is for a paper that is not in the library: {escape_markdown(paper)}."


# Sign-in

SIGN_IN_TO_SEARCH = "Sign in to search this library and to keep a desk of your own."
SIGN_IN = "Sign in"
SIGN_OUT = "Sign out"
YOU = "you"


def sign_in_with(provider: str) -> str:
    return f"Sign in with {provider.capitalize()}"


def signed_in_as(name: str) -> str:
    return f"Signed in as {escape_markdown(name)}"


# Search box, chips and filters

SEARCH = "Search"
SEARCH_PLACEHOLDER = "Search by meaning, or paste a title, an abstract or an arXiv ID"
RANK_BY = "Rank by"
MODES = {Mode.HYBRID: "Meaning + words", Mode.DENSE: "Meaning", Mode.LEXICAL: "Words"}
TOPIC = "Topic"
ALL_TOPICS = "All topics"
TRY = "Try:"
SORT_BY = "Sort by"
SORTS = {Sort.RELEVANCE: "Best match", Sort.DATE: "Newest", Sort.FOR_YOU: "For you"}
LIBRARY_ORDER = "Library order"
BY_TOPIC = "By topic"
STARRED_FIRST = "Starred first"
VARIED = "Varied"
VARIED_HELP = "Show results that differ from each other."
VARIED_SORTED_HELP = "Show results that differ from each other, where the best match comes first."
REFINE = "Refine"
NO_FACETS = "These papers share topic, author, year, venue and digest."
FACETS = {
    Field.TOPIC: "Topic",
    Field.AUTHOR: "Author",
    Field.YEAR: "Year",
    Field.VENUE: "Venue",
    Field.COLLECTION: "Collection",
    Field.LABEL: "Zotero tag",
    Field.SOURCE: "Digest",
    Field.IS: "Desk",
    Field.TAG: "Tag",
}
OWN_PAPERS = {STARRED: "my starred papers", DISMISSED: "my “Not for me” papers"}
SELECTION_FILTER = "the selected region"
SEARCH_HELP = """
| Type | to find papers |
|---|---|
| `diffusion models` | on this subject, by meaning and words; typing errors are corrected |
| `Goldberg 2020` `NeurIPS 2023` | by this author or at this venue, in this year |
| a DOI, a link, a reference | this paper, or those most like it |
| `"speculative decoding"` | containing this phrase (any word form) |
| `-survey` `-"case study"` | not containing it |
| `title:segmentation` | with this word in the title; likewise `abstract:` |
| `author:"Ada Lovelace"` | by this author |
| `venue:neurips` `category:cs.CL` `keyword:robotics` | with these words in these fields |
| `collection:thesis` `label:"to cite"` | in this collection, with this tag, of your Zotero |
| `year:2023` `year:2020..2022` `year:2023..` | from these years |
| `topic:"video generation"` | in this topic |
| `year:(2021\\|2023)` `venue:(NeurIPS\\|ICML)` | with any of these values, in any field |
| `source:march.txt` | from this digest |
| `has:abstract` | with an abstract; likewise `doi`, `arxiv`, `venue`, `authors`, `date` |
| `is:starred` `tag:thesis` | on your desk; likewise `to-read`, `read`, `not-for-me`, `noted` |
| `is:recommended` | that suit your stars |
| `like:2405.14458` `unlike:10.1000/5` | similar to this paper, or different from it |
| `like:starred` `unlike:dismissed` | like your starred papers, unlike your “Not for me” |

A chip shows each part that was understood; remove it to search for the words as typed.
Pasted abstracts are searched as plain text.

Keyboard: `/` goes to the search box, `j` `k` or `↓` `↑` move through the results, `Enter` opens,
`s` stars, `Esc` goes back.
"""


def topic_filter(label: str) -> str:
    return rf"topic\: {escape_markdown(label)}"


def best_of(listed: int, papers: int) -> str:
    return f"{listed:,} best of {plural(papers, 'paper')}"


def newest_of(listed: int, papers: int) -> str:
    return f"{papers_match(papers)}, the {listed:,} newest first"


def best_are_shaded(papers: int) -> str:
    return f"the {papers:,} best are shaded on the map"


def papers_match(count: int) -> str:
    return f"{count:,} paper matches" if count == 1 else f"{count:,} papers match"


def facets_over(count: int, *, best: bool) -> str:
    """Return which papers are counted: the best results, or all that match."""
    return f"In the {count:,} best results" if best else f"In {plural(count, 'paper')}"


def either(values: Sequence[str]) -> str:
    """Return several values of a filter, any of which will do."""
    return " or ".join(values)


def without(label: str) -> str:
    return f"without {label}"


def similar_to_selected(papers: int) -> str:
    return f"like {_selected(papers)}"


def within_selected(papers: int) -> str:
    return f"within {_selected(papers)}"


def period_filter(first: str, last: str) -> str:
    return f"time\\: {first}" if first == last else f"time\\: {first} to {last}"


def _selected(papers: int) -> str:
    return "the selected paper" if papers == 1 else f"{papers:,} selected papers"


# Results

BACK = "Back"
NO_EXACT_MATCH = "No paper contains these words. Showing the closest in meaning."
DID_YOU_MEAN = "Did you mean"
WORDS_ONLY = ":material/hourglass_top: Searching by words only; the model is still loading."
MORE_RESULTS = "More results"
NOTHING_MATCHES = "No papers match. Try fewer or different words."
FILTERS_MATCH_NOTHING = "No papers match all of these filters."
EACH_FILTER_MATCHES_NOTHING = (
    "No papers match these filters, even with any one of them removed. Remove several."
)
RELATED_TOPICS = "Related topics"
MORE_ACTIONS = "More actions"
MORE_LIKE_THIS = "More like this"
LESS_LIKE_THIS = "Less like this"
SIMILAR_SEARCH = "papers like these"


def model_failed(error: str) -> str:
    """Return a warning in plain text."""
    return f"The model could not be loaded ({error})."


def remove_filter(label: str, papers: int) -> str:
    """``label`` is Markdown."""
    return f"Remove {label} :gray[{papers_match(papers)} without it]"


def near_duplicate_count(count: int) -> str:
    return f"+{plural(count, 'near-duplicate')}"


def like_example(name: str) -> str:
    """Return which example a paper is most like; ``name`` is Markdown."""
    return f"Like *{name}*:"


def words_near_query(pairs: Sequence[tuple[str, str]]) -> str:
    """Return which words of a paper are near to words of the query, as Markdown."""
    shown = (f"*{escape_markdown(word)}* ≈ {escape_markdown(sought)}" for sought, word in pairs)
    return f"{', '.join(shown)}:"


def showing_results_for(query: str) -> str:
    """Return a line in Markdown; so is ``query``."""
    return f"Showing results for {query}."


def search_instead_for(query: str) -> str:
    return f"Search instead for {query}"


def papers_by(name: str) -> str:
    return f"Papers by {escape_markdown(name)}:"


def nothing_close(query: str) -> str:
    """Return a message in Markdown; so is ``query``, with words that no paper has struck out."""
    return f"Nothing in the library is close to “{query}”. The nearest papers:"


def words_in_no_paper(words: Sequence[str]) -> str:
    listed = ", ".join(f"“{word}”" for word in words)
    return f"In no paper: {listed}"


def dropped_words(words: str) -> str:
    return f"~~{escape_markdown(words)}~~"


def score(share: float, meaning: float, words: float) -> str:
    return f"Relevance {share:.0%}: meaning {meaning:.0%}, words {words:.0%}"


def score_parts(meaning: float, words: float) -> str:
    return f"meaning {meaning:.0%}, words {words:.0%}"


# Papers selected on the map

CLEAR_SELECTION = "Clear selection"
EMPTY_SELECTION = "No papers in this region. Draw around some points."
SEARCH_WITHIN = "Search within this region"
MORE_LIKE_THESE = "More like these"
SEARCH_THESE = "Type above to search these papers."
SELECTED_PAPERS = "selected papers"
PAPERS_IN_VIEW = "papers in view"
COHERENCE_HELP = "Coherence: the share of links between similar papers that stay within the topic."
WHOLE_LIBRARY = "Whole library"
MOST_CENTRAL_FIRST = "Those that have most in common with the others first."
PAPERS_IN_REGION = "papers in a region"


def selected(count: int) -> str:
    return f"**{plural(count, 'paper')} selected**"


def common_keywords(keywords: Sequence[str]) -> str:
    return f"In common: {escape_markdown(', '.join(keywords))}"


def more_selected(count: int) -> str:
    return f"and {count:,} more; select a smaller region to see them."


def papers_listed(count: int, *, in_view: bool) -> str:
    return f"**{plural(count, 'paper')} in view**" if in_view else f"**{plural(count, 'paper')}**"


def and_more(count: int) -> str:
    return f"and {count:,} more"


def show_more(count: int) -> str:
    return f"Show {count:,} more"


# One paper

NO_ABSTRACT = "*No abstract available.*"
NEAR_DUPLICATES = "Near-duplicates"
SIMILAR_PAPERS = "Similar papers"
CITE = "Cite"
CITE_AS = "Cite as"
CITE_HELP = "Copy with the button in the corner. Check a formatted reference before you submit it."
CITATION_FORMS = {
    "bibtex": "BibTeX",
    "csl-json": "CSL-JSON",
    CitationStyle.APA: "APA",
    CitationStyle.CHICAGO: "Chicago",
    CitationStyle.MLA: "MLA",
    CitationStyle.IEEE: "IEEE",
    CitationStyle.NATURE: "Nature",
    CitationStyle.ACL: "ACL",
}
ZOTERO = "Zotero"
OPEN = "Open"
FIND = "Find"
FIND_BY_TITLE = "Find by title"
NEAR_IN_MEANING = "close in meaning"


def summary(markdown: str) -> str:
    return f"**Summary:** {markdown}"


def keywords(words: Sequence[str]) -> str:
    return escape_markdown(f"Keywords: {', '.join(words)}")


def in_common(phrases: Sequence[str]) -> str:
    return f"in common: {escape_markdown(', '.join(phrases))}"


def in_same_topic(label: str) -> str:
    return f"also in {escape_markdown(label)}"


def shelves(collections: Sequence[str], tags: Sequence[str]) -> str:
    """Return where a paper is in Zotero."""
    named = (("Collections", collections), ("Zotero tags", tags))
    parts = (f"{name}: {', '.join(names)}" for name, names in named if names)
    return escape_markdown(" · ".join(parts))


READ_NOW = "Read now"
READING_ZOTERO = "Reading Zotero"


def zotero_read(moment: str, *, changed: bool) -> str:
    """Return when Zotero was read last, and whether its database is another since."""
    return f"Last read {moment}; {'changed' if changed else 'unchanged'} since."


def reader_notes(notes: int, annotations: int) -> str:
    """Return the heading of a paper's notes and annotations from Zotero."""
    counts = ((notes, "note"), (annotations, "annotation"))
    return f"From Zotero: {', '.join(plural(count, noun) for count, noun in counts if count)}"


def source(places: Sequence[tuple[str, int]]) -> str:
    """Return the digests that a paper was read from, with its place in each."""
    return escape_markdown("Source: " + ", ".join(located(*place) for place in places))


# Star, tags and note of a paper

STAR = "Star this paper"
DISMISSAL_HELP = "Recommendations avoid papers like this one."
UNDO_DISMISSAL = "Remove the mark."
UNSTAR = "Remove the star"
TAGS_AND_NOTE = "Tags & note"
SAVED_AUTOMATICALLY = "Saved automatically"
STATUS = "Status"
TAGS = "Tags"
NOTE = "Note"
HAS_NOTE = "note"
STATES = {
    ReadingState.TO_READ: "To read",
    ReadingState.READ: "Read",
    ReadingState.NOT_FOR_ME: "Not for me",
}

# For you

NEW_PAPERS = "New papers"
WHOLE_LIBRARY = "Whole library"
RECOMMEND_FROM = "Recommend from"
ASK_ME = "Ask me"
ASK_ME_HELP = "Answer about some fifteen papers, so that recommendations suit you sooner."
END_QUESTIONS = "Back to For you"
SEE_WHOLE_LIBRARY = "Look through the whole library"
SEE_RECOMMENDATIONS = "See what suits me"
STAR_IT = "Star"
SKIP = "Skip"
UNDO = "Undo"
NOTHING_LEFT = "No other paper of the library is close to what you starred."
QUESTION_KEYS = "Keys: s to star, n for not for me, j to skip, Esc to end."
LEARNED = "Learned"
LEARNED_HELP = (
    "All of this comes from your stars and “Not for me” marks. It stays on this machine, and every "
    "mark changes it at once. Each tag on three stars is an interest of its own."
)


def too_few_stars(stars: int) -> str:
    begin = "Star three papers" if not stars else f"{plural(3 - stars, 'more star')} will do"
    return (
        f"**{begin}, and papers that suit you come first here.** Stars stand beside every title, "
        "and *s* on the keyboard stars the chosen paper. Or answer a few questions:"
    )


def stars_missing(stars: int) -> str:
    return f"{plural(3 - stars, 'more star')}, and the questions follow your answers."


def recommended_from(stars: int, dismissed: int) -> str:
    marks = plural(stars, "star") + (f" and {dismissed:,} “Not for me”" if dismissed else "")
    return f"Learned from {marks}."


def nothing_for_you(new: int) -> str:
    if not new:
        return "No unread papers from the last update."
    return f"A quiet day: none of {plural(new, 'new paper')} is close to what you starred."


def reason_for_you(star: str, words: Sequence[str], tag: str) -> str:
    """Return why a paper is recommended; ``star`` is the name of the nearest starred paper."""
    reason = f"Like *{escape_markdown(star)}*, which you starred"
    reason += f" (#{escape_markdown(tag)})" if tag else ""
    return f"{reason}: {escape_markdown(', '.join(words))}" if words else reason


def interest(tag: str, stars: int, words: Sequence[str]) -> str:
    name = f"#{escape_markdown(tag)}" if tag else "All stars"
    return f"**{name}** · {plural(stars, 'star')}: {escape_markdown(', '.join(words))}"


def learned_figures(dismissed: int, recommended: int, papers: int) -> str:
    return f"{recommended:,} of {plural(papers, 'paper')} recommended · {dismissed:,} not for you"


def take_back_dismissals(count: int) -> str:
    return f"Take back {plural(count, '“Not for me” mark')}"


def verdict(title: str, papers: Sequence[str], fallen: int, *, is_star: bool) -> str:
    """Return what a star or a dismissal has changed in the list of recommended papers.

    Args:
        papers: names of those that came into the list by a star, or left it by a dismissal.
        fallen: number of papers in lower places.
    """
    parts = [f"**{'Starred' if is_star else 'Not for you'}:** {escape_markdown(title)}."]
    if papers:
        named = ", ".join(f"*{escape_markdown(name)}*" for name in papers[:2])
        more = f" and {len(papers) - 2:,} more" if len(papers) > 2 else ""
        parts.append(f"{'Came' if is_star else 'Left'}: {named}{more}.")
    if fallen:
        parts.append(f"{plural(fallen, 'paper')} moved down.")
    if not papers and not fallen:
        parts.append("Nothing else in this list changed.")
    return " ".join(parts)


def question_number(number: int, total: int) -> str:
    return f"Paper {number} of {total}"


def questions_done(answered: int) -> str:
    return f"{plural(answered, 'answer')}: the recommendations follow them."


# Export

EXPORT = "Export"
EXPORT_FORMATS = {
    ExportFormat.BIBTEX: ("BibTeX", "For LaTeX, JabRef and most reference managers."),
    ExportFormat.RIS: ("RIS", "For Zotero, EndNote and Mendeley."),
    ExportFormat.CSL_JSON: ("CSL-JSON", "For Pandoc, Zotero and citation processors."),
    ExportFormat.ZOTERO_RDF: ("Zotero RDF", "For Zotero, with notes, and tags as collections."),
    ExportFormat.CSV: ("Table (CSV)", "For spreadsheets."),
    ExportFormat.JSONL: (
        "JSON Lines",
        "For scripts: all fields, with topics and positions on the map.",
    ),
    ExportFormat.HTML: ("Map (HTML)", "A map of these papers in one file that opens offline."),
}


EXPORT_DEPTH = "Papers to export"
EXPORT_MARKS = "With my tags and notes"
RANKING = "Ranking papers"


def export_size(count: int) -> str:
    return f"{plural(count, 'paper')}, in this order"


def export_depth(count: int, total: int) -> str:
    return f"All {count:,}" if count == total else f"{count:,}"


def ranked_export_size(count: int, total: int) -> str:
    """Return how many papers of a ranking are exported."""
    if count == total:
        return f"All {plural(total, 'paper')} that match, best first"
    return f"The best {count:,} of {plural(total, 'paper')} that match"


def papers_written(done: int, total: int) -> str:
    return f"{done:,} of {plural(total, 'paper')}"


def save_file(name: str) -> str:
    return f"Save {escape_markdown(name)}"


# Explore and Topics

LIBRARY_TOPICS = "Topics in this library"
LIBRARY_TOPICS_HELP = "Choose a topic, click a point on the map, or type a few words above."
FILTER_TOPICS = "Filter topics by name"
NO_TOPIC_MATCHES = "No topic name contains this."
ORDERS = {Order.SIZE: "Largest", Order.NEWEST: "Newest", Order.GROWTH: "Growing"}
UNDATED = "undated"
PICTURE = "Picture"
GROWTH = "Growth"
MAP = "Map"
EXPAND = "Expand"
COLLAPSE = "Collapse"


def topic_count(topics: int, levels: int) -> str:
    return plural(topics, "topic") + (f" on {levels} levels" if levels > 1 else "")


GROWTH_DESCRIPTION = "Growth of topics against their size. Arrow keys move, Enter opens a topic."


def topic_growth(papers: int, times: float) -> str:
    return f"{plural(papers, 'paper')}, {times:.1f} times their share of the years before"


def growth_help(times: float, first: str) -> str:
    return (
        f"× {times:.1f}: the topic's share of papers since {first} is {times:.1f} times its share "
        "of the years before."
    )


# One topic

KEYWORDS_HELP = "Click a keyword or type above to search within this topic."
REPRESENTATIVE_PAPERS = "Representative papers"
SUMMARY = "Summary"
SUBTOPICS = "Subtopics"
NEIGHBOURING_TOPICS = "Neighbouring topics"
TREND_HELP = "Bars: papers per period. Dotted line: expected if the topic grew with the library."
GROWS_WITH_LIBRARY = "Growing about as fast as the library"


def topic_size(papers: int, share: str) -> str:
    return escape_markdown(f"{plural(papers, 'paper')}, {share} of the library")


def topic_evidence(label: str, evidence: int, papers: int) -> str:
    verb = "uses" if papers == 1 else "use"
    return escape_markdown(f"{evidence:,} of {plural(papers, 'paper')} {verb} the phrase “{label}”")


def topic_coherence(share: str) -> str:
    return escape_markdown(f"coherence {share}")


def written_by(model: str) -> str:
    return escape_markdown(
        f"Written by a language model ({model}). Below each sentence are the papers that it cites; "
        "read them before you rely on it."
    )


def grows_faster(times: float) -> str:
    return f"Growing {times:.1f} times as fast as the library"


def grows_slower(times: float) -> str:
    return f"Growing only {times:.1f} times as fast as the library"


def trend_description(first: str, last: str) -> str:
    return f"Papers of this topic from {first} to {last}."


def papers_of(shown: int, total: int) -> str:
    return f"{shown:,} of {plural(total, 'paper')}"


def all_papers(count: int) -> str:
    return f"All {count:,} papers" if count > 1 else plural(count, "paper")


# Topic edits

EDIT = "Edit"
NAME = "Name"
RENAME = "Rename"
MERGE_WITH = "Merge with"
CHOOSE_TOPIC = "Choose a topic"
MERGED_NAME = "Name of the merged topic"
NEW_NAME = "New name (optional)"
MERGE = "Merge"
NO_MERGE_CHOSEN = "Choose a topic to merge with."
PIN_HELP = "Keep this topic and its name in future updates."
PIN = "Pin"
UNDO = "Undo"
RENAMING = "Renaming ..."
MERGING = "Merging ..."
PINNING = "Pinning ..."
UNDOING = "Undoing ..."
FAILED = "That did not work; see the server's log."
YOUR_EDITS = "Your topic edits"
INACTIVE = "Inactive: no topic matches it at present."
APPLIES_TO = "applies to"
PINNED_HERE = "You pinned this topic"
NAMED_HERE = "You named this topic"


def merged_here(names: Sequence[str]) -> str:
    return f"You merged {_quoted(names)}"


def merged_and_pinned_here(names: Sequence[str]) -> str:
    return f"{merged_here(names)}, and pinned the topic"


def named_otherwise(name: str) -> str:
    return f"You named it “{name}”; another name is in use"


def automatic_name(edit: str, name: str) -> str:
    return f"{edit}; its automatic name is “{name}”"


def edit(kind: EditKind, topics: Sequence[str], name: str) -> str:
    """Return a topic edit in one line; ``name`` is the new one, empty if none was given."""
    names = _quoted(topics)
    if kind is EditKind.RENAME:
        return f"You renamed {names} to “{name}”"
    verb = "merged" if kind is EditKind.MERGE else "pinned"
    if kind is EditKind.PIN and len(topics) > 1:
        verb = "merged and pinned"
    return f"You {verb} {names}" + (f" as “{name}”" if name and f"“{name}”" != names else "")


def _quoted(names: Sequence[str]) -> str:
    *first, last = [f"“{name}”" for name in names] or ["topics"]
    return f"{', '.join(first)} and {last}" if first else last


# Review of topic names

REVIEW_NAMES = "Review names"
KEEP = "Keep"
APPLYING = "Applying ..."
ALL_REVIEWED = "All topic names are reviewed."


def reviewed(done: int, total: int) -> str:
    return f"{done:,} of {total:,} reviewed"


def apply_changes(count: int) -> str:
    return f"Apply {plural(count, 'change')}" if count else "Apply"


def choice_of_name(topic: str) -> str:
    return f"Name of “{escape_markdown(topic)}”"


def new_name_of(topic: str) -> str:
    return f"New name of “{escape_markdown(topic)}”"


def merge_topic_with(topic: str) -> str:
    return f"Merge “{escape_markdown(topic)}” with"


def formerly(name: str) -> str:
    return f"was “{escape_markdown(name)}”"


def will_merge_with(name: str) -> str:
    return f"merge with “{escape_markdown(name)}”"


def name_and_notes(name: str, notes: Sequence[str]) -> str:
    """``notes`` are Markdown."""
    return f"**{escape_markdown(name)}** :small[:gray[{' · '.join(notes)}]]"


def name_taken(name: str) -> str:
    return f"Another topic is called “{escape_markdown(name)}”."


# What's new

NEW_SINCE = "New since"
LAST_UPDATE = "Last update"
FIRST_VISIT = "My first visit"
LAST_VISIT = "My last visit"
A_DATE = "A date"
DATE = "Date"
NEW_TOPIC = ":green[new topic]"
TOPIC_CHANGES = "Topic changes"
EVENTS = {
    TopicEventKind.NEW: (":material/add_circle: New topic", ""),
    TopicEventKind.SPLIT: (":material/call_split: Topic", "split off from"),
    TopicEventKind.MERGED: (":material/call_merge: Topic", "was merged into"),
    TopicEventKind.RETIRED: (":material/do_not_disturb_on: Topic", "was dissolved"),
    TopicEventKind.RENAMED: (":material/edit: Topic", "is the new name of"),
}
"""Before the topic's name and after it; the other topic's name comes last."""


def invalid_since(text: str) -> str:
    return (
        f"This link has an invalid date: {escape_markdown(text)}. Showing the last update instead."
    )


def added_by_update(papers: int, since: str) -> str:
    return f"{plural(papers, 'paper')} added by the last update, {since}."


def no_earlier_visit(papers: int, since: str) -> str:
    return (
        "This browser remembers no earlier visit. Showing the last update instead: "
        f"{plural(papers, 'paper')}, {since}."
    )


def added_since(papers: int, since: str) -> str:
    return f"{plural(papers, 'paper')} added since {since}."


def since_last_visit(moment: str) -> str:
    return f"your last visit, {moment}"


def nothing_since(since: str) -> str:
    return f"No papers added since {since}. Choose an earlier date, or {_ADD_DIGESTS}."


def page_open(url: str) -> str:
    """Return the line that the terminal shows once the page is open."""
    return f"Literature Explorer is open at {url} (press Ctrl+C to stop it)."


def first_build(papers: int) -> str:
    return (
        f"All {plural(papers, 'paper')} came with the first build. "
        f"To see new ones here, {_ADD_DIGESTS}."
    )


_ADD_DIGESTS = "add digests in the *Library* view, or run `explorer build FILE` on the command line"


def of_topic(new: int, papers: int) -> str:
    return f"{new:,} of {papers:,}"


def more_events(count: int) -> str:
    return f"and {count:,} more; `explorer news` lists them all."


def new_since(date: str) -> str:
    return f"new since {date}"


# Desk

NO_DESK = "Only signed-in visitors have a desk on this page."
DESK_READ_ONLY = ":material/lock: Your desk is read-only here."
FOLLOW = "Follow"
FOLLOW_HELP = "New matches will appear on your Desk."
FOLLOW_NAME = "Name"
FOLLOW_SELECTED = "Like the selected papers"
FOLLOW_THIS = "Follow this search"
FOLLOWED_SEARCHES = "Followed searches"
NO_FOLLOWED_SEARCHES = "None yet. Run a search, then choose *Follow* above the results."
MODEL_LOADING = ":material/hourglass_top: The model is still loading."
NOTHING_NEW = "nothing new"
MARK_AS_SEEN = "Mark as seen"
UNFOLLOW = "Unfollow"
YOUR_PAPERS = "Papers on your desk"
NO_PAPERS_KEPT = (
    "None yet. Star a paper with :material/star: or the `s` key. *Tags & note* also sets a status."
)
NO_PAPERS = "No papers."
SHOW = "Show"
ALL = "All"
STARRED_PAPERS = "Starred"
RECOMMEND = "Recommend papers from my stars"
MISSING_HELP = "Their stars, tags and notes are kept, and return with the papers."


def following(name: str) -> str:
    return f"Following “{escape_markdown(name)}”. See it on your Desk."


def followed_results(new: int, results: int) -> str:
    news = f":green[{new:,} new]" if new else NOTHING_NEW
    return f"{news} · {plural(results, 'result')}"


def missing_papers(count: int) -> str:
    return f"{plural(count, 'paper')} no longer in the library"


def desk_list(name: str) -> str:
    return f"desk {name}"


# Library

READ_ONLY = "This page is read-only: the library cannot be changed here."
GUESTS_READ_ONLY = "Guests can only view the library. Sign in to change it."
ADD_PAPERS = "Add papers"
DROP_FILES = "Drop PDFs, alert mails, saved pages, reference exports, or archives of such files"
CHECKING_FILES = "Checking the files ..."
CHECK_FAILED = "The files could not be checked; see the server's log. Nothing was changed."
NOTHING_TO_ADD = "There is nothing to add. The library stays as it is."
ALL_KNOWN = ":material/check: Nothing new: all of these papers are in the library."
ADD_TO_LIBRARY = "Add to the library"
ADD_LATER = "An update is running; these papers can be added when it has finished."
SHOW_PAPERS = "Show papers"
NOTHING_NEW_IN_FILE = "Nothing new"
UPDATE_RUNNING = "Another update is running. Try again when it has finished."
UPDATE_BUSY = "Another program is updating this library. Try again when it has finished."
UPDATE_FAILED = "The update failed and the library is unchanged; see the server's log."
UPDATE_HELP = "Search keeps working meanwhile, and you can leave this page."
TRY_AGAIN = "Try again"
UPDATE = "Update"
REREAD = "Re-read the digests folder"
REREADING = "Re-reading the digests folder"
REDRAW = "Redraw the map"
REDRAWING = "Redrawing the map"
FEEDS = "Feeds"
FETCH = "Fetch now"
FETCH_HELP = "Fetch what is new from these feeds and add it to the library"
FETCHING = "Fetching feeds and adding what is new"
CONTENTS = "Library contents"
DIGEST = "Digest"
PAPERS = "Papers"
FORMAT = "Format"
VERSIONS = "Versions"
RESTORE = "Restore this version"
CONFIRM_RESTORE = "Yes, restore"
RESTORE_REFUSED = "The library was updated meanwhile, so nothing was restored. Check again."
SAME_PAPERS = "same papers; topics or map changed"
STAGES = {
    "": "Starting",
    "fetch": "Fetching feeds",
    "read": "Reading digests",
    "model": "Loading the model",
    "embed": "Embedding papers",
    "index": "Indexing",
    "map": "Laying out the map",
    "topics": "Finding and naming topics",
    "publish": "Checking and publishing",
}


def folder_read_only(folder: object) -> str:
    return f"This page is read-only: no permission to write to {folder}."


def upload_help(folder: object) -> str:
    return (
        "You can review the papers before they are added. "
        f"The files are kept in {escape_markdown(str(folder))}."
    )


def too_large(name: str, megabytes: int) -> str:
    return f"{escape_markdown(name)} is larger than {megabytes} MB and was skipped."


def too_many(most: int, files: int) -> str:
    return f"Only the first {most} of {files} files are checked at once."


def total(change: str) -> str:
    return f"Total: **{change}**."


def upload_facts(papers: int, with_abstract: int, known: int, not_papers: str) -> str:
    """Return what an upload holds; ``not_papers`` are the records of other kinds, in words."""
    return (
        f"{plural(papers, 'paper')} · {with_abstract:,} with abstract · "
        f"{known:,} already in the library"
    ) + (f" · not papers: {escape_markdown(not_papers)}" if not_papers else "")


def upload_change(added: int, changed: int) -> str:
    """Return what an upload would add and change."""
    if not added and not changed:
        return NOTHING_NEW_IN_FILE
    return f"{plural(added, 'paper')} would be added" + (
        f", {changed:,} changed" if changed else ""
    )


def skipped_file(problem: str) -> str:
    return f":material/block: Skipped: {escape_markdown(problem)}"


def skipped_entries(count: int) -> str:
    return f"{plural(count, 'entry', 'entries')} skipped: not papers"


def skipped_entry(digest: str, place: str, reason: str, excerpt: str) -> str:
    """Return why an entry is no paper; ``digest`` and its ``place`` there are empty if unknown."""
    place = ", ".join(part for part in (digest, place) if part)
    text = f"{place}: {reason}" if place else reason
    return escape_markdown(f"{text} “{excerpt}”" if excerpt else text)


def adding(names: Sequence[str]) -> str:
    return f"Adding {', '.join(names)}"


def reread_help(folder: object) -> str:
    return f"Re-reads every file in {escape_markdown(str(folder))}."


def redraw_help(reason: str) -> str:
    return f"Redraw recommended: {escape_markdown(reason)}. The map stays recognisable."


def progress(stage: str, seconds: float, done: int, total: int) -> str:
    text = f"{STAGES[stage]} · {seconds:.0f} s"
    return f"{text} · {done:,} of {total:,}" if total else text


def feed_state(last_success: str, new: int) -> str:
    """Return when a feed was fetched last, and how many papers came."""
    if not last_success:
        return "Not fetched yet"
    return f"Last fetched {last_success} · {plural(new, 'new paper')}"


def update_result(changes: Mapping[str, int], papers: int, *, published: bool) -> str:
    """Return what an update changed; ``changes`` are counts by a past participle."""
    parts = [f"{plural(count, 'paper')} {verb}" for verb, count in changes.items() if count]
    if not parts:
        parts = ["Same papers; topics or map changed" if published else "Nothing new"]
    return f"{', '.join(parts)}; the library has {plural(papers, 'paper')}."


def topic_event(event: TopicEvent) -> str:
    """Return a change of topics in one line."""
    topic = f"“{escape_markdown(event.label)}”"
    other = f"“{escape_markdown(event.other_label)}”"
    return {
        TopicEventKind.NEW: f"New topic: {topic}, {plural(event.papers, 'paper')}",
        TopicEventKind.SPLIT: f"{topic} split off from {other}",
        TopicEventKind.MERGED: f"{topic} was merged into {other}",
        TopicEventKind.RETIRED: f"{topic} was dissolved",
        TopicEventKind.RENAMED: f"{topic} is the new name of {other}",
    }[event.kind]


def more_topic_changes(count: int) -> str:
    return f"and {plural(count, 'more topic change')}"


def map_redrawn(reason: str) -> str:
    return f"The map was redrawn: {escape_markdown(reason)}"


def model_and_index(model: str, own_vectors: bool, dimension: int, engine: str) -> str:
    own = " and your own vectors" if own_vectors else ""
    return escape_markdown(
        f"Embedding model: {model}{own} ({dimension} dimensions), index: {engine}"
    )


def disk_use(version: str, cache: str) -> str:
    return escape_markdown(
        f"On disk: {version} for this version, {cache} for vectors that all versions share"
    )


def papers_from_digests(papers: int, digests: int) -> str:
    return f"**{plural(papers, 'paper')} from {plural(digests, 'digest')}**"


def version(number: int, *, current: bool) -> str:
    return f"**{number}**" + (" · current" if current else "")


def unreadable_version(name: str) -> str:
    return f"{name} · cannot be read; run `explorer doctor` for details"


def version_changes(changes: Mapping[str, int]) -> str:
    parts = [
        f"{changes[verb]:,} {verb}" for verb in ("added", "changed", "removed") if changes.get(verb)
    ]
    return ", ".join(parts) or SAME_PAPERS


def restore_help(created: str, papers: int) -> str:
    return (
        f"Everyone will see the library as of {created}, with {plural(papers, 'paper')}. Nothing "
        "is deleted, and the next update adds the papers of later digests again."
    )


# Times


def moment(time: datetime) -> str:
    """Return a time in UTC, to the minute."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def day_or_moment(time: datetime) -> str:
    """Return a day, with the time of day unless that is midnight."""
    day = f"{time:%b} {time.day} {time.year}"
    return day if time.time() == datetime.min.time() else f"{day}, {time:%H:%M} UTC"


def edtf_date(date: str) -> str:
    """Return an EDTF date as "Mar 11 2026"; an unknown year is left out, "" stays empty."""
    if not date:
        return ""
    year, *rest = date.split("-")
    words = [MONTHS[int(rest[0]) - 1]] if rest else []
    words += [str(int(rest[1]))] if len(rest) > 1 else []
    return " ".join([*words, *([year] if year.isdigit() else [])])


# Literature reviews

SCREEN = "Review"
SCREEN_HELP = "Screen these papers for a literature review, one at a time, the likeliest first."
REVIEW_NAME = "Name of the review"
REVIEW_QUESTION = "Question, in your words (optional)"
START_REVIEW = "Start the review"
REVIEWS = "Literature reviews"
REVIEWS_HELP = (
    "Start one with *Review* above the results of a search, on a topic or on a selection of the "
    "map. The order learns from each decision, and two lamps show when to stop."
)
REVIEW_LIBRARY = "Review the whole library"
ALL_REVIEWS = "All reviews"
REVIEW_READ = "Every paper has a decision."
OPEN_PAPER = "Open the paper"
REASON = "Reason of exclusion (optional)"
UNDO_DECISION = "Undo"
UNDO_HELP = "Undo your last decision. Key: `u`"
DECISIONS = {
    ReviewDecision.INCLUDE: ("Include", ":material/check:", "Key: `i`"),
    ReviewDecision.EXCLUDE: ("Exclude", ":material/close:", "Key: `e`"),
    ReviewDecision.LATER: ("Later", ":material/schedule:", "Key: `l`"),
}
"""Label, icon and help of the buttons."""
LAMPS_HELP = (
    "*Probably*: the probabilities of the unread papers, fitted to your decisions, add up to at "
    "most 5 % of all relevant ones. *95 % confidence*: a test that needs no model; it lights later."
)
REVIEW_FORMATS = {
    ReviewFormat.CSV: "CSV, all decisions",
    ReviewFormat.RIS: "RIS, all decisions",
    ReviewFormat.ASREVIEW: "CSV for ASReview",
    ReviewFormat.RAYYAN: "CSV for Rayyan",
    ReviewFormat.COVIDENCE: "CSV for Covidence",
}
DIAGRAM = "PRISMA 2020 flow diagram, SVG"
AUDIT_LOG = "Audit log, JSON Lines"


def review_facts(question: str, decided: int, papers: int) -> str:
    """Return the state of a review in a list."""
    facts = [question] if question else []
    return escape_markdown(" · ".join([*facts, f"{decided:,} of {plural(papers, 'paper')} read"]))


def review_about(question: str, sources: Sequence[str]) -> str:
    """Return the question of a review and where its papers come from."""
    listed = f"Papers from: {', '.join(sources)}"
    return escape_markdown(f"{question} · {listed}" if question else listed)


def review_progress(progress: ScreeningProgress) -> str:
    """Return the numbers of a review."""
    parts = [
        f"**{progress.labelled:,}** of {plural(progress.papers, 'paper')} read",
        f"**{progress.included:,}** included",
    ]
    if progress.left is None:
        parts.append("too few decisions to estimate what is left")
    elif progress.unread:
        low, high = round(progress.low), round(progress.high)
        parts.append(f"likely left: **{progress.left:.0f}** ({low:,} to {high:,})")
    return " · ".join(parts)


def review_lamps(*, probably: bool, surely: bool) -> str:
    """Return both lamps."""
    lamp = {True: ":green[:material/lightbulb:]", False: ":gray[:material/light_off:]"}
    return f"{lamp[probably]} probably 95 % found &emsp; {lamp[surely]} 95 % with 95 % confidence"


def more_reading(progress: ScreeningProgress) -> str:
    """Return what more reading is likely to cost and bring."""
    yields = [
        f"{plural(more.papers, 'more paper')}: about {more.relevant:.1f} relevant"
        for more in progress.more
    ]
    if progress.to_target:
        yields.insert(0, f"about {plural(progress.to_target, 'paper')} to the first lamp")
    return " · ".join(yields)


def speaks_for(sentence: str) -> str:
    """Return the sentence that speaks most for a paper; it is Markdown."""
    return f"> {sentence}"


def papers_appended(count: int) -> str:
    return f"{plural(count, 'paper')} appended from updates of the library."


def decided_together(count: int) -> str:
    return f"{plural(count, 'near-duplicate')} got the same decision."


def conflict_count(count: int) -> str:
    return f"Conflicts between reviewers: {count:,}"


def conflict(title: str, decisions: Mapping[str, ReviewDecision]) -> str:
    """Return a paper that reviewers disagree on; ``title`` is Markdown."""
    who = ", ".join(f"{escape_markdown(name)}: {what}" for name, what in decisions.items())
    return f"{title} :gray[{who}]"


def reviewer_agreement(pair: Agreement) -> str:
    """Return the agreement of two reviewers."""
    kappa = "not defined" if pair.kappa is None else f"{pair.kappa:.2f}"
    names = escape_markdown(" and ".join(pair.reviewers))
    agreed = f"{pair.agreed:,} of {plural(pair.papers, 'paper')}"
    return f"{names} agree on {agreed}, Cohen's kappa {kappa}"
