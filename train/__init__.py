"""Stage 2: fine-tune a face encoder on aligned shards."""
