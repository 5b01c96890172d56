// The request as code to copy: curl, Python, and the command.

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

export function curl(origin, request) {
  const lines = [`curl --request ${request.method} ${quote(origin + request.path)}`];
  for (const [name, value] of Object.entries(request.headers)) lines.push(`--header ${quote(`${name}: ${value}`)}`);
  if (request.body !== undefined) lines.push(`--data-raw ${quote(JSON.stringify(request.body))}`);
  return lines.join(" \\\n  ");
}

export function command(origin, request, tenant) {
  return [
    `export DRS_URL=${quote(origin)} DRS_PROJECT_ID=${quote(tenant.project_id)} DRS_TOKEN=${quote(tenant.token)}`,
    "drs-sync-policy apply --format json - <<'JSON'",
    JSON.stringify(request.body, null, 2),
    "JSON",
  ].join("\n");
}

export function python(origin, request, tenant) {
  const [items] = Object.values(request.body);
  return [
    "from drs_sync_policy import SyncPolicyClient, SyncPolicyReq, TokenAuth",
    "",
    "with SyncPolicyClient(",
    `    base_url=${literal(origin)},`,
    `    project_id=${literal(tenant.project_id)},`,
    `    auth=TokenAuth(${literal(tenant.token)}),`,
    ") as drs:",
    "    outcome = drs.set_policies(",
    "        [",
    ...items.map((item) => `            SyncPolicyReq.from_dict(${literal(item)}),`),
    "        ]",
    "    )",
    "for job in outcome:",
    "    print(job.job_id, job.state, job.error_code, job.remedy)",
  ].join("\n");
}

function literal(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([key, v]) => `${literal(key)}: ${literal(v)}`).join(", ")}}`;
  }
  return JSON.stringify(value); // A string of JSON is one of Python, too.
}
