"""Contains all the data models used in inputs/outputs"""

from .batch_list_job_details_error import BatchListJobDetailsError
from .batch_list_job_details_response import BatchListJobDetailsResponse
from .batch_query_job_req_page import BatchQueryJobReqPage
from .batch_set_policy_req import BatchSetPolicyReq
from .batch_set_policy_response import BatchSetPolicyResponse
from .conflict_policy import ConflictPolicy
from .db_use_type import DbUseType
from .error_response import ErrorResponse
from .filter_ddl_policy import FilterDdlPolicy
from .job_info import JobInfo
from .kafka_data_format import KafkaDataFormat
from .language import Language
from .page_req import PageReq
from .partition_policy import PartitionPolicy
from .query_job_failure import QueryJobFailure
from .query_job_resp import QueryJobResp
from .query_jobs_req import QueryJobsReq
from .show_job_list_response import ShowJobListResponse
from .sync_policy_req import SyncPolicyReq
from .sync_policy_resp import SyncPolicyResp
from .sync_policy_status import SyncPolicyStatus
from .topic_policy import TopicPolicy

__all__ = (
    "BatchListJobDetailsError",
    "BatchListJobDetailsResponse",
    "BatchQueryJobReqPage",
    "BatchSetPolicyReq",
    "BatchSetPolicyResponse",
    "ConflictPolicy",
    "DbUseType",
    "ErrorResponse",
    "FilterDdlPolicy",
    "JobInfo",
    "KafkaDataFormat",
    "Language",
    "PageReq",
    "PartitionPolicy",
    "QueryJobFailure",
    "QueryJobResp",
    "QueryJobsReq",
    "ShowJobListResponse",
    "SyncPolicyReq",
    "SyncPolicyResp",
    "SyncPolicyStatus",
    "TopicPolicy",
)
