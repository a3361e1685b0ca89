"""Every figure a ratio: the product's own code paths against plain baselines, taken in the same run."""
