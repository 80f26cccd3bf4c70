"""The command line, ``python -m core COMMAND``: one module a group of commands."""
