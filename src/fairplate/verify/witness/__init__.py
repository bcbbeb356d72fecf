"""A small witness of logs (C2SP tlog-witness): run it with `python -m fairplate.verify.witness`.

What it promises, and how to run one, stands in docs/witness.md.
"""
