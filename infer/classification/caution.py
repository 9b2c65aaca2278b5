"""What is told with every answer of a classifier."""

NOT_ACROSS = (
    "P(synthetic) is calibrated on the validation faces of the training; on photographs of another kind it "
    "may be far too sure, and forgeries of other kinds may pass"
)
