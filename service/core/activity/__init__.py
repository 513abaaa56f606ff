"""What principals did, kept so that it can be merged in any order: folding events, packing, merging, asking.

batches of events -> fold -> segments (one per principal) -> merge -> activity of a principal -> usage of a window
"""
