"""The page: widgets, URL state and caches over the library. The only part that knows Streamlit.

page.py           frame: header, search box, list and map side by side
views/            the views Explore, Topics, What's new, Desk and Library; one topic; one paper
texts.py          all texts that people read on the page

headings.py       headings of page, views and sections
search_box.py     search box, ranking, topic filter, help, examples
chips.py          the query as understood, part by part, and notes on it
refine.py         facets, order, variety
hits.py           list of hits, with reasons, badges and scores
selection.py      papers selected on the map
paper_row.py      one paper in a list, the same in every list
list_rows.py      rows of topics, and other parts of lists
papers_in_view.py papers in view on the map, as a list; papers_in_view.js is the browser's side
match_count.py    how many papers match
paper_marks.py    star, status, tags and note of a paper
export_menu.py    a list of papers as a file
feeds.py          feeds of papers, and a button to fetch them
cite_menu.py      a paper's reference, to copy
open_menu.py      links to pages of a paper, and to searches for its title
neighbours.py     papers nearest to an open one, with the reasons
topic_editing.py  rename, merge, pin, undo
uploads.py        digests dropped on the page, previewed before they are added
updates.py        updates in the background, one at a time, shared by all visitors
map.py            map and chart of topics (drawn by explorer/map/browser), and what their clicks do

url.py            state in the URL
session.py        state of a visitor between runs
navigation.py     what a click opens, closes, searches for or selects
controls.py       controls whose value is in the URL
query_text.py     a query's text with or without a clause or an example
user.py           the user, sign-in and the user's desk
resources.py      folders, opened library, model and other caches, shared by all visitors
small_screen.py   list or map, and search options, on a phone; with small_screen.js
keyboard.py       keyboard shortcuts; keyboard.js is the browser's side
reading_place.py  scroll position and focus; reading_place.js is the browser's side
visits.py         time of the last visit; visits.js is the browser's side
components.py     scripts of the page as Streamlit components
server.py         server of the page, and its settings
first_load.py     style and first words in the document, compressed scripts
script.py         Streamlit's main script
style.css         spacing and type that the theme cannot set
"""
