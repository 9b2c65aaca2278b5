"""A session: is the person of a video the one on a document, the same one throughout, and bona fide?"""
