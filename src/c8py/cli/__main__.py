"""`python -m c8py.cli`: the command line without its script, as the quickstart starts the platform."""

from c8py.cli import main

if __name__ == "__main__":
    main()
