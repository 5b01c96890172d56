"""The contract as data; see `openapi.yaml`."""

from typing import Final, Literal, get_args

VERSION: Final = "1.0.0"
"""`info.version` of every edition."""

SHA256: Final = {
    "base": "99ab9ae323bc90bb8a8f2c16116ab230f4e26feab590d697826eaacf75eff19c",
    "huawei-cloud": "4d809be78ad18721c7a704690c3c65dc2e7338b8dfe5bf329b3a6efc18197f38",
}
"""The hash of each edition, as `drs_sync_policy.contract.Contract.sha256` computes it."""

RuleId = Literal[
    "status-is-documented",
    "media-type-is-json",
    "answer-matches-schema",
    "answer-is-i-json",
    "status-ties-error-fields",
    "error-body-explains",
    "count-equals-results",
    "one-result-per-item",
    "results-in-request-order",
    "result-id-echoes-job-id",
    "own-job-succeeds",
    "valid-request-is-accepted",
    "valid-request-never-crashes",
    "job-id-is-opaque",
    "unknown-fields-are-ignored",
    "batch-size-is-unbounded",
    "extremes-in-ignored-fields-are-survived",
    "invalid-body-is-refused",
    "body-must-be-i-json",
    "other-media-types-are-refused",
    "unknown-language-is-refused",
    "malformed-project-id-is-refused",
    "oversized-body-is-refused",
    "other-methods-are-refused",
    "refused-request-changes-nothing",
    "missing-credentials-are-refused",
    "wrong-credentials-are-refused",
    "token-is-matched-exactly",
    "token-comes-from-its-header",
    "credentials-come-before-the-body",
    "foreign-project-is-refused",
    "foreign-job-looks-unknown",
    "tenants-are-isolated",
    "unknown-job-fails-alone",
    "blocked-job-fails-alone",
    "items-are-independent",
    "accepted-policy-is-stored",
    "omitted-field-keeps-its-value",
    "later-items-win",
    "later-calls-win",
    "repeating-is-harmless",
    "concurrent-calls-take-turns",
    "message-is-in-the-language",
    "language-changes-only-messages",
    "own-job-is-shown",
    "details-are-of-jobs-asked-for",
    "details-fit-their-page",
    "foreign-job-has-no-details",
    "first-page-of-jobs-is-shown",
    "list-fits-its-page",
    "list-has-what-was-asked-for",
    "list-has-own-jobs-only",
]
"""The id of a rule: an entry of `x-rules` in the base contract or an edition."""

RULE_IDS: Final[tuple[RuleId, ...]] = get_args(RuleId)
"""Every rule id, in the order of the contract."""
