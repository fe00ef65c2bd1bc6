"""The page: ``streamlit run streamlit_app.py [-- --library DIR]``."""

from explorer.app.page import main

main()
