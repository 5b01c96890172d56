"""Contains all the data models used in inputs/outputs"""

from .batch_set_policy_req import BatchSetPolicyReq
from .batch_set_policy_response import BatchSetPolicyResponse
from .conflict_policy import ConflictPolicy
from .error_response import ErrorResponse
from .filter_ddl_policy import FilterDdlPolicy
from .kafka_data_format import KafkaDataFormat
from .language import Language
from .partition_policy import PartitionPolicy
from .sync_policy_req import SyncPolicyReq
from .sync_policy_resp import SyncPolicyResp
from .sync_policy_status import SyncPolicyStatus
from .topic_policy import TopicPolicy

__all__ = (
    "BatchSetPolicyReq",
    "BatchSetPolicyResponse",
    "ConflictPolicy",
    "ErrorResponse",
    "FilterDdlPolicy",
    "KafkaDataFormat",
    "Language",
    "PartitionPolicy",
    "SyncPolicyReq",
    "SyncPolicyResp",
    "SyncPolicyStatus",
    "TopicPolicy",
)
