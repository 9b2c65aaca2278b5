"""The pages of `infer report` about single faces: results of `infer classify`, of one classifier or several.

`write.py` makes the page of one, `write_comparison.py` that of several. Beneath them: `measure.py` (the
figures), `shortcuts.py` (what plain measures explain), `comparison.py` (of several on the same faces),
`gallery.py` (crops), `plots.py` (drawings that pairs do not have).
"""
