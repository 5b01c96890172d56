"""The examples at the end of each `--help`: lines that can be copied, and what they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "apply": (
        ("Validate a file and show the requests:", "apply policies.csv --dry-run"),
        ("Set the policies, 8 requests at a time:", "apply policies.yaml --concurrency 8"),
        ("Set the policies and read them back:", "apply policies.yaml --verify"),
        (
            "Take the file from another program:",
            "apply - --format json --journal jobs.journal < policies.json",
        ),
    ),
    "set": (
        ("Stop at conflicts:", "set 19557d51-1ee6-4507-97a6-8f69164jb201 --conflict-policy stop"),
        ("Several jobs at once:", "set job-a job-b --ddl-trans --no-index-trans"),
        ("See the fields of another edition:", "set --edition huawei-cloud --help"),
    ),
    "get": (
        ("The policies of two jobs:", "get job-a job-b"),
        (
            "The policies of all synchronization jobs, for a spreadsheet:",
            "get --all-sync-jobs --output csv",
        ),
    ),
    "plan": (
        ("What would `apply` change?", "plan policies.yaml"),
        ("For a pull request:", "plan policies.yaml --output junit > plan.xml"),
    ),
    "login": (
        ("Give the values on a terminal:", "login"),
        (
            "A profile for a sandbox, with the token from DRS_TOKEN:",
            "login local --url http://127.0.0.1:8080 --project-id p --kind token --no-verify",
        ),
    ),
    "doctor": (("Check the profile `staging`:", "doctor --profile staging"),),
    "explain": (
        ("What a code means, and what to do:", "explain DRS.M00304"),
        ("The codes with a status:", "explain 401"),
        ("A rule of the contract:", "explain later-items-win"),
    ),
    "contract": (
        ("The rules as JSON:", "contract rules --output json"),
        ("The contract of another edition:", "contract document --edition huawei-cloud"),
    ),
    "sandbox": (
        ("Serve on a free port, and violate a rule on purpose:", "sandbox --port 0 --fault NAME"),
        ("Keep what is stored:", "sandbox --database sqlite:///sandbox.sqlite3"),
    ),
    "fuzz": (
        ("Write an example of a target profile:", "fuzz --init"),
        ("Check a server for a minute:", "fuzz --target target.toml --budget 60 --report report"),
        ("Try it without a server of your own:", "fuzz --sandbox --budget 10"),
        (
            "See how it reports a faulty server:",
            "fuzz --sandbox --fault count-off-by-one --fail-fast",
        ),
    ),
    "check": (
        ("Check what a browser recorded:", "check traffic.har --target target.toml"),
        (
            "Check the requests and responses of a run of `fuzz` again:",
            "check report/exchanges.jsonl --target target.toml",
        ),
        (
            "Write a report without the bodies:",
            "check traffic.har --target target.toml --report report --redact-bodies",
        ),
    ),
    "replay": (("Send the requests of all findings again:", "replay report --tries 5"),),
    "proxy": (
        (
            "Forward requests to a server, and check them:",
            "proxy --target target.toml --listen 8081 --report report",
        ),
        ("Also record the traffic:", "proxy --target target.toml --record traffic.har"),
    ),
    "load": (
        (
            "50 users for a minute, at most 200 requests a second:",
            "load --target target.toml --users 50 --duration 60 --rate 200 --report report",
        ),
        (
            "On several machines, first the master, then each worker:",
            "load --target target.toml --master --expect-workers 2 --bind 0.0.0.0",
        ),
        ("", "load --target target.toml --worker master.example.com"),
    ),
    "merge": (
        (
            "Join the reports of four seeds:",
            "merge seed-1 seed-2 seed-3 seed-4 --report merged",
        ),
    ),
    "completion": (
        ("In ~/.bashrc:", 'eval "$(drs-sync-policy completion bash)"'),
        ("In ~/.zshrc:", 'eval "$(drs-sync-policy completion zsh)"'),
        (
            "For fish, run once:",
            "completion fish > ~/.config/fish/completions/drs-sync-policy.fish",
        ),
    ),
}
"""By verb. A line without the program's name is shown with it."""


def epilog(verb: str) -> str | None:
    """The examples of a verb as click's `epilog`, whose paragraphs it must not fold."""
    if verb not in EXAMPLES:
        return None
    lines = ["\b", "Examples:"]
    for says, line in EXAMPLES[verb]:
        shown = line if "drs-sync-policy completion" in line else f"drs-sync-policy {line}"
        lines += [*([f"  # {says}"] if says else []), f"  {shown}"]
    return "\n".join(lines)
