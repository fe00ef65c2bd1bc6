"""Navigation: what a click on the page opens, closes, searches for or selects."""

from __future__ import annotations

from explorer.app import session, url
from explorer.app.url import Corners


def open_paper(paper: str) -> None:
    """Open a paper; the query stays."""
    if url.paper() and url.paper() != paper:
        session.trail().append(url.paper())
    url.set_parameter(url.PAPER, paper)


def go_back() -> None:
    """Open the paper that this one was opened from, or else the list."""
    trail = session.trail()
    if trail:
        url.set_parameter(url.PAPER, trail.pop())
    else:
        close_paper()


def close_paper() -> None:
    """Close the open paper."""
    session.clear_trail()
    url.set_parameter(url.PAPER, "")


def open_topic(topic: str) -> None:
    """Open the page of a topic; an empty id opens the view."""
    url.set_query("")
    url.set_parameter(url.REFINEMENT, "")
    url.set_as_typed(())
    filter_by_topic(topic)


def filter_by_topic(topic: str) -> None:
    """Restrict the search to a topic; an empty id lifts the restriction."""
    url.set_parameter(url.TOPIC, topic)
    show_list()


def show_view(view: str) -> None:
    """Open a view from its start: no query, no filter, nothing open."""
    clear_similar_to()
    clear_within()
    open_topic("")
    show_since("")
    clear_period()
    close_name_review()
    close_questions()
    session.forget_verdict()
    url.set_parameter(url.SCOPE, "")
    url.set_parameter(url.SCREENED, "")
    url.set_parameter(url.VIEW, view)


def open_review(name: str) -> None:
    """Open a literature review; an empty name opens the list of all."""
    show_view(url.SCREENING)
    url.set_parameter(url.SCREENED, name)


def open_name_review() -> None:
    """Open the review of topic names."""
    show_view(url.TOPICS)
    url.set_parameter(url.REVIEW, "names")


def close_name_review() -> None:
    """Close the review of topic names."""
    url.set_parameter(url.REVIEW, "")


def show_recommended_from(scope: str) -> None:
    """Recommend new papers, or papers of the whole library."""
    url.set_parameter(url.SCOPE, scope)
    close_questions()
    session.forget_verdict()
    show_list()


def open_questions() -> None:
    """Open the questions of the For you view, from the first one."""
    show_view(url.FOR_YOU)
    session.reset_questions()
    url.set_parameter(url.QUESTIONS, "1")


def close_questions() -> None:
    """Show the recommendations in place of the questions."""
    url.set_parameter(url.QUESTIONS, "")


def show_whole_map() -> None:
    """Show all of the map again."""
    url.reset_map_view()
    session.request_whole_map()
    session.reset_lengths()


def filter_by_period(first: str, last: str) -> None:
    """Show papers from period ``first`` to ``last`` alone."""
    url.set_period(first, last)
    session.reset_lengths()


def clear_period() -> None:
    """Show papers of all times again."""
    filter_by_period("", "")


def show_since(moment: str) -> None:
    """Show what is new since a date, a moment or the last visit; empty: since the last update."""
    url.set_parameter(url.SINCE, moment)
    clear_selection()


def search_for(query: str) -> None:
    """Search for a query as if it had been typed."""
    url.set_query(query)
    show_list()


def take_back(*parts: str) -> None:
    """Search for parts of the query as they are typed."""
    url.set_as_typed([*url.as_typed(), *parts])
    show_list()


def refine(clauses: str) -> None:
    """Search with other clauses and examples beside the text; each is shown as a chip."""
    url.set_parameter(url.REFINEMENT, clauses)
    show_list()


def recommend() -> None:
    """Recommend papers of the whole library."""
    show_view(url.FOR_YOU)
    url.set_parameter(url.SCOPE, url.WHOLE_LIBRARY)


def search_topic(topic: str, query: str) -> None:
    """Search within a topic."""
    filter_by_topic(topic)
    search_for(query)


def open_search(query: str, mode: str, topic: str, region: Corners) -> None:
    """Run a followed search in place of the current one."""
    show_view("")
    url.set_parameter(url.MODE, mode, "hybrid")
    url.set_region(url.WITHIN, region)
    search_topic(topic, query)


def search_within(region: Corners) -> None:
    """Restrict the search to a region of the map, and lead to the search box."""
    url.set_region(url.WITHIN, region)
    session.request_focus()
    show_list()


def clear_within() -> None:
    """Search the whole map again."""
    url.set_parameter(url.WITHIN, "")
    clear_selection()


def search_similar_to(region: Corners) -> None:
    """Search for papers like those in a region of the map; the query stays."""
    url.set_region(url.SIMILAR_TO, region)
    show_list()


def clear_similar_to() -> None:
    """Drop the papers that were the example."""
    url.set_parameter(url.SIMILAR_TO, "")
    clear_selection()


def select_region(region: Corners) -> None:
    """Select the papers in a region of the map."""
    url.set_region(url.SELECTION, region)
    close_paper()


def clear_selection() -> None:
    """Clear the selection on the map; lists begin with their first page again."""
    url.set_parameter(url.SELECTION, "")
    session.reset_lengths()


def show_list() -> None:
    """Close the open paper and clear the selection, so that the list is seen from its start."""
    close_paper()
    clear_selection()
