"""Runs the verifier: `python -m fairplate.verify DIR --key KEY`."""

import sys

if __name__ == "__main__":
    try:
        from fairplate.verify.command import main
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "cryptography":
            raise
        sys.stderr.write("fairplate-verify needs the Python package cryptography\n")
        sys.exit(2)
    sys.exit(main())
