"""Published weights: reading files that are not trusted, recognising what they are, loading what fits.

`common.models.load_encoder.load_encoder` is the one way from a `--pretrained` or `--model` to an encoder.
"""
