"""The views of the page, and the pages of one topic and one paper."""
