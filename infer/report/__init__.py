"""The page of `infer report`: results as one HTML file that needs nothing beside itself.

`write.py` makes the file. Beneath it: `measure.py` (the figures), `differences.py` (of two models),
`curve.py` (operating points), `curve_plots.py`, `plane.py` and `score_plot.py` (drawn by matplotlib, put
into the page by `svg.py`), `gallery.py` (crops of pairs), `templates/` (the words, the looks).
"""
