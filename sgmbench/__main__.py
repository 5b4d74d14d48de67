"""`python -m sgmbench`."""

from sgmbench.cli import main

main()
