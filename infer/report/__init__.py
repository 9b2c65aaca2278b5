"""The page of `infer report`: results as one HTML file that needs nothing beside itself.

`write.py` makes the file. Beneath it: `measure.py` (the figures), `differences.py` (of two models),
`curve.py` (operating points), `curve_plots.py` and `score_plot.py` (what matplotlib draws, made part of the
page by `svg.py`), `gallery.py` (crops of pairs), `templates/` (the words, the looks).
"""
