"""What commands leave on the disk: results, scores, embeddings, pictures."""
