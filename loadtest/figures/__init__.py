"""From records to figures: percentiles, rates, goodput, the timeline, and the verdict on a level.

Pure functions of records, computed from raw values with numpy. No files, no output.
"""
