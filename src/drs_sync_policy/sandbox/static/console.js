// The console: jobs, a form for a request, faults, network conditions, the request log, reset.

import { command, curl, python } from "./code.js";
import { byId, control, copyButton, make, showTable } from "./dom.js";
import { controlFor } from "./form.js";

const contract = await (await fetch("/_sandbox/console/contract.json")).json();
const tenants = contract.tenants.length ? contract.tenants : [{ name: "none", project_id: "", token: "" }];
let operation = contract.operations[0];
let tenant = tenants[0];
let token;
let headers;
let body;

// --- tenant and jobs -----------------------------------------------------------------------------

byId("about").textContent = `${contract.title}, contract ${contract.version}, edition ${contract.edition}`;
byId("tenant").append(...tenants.map((entry, n) => make("option", { value: n }, entry.name)));
byId("tenant").addEventListener("change", async (event) => {
  tenant = tenants[Number(event.target.value)];
  token.write(tenant.token);
  await showJobs({ choose: true });
});
byId("refresh").addEventListener("click", () => showJobs());

let choosing = false;
const readAndDrawJobs = onlyTheLast(async () => {
  const project = encodeURIComponent(tenant.project_id);
  return tenant.project_id ? (await control("GET", `projects/${project}/jobs`)).jobs : [];
}, drawJobs);

function showJobs({ choose = false } = {}) {
  choosing ||= choose;
  return readAndDrawJobs();
}

function drawJobs(jobs) {
  const rows = jobs.map((job) => [
    make("code", {}, job.job_id),
    job.state,
    Object.keys(job.policy).length ? make("code", {}, inOneLine(job.policy)) : make("small", {}, "none"),
    make("button", { type: "button", "aria-label": `Fill in ${job.job_id}`, onclick: () => fillIn(job.job_id, { show: true }) }, "Fill in"),
  ]);
  showTable(byId("jobs"), ["Job", "State", "Stored policy", "Request"], rows);
  if (choosing && jobs.length) fillIn(jobs[0].job_id);
  choosing = false;
}

/**
 * A function that reads and draws. If it is called again while it reads, only the last reading is drawn, and all calls
 * end after that: responses may arrive in another order than they were asked for.
 */
function onlyTheLast(read, draw) {
  let last;
  return () => {
    const mine = read().then((found) => (mine === last ? draw(found) : last));
    last = mine;
    return mine;
  };
}

/** JSON with a space between its fields only, so that a line breaks there. */
function inOneLine(object) {
  const fields = Object.entries(object).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${fields.join(", ")}}`;
}

/** Puts a job id where the contract's example has one: in the required text field of an item. */
function fillIn(id, { show = false } = {}) {
  const value = body?.read();
  const name = value && Object.keys(value).find((key) => Array.isArray(value[key]));
  if (!name) return;
  const item = operation.body.properties[name].items;
  const [key] = (item.required ?? []).filter((field) => item.properties[field].type === "string");
  if (key === undefined) return;
  const [first = {}, ...others] = value[name];
  body.write({ ...value, [name]: [{ ...first, [key]: id }, ...others] });
  showRequest();
  if (!show) return;
  // On a narrow screen the form is far below the list.
  const filled = [...byId("form").querySelectorAll("input, textarea")].find((control) => control.value === id);
  filled?.focus({ preventScroll: true });
  filled?.scrollIntoView({ block: "center" });
}

// --- request and response ------------------------------------------------------------------------

function showForm() {
  const sent = operation.parameters.filter((entry) => entry.in === "header");
  token = controlFor(operation.token_header ?? "token", { type: "string" }, false, showRequest);
  headers = sent.map((entry) => [entry.name, controlFor(entry.name, { ...entry.schema, description: entry.description }, entry.required, showRequest)]);
  body = operation.body && controlFor("", operation.body, true, showRequest);
  body?.write(operation.example ?? {});
  token.write(tenant.token);
  const choices = contract.operations.map((entry, n) => make("option", { value: n }, `${entry.method} ${entry.path}`));
  const select = make("select", { id: "operation", onchange: chooseOperation }, ...choices);
  select.value = contract.operations.indexOf(operation);
  byId("form").replaceChildren(
    make("div", { className: "field" }, make("label", { htmlFor: "operation" }, "Operation"), select),
    ...(body ? [body.element] : []),
    make("details", {}, make("summary", {}, "Headers"), token.element, ...headers.map(([, part]) => part.element)),
    make("button", { type: "submit", className: "main" }, "Send"),
  );
  const copies = [copyButton("curl", () => curl(location.origin, request()))];
  if (operation.in_client) {
    copies.push(copyButton("Python", () => python(location.origin, request(), tenant)));
    copies.push(copyButton("command", () => command(location.origin, request(), tenant)));
  }
  byId("copy").replaceChildren("Copy as ", ...copies);
  showRequest();
}

function chooseOperation(event) {
  operation = contract.operations[Number(event.target.value)];
  showForm();
}

function request() {
  const found = { "Content-Type": "application/json" };
  if (operation.token_header && token.read() !== undefined) found[operation.token_header] = token.read();
  for (const [name, part] of headers) if (part.read() !== undefined) found[name] = String(part.read());
  const path = operation.path.replace(/\{[^}]*\}/g, encodeURIComponent(tenant.project_id));
  return { method: operation.method, path, headers: found, body: body?.read() };
}

function showRequest() {
  const { method, path, headers: lines, body: value } = request();
  const head = Object.entries(lines).map(([name, text]) => `${name}: ${text}`);
  byId("request").textContent = [`${method} ${path}`, ...head, "", JSON.stringify(value, null, 2) ?? ""].join("\n");
}

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { method, path, headers: sent, body: value } = request();
  const began = performance.now();
  try {
    const response = await fetch(path, { method, headers: sent, body: JSON.stringify(value) });
    const text = await response.text();
    byId("took").textContent = `${Math.round(performance.now() - began)} ms`;
    byId("response").className = response.ok ? "passed" : "failed";
    byId("response").textContent = [
      `${response.status} ${response.statusText}`,
      ...[...response.headers].map(([name, line]) => `${name}: ${line}`), "", indented(text),
    ].join("\n");
  } catch {
    byId("took").textContent = "";
    byId("response").className = "failed";
    byId("response").textContent = "No response: the connection was closed or reset.";
  }
  // On a narrow screen the response is far below the button.
  if (!matchMedia("(min-width: 60rem)").matches) byId("answer").scrollIntoView();
  await Promise.all([showJobs(), showLog()]);
});

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// --- network conditions --------------------------------------------------------------------------

async function showConditions() {
  const now = await control("GET", "conditions");
  const parts = Object.entries(contract.conditions).map(([name, description]) => {
    const part = controlFor(name, { type: "number", description }, false, () => {});
    part.write(now[name]);
    return [name, part];
  });
  const apply = async (event) => {
    event.preventDefault();
    const wanted = parts.map(([name, part]) => [name, part.read() ?? 0]);
    await control("PUT", "conditions", { ...now, ...Object.fromEntries(wanted) });
    await showConditions();
    byId("conditions-done").textContent = "The next requests have these conditions.";
  };
  byId("conditions").onsubmit = apply;
  byId("conditions").replaceChildren(
    make("div", { className: "row" }, ...parts.map(([, part]) => part.element)),
    make("button", { type: "submit" }, "Apply conditions"),
  );
}

// --- faults --------------------------------------------------------------------------------------

let faults = { active: [], faults: [] };

async function loadFaults() {
  faults = await control("GET", "faults");
  showFaults();
}

function showFaults() {
  const wanted = byId("find-fault").value.trim().toLowerCase();
  const active = new Set(faults.active);
  const found = faults.faults
    .filter((fault) => active.has(fault.name) || `${fault.name} ${fault.rule} ${fault.description}`.toLowerCase().includes(wanted))
    .sort((one, other) => active.has(other.name) - active.has(one.name));
  byId("active").textContent = faults.active.join(", ") || "none";
  byId("faults").replaceChildren(
    ...found.map((fault) => {
      const box = make("input", { type: "checkbox", checked: active.has(fault.name), onchange: () => turn(fault.name, box.checked) });
      const rule = active.has(fault.name) ? make("p", { className: "hint" }, `It violates the rule ${fault.rule}: ${contract.rules[fault.rule]}`) : make("small", {}, fault.rule);
      return make("li", {}, make("label", {}, box, " ", make("code", {}, fault.name), ` ${fault.description} `), rule);
    }),
  );
}

async function turn(name, on) {
  await control(on ? "PUT" : "DELETE", `faults/${encodeURIComponent(name)}`).catch(() => {});
  await loadFaults();
}

byId("find-fault").addEventListener("input", showFaults);

// --- request log and reset -----------------------------------------------------------------------

const showLog = onlyTheLast(async () => (await control("GET", "requests")).requests, (requests) => {
  const rows = requests.slice(-50).reverse().map((entry) =>
    [`${entry.method} ${entry.path}`, String(entry.status ?? "no response"), `${entry.milliseconds} ms`],
  );
  showTable(byId("log"), ["Request", "Status", "Time"], rows);
});

byId("reset").addEventListener("click", async () => {
  if (!confirm("Delete all jobs and policies of this sandbox?")) return;
  await control("POST", "reset");
  await Promise.all([showJobs(), showLog()]);
  byId("reset-done").textContent = "The sandbox has its first state again.";
});

showForm();
await Promise.allSettled([showJobs({ choose: true }), showConditions(), loadFaults(), showLog()]);
document.body.dataset.ready = "true";
