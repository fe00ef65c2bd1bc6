"""Script that Streamlit runs for each interaction."""

from explorer.app.page import main

main()
