"""Measures of a bird, made from the raw columns."""

from __future__ import annotations

import pandas as pd


def bill_ratio(frame: pd.DataFrame) -> pd.Series:
    """Length of the bill over its depth: long and flat bills have a high ratio."""
    return frame["bill_length_mm"] / frame["bill_depth_mm"]


def mass_per_flipper(frame: pd.DataFrame) -> pd.Series:
    """Grams of body mass for a millimetre of flipper."""
    return frame["body_mass_g"] / frame["flipper_length_mm"]
