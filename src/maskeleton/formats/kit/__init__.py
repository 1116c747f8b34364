"""What the formats are made with: text, numbers, arrays and pickles read safely, and the larger half of some."""
