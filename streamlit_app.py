"""The page: ``streamlit run streamlit_app.py [-- --library DIR]``."""

from streamlit.starlette import App

from explorer.app.server import SCRIPT, guards

# Streamlit recognises the application by this call.
app = App(SCRIPT, middleware=guards())
