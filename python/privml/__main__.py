"""`python -m privml` is the `privml` command."""

from __future__ import annotations

from privml.cli import main

if __name__ == "__main__":
    main()
