"""``python -m pibench``."""

from pibench.cli.main import main

if __name__ == "__main__":
    main()
