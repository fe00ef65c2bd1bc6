"""Feeds: digests that services publish, fetched and kept as files in the digest folder.

``subscriptions`` holds the list of feeds, which a person may edit; ``services`` the requests that
each service takes, page by page; ``web`` the connection, its limits and retries; ``mailbox`` the
folder of alert mails; ``fetching`` the way from a feed to new digest files. Nothing else in this
package of programs opens a connection on its own.
"""
