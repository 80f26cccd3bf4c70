"""What each command of ``python -m core`` does: the one place in core that reaches the database."""
