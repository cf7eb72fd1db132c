"""The wire: REST, server-sent events and WebSocket over one conversation manager.

`app.create_app` puts it together and `server.serve` runs it; beside them one file per noun. Importing this package
alone costs nothing, so that the command line can render transcripts without loading a web framework.
"""
