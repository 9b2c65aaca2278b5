"""Files that several stages read: shards, manifests, pair lists, CSV rows; and what they say of crops."""
