"""`python -m newsarchive`: the command, where the console script is not installed."""

from newsarchive.cli import main

main()
