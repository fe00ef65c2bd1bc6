"""The page: ``streamlit run streamlit_app.py [-- --library DIR]``."""

from starlette.middleware import Middleware
from streamlit.starlette import App

from explorer.app.server import SCRIPT, HostGuard

app = App(SCRIPT, middleware=[Middleware(HostGuard)])
