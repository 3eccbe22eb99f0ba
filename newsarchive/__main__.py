"""`newsarchive`, and `python -m newsarchive` where the console script is not installed."""

from typing import Any

from newsarchive.interrupted import say_it_in_one_line

say_it_in_one_line()


def main() -> Any:
    """Run the command, and exit. Its modules are loaded here, so that a Ctrl+C meanwhile is no traceback."""
    from newsarchive import cli
    from newsarchive.collector import set_up_collector

    set_up_collector()
    return cli.main()


if __name__ == "__main__":
    main()
