"""Keys with any name that one may have, for Hypothesis."""

from hypothesis import strategies as st

from fairplate.verify.notes import KeyType, SigningKey

names = st.text(
    st.characters(categories=("L", "N", "P", "S"), exclude_characters="+"), min_size=1, max_size=40
)
keys = st.builds(SigningKey, names, st.sampled_from(KeyType), st.binary(min_size=32, max_size=32))
