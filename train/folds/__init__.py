"""Folds: several classifiers of one data set, each validated on a part that the others are trained on."""
