"""What becomes of a pickle that is not read."""


class NotDataError(Exception):
    """A pickle that is damaged, or holds more than data; the text continues a sentence on the file."""


DAMAGED = "is damaged"
CUT_SHORT = "ends too early"
NOT_PLAIN = "which is no part of plain data"
