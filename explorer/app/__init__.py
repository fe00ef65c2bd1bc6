"""The page: widgets, URL state and caches over the library. The only part that knows Streamlit.

page.py       the frame: header, search box, two columns
state.py      what the URL says and what the page remembers
resources.py  the opened library and the model, shared by all visitors
asking.py     the search box, how it was understood, and what narrows a search
results.py    the list of hits, or of a lasso's catch
topics.py     the way in for newcomers, the tree of topics, and one topic
curating.py   saying what topics are, and taking it back
library.py    what the library holds, how far an update has come, the way back to an earlier one
uploads.py    digests dropped on the page, and what they would bring
updates.py    updates in the background, one at a time, shared by all visitors
paper.py      one paper
keyboard.py   keys that search, move through hits and go back; keyboard.js is the browser's side
visits.py     when a visitor was last here; visits.js is the browser's side
components.py scripts of the page as Streamlit components
map.py        the map (drawn by explorer/map/browser) and the sunburst of topics, and what is done
              on them; sunburst.js keeps the sunburst from zooming
style.css     spacing and type that the theme cannot set
"""
