"""Pages and pictures: what a person looks at. They draw what was computed elsewhere and compute nothing themselves."""
