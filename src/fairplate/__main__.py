"""`python -m fairplate`: the same command as `fairplate`."""

from fairplate.cli.main import main

if __name__ == "__main__":
    main()
