"""Names of the files that say what photographs show; they lie beside the photographs."""

META_FILE = "meta.json"  # of a folder per person: which photographs are synthetic
LABELS_FILE = "labels.csv"  # of a folder of pairs: who is one person, which faces are synthetic
