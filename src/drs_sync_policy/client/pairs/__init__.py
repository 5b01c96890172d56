"""What differs between threads and event loops in more than `async`: pairs, written by hand.

Everything else that waits is written once, in `async_*.py`; `tools/derive_sync.py` derives the sync
module from it.
"""
