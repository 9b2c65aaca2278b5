"""Synthetic faces made from real ones: forgeries to train against, from five landmarks and pixels alone."""

from common.forge.face import Face, landmarks_for_forging
from common.forge.forger import Forger, Forgery, parse_methods
from common.forge.methods import METHODS

__all__ = ["METHODS", "Face", "Forger", "Forgery", "landmarks_for_forging", "parse_methods"]
