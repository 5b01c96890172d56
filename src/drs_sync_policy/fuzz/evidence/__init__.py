"""The JSON form of what a run saw: `verdict.json`, `exchanges.jsonl`, and their schema."""
