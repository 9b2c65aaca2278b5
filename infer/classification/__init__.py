"""Single faces, bona fide or synthetic: what `infer classify` is made of."""
