"""The page of `infer report`: results as one HTML file that needs nothing beside itself.

`write.py` makes the file. Beneath it: `measure.py` (the figures), `differences.py` (of two models),
`curve.py` (operating points), `det_plot.py`, `roc_plot.py` and `score_plot.py` (inline SVG, by `plane.py` and
`svg.py`), `gallery.py` (crops of pairs), `templates/` (the words, the looks).
"""
