"""The report: built from the figures, kept as report.json, shown as a table and as one HTML page.

Nothing is measured or judged here.
"""
