// A server that is not Python and keeps the contract: what the CI recipes and the fairness tests
// judge. No dependencies. Usage: node server.mjs PORT [FAULT]
import { createServer } from 'node:http';

const [port, fault = ''] = process.argv.slice(2);
const tenants = new Map([
  ['node-token-one-5f2c81', { project: 'c'.repeat(32), jobs: ['n-1', 'n-2', 'n-3'] }],
  ['node-token-two-90ab3e', { project: 'd'.repeat(32), jobs: ['m-1', 'm-2'] }],
]);
const stored = new Map();
const values = {
  conflict_policy: (v) => ['ignore', 'overwrite', 'stop'].includes(v),
  filter_ddl_policy: (v) => v === 'drop_database',
  ddl_trans: (v) => typeof v === 'boolean',
  index_trans: (v) => typeof v === 'boolean',
  slot_name: (v) => typeof v === 'string',
};
const texts = {
  route: ['There is nothing here.', '这里什么都没有。'],
  method: ['Use POST.', '请使用 POST。'],
  token: ['Who are you?', '你是谁？'],
  project: ['That project is not yours.', '该项目不属于您。'],
  request: ['The request is malformed.', '请求格式错误。'],
  media: ['Send application/json in UTF-8.', '请发送 UTF-8 编码的 application/json。'],
  size: ['Too much.', '太大了。'],
  job: ['No such job.', '没有这个任务。'],
};

class Refusal extends Error {
  constructor(status, key, headers = {}) {
    super(key);
    Object.assign(this, { status, key, headers });
  }
}

// JSON.parse takes keys twice and lone surrogates; this reads RFC 7493.
function parse(bytes) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  let at = 0;
  const space = () => { while (' \t\r\n'.includes(text[at] ?? 'x')) at += 1; };
  const fail = () => { throw new Error(`at ${at}`); };
  const word = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) fail();
    at += found[0].length;
    return JSON.parse(found[0]);
  };
  const well = (s) => (s.isWellFormed() ? s : fail());
  function value(depth) {
    if (depth > 500) fail();
    space();
    let result;
    if (text[at] === '{') {
      result = new Map();
      at += 1;
      space();
      for (let first = true; text[at] !== '}'; first = false) {
        if (!first) { if (text[at] !== ',') fail(); at += 1; space(); }
        const name = well(take(string));
        if (result.has(name)) fail();
        space();
        if (text[at] !== ':') fail();
        at += 1;
        result.set(name, value(depth + 1));
      }
      at += 1;
    } else if (text[at] === '[') {
      result = [];
      at += 1;
      space();
      for (let first = true; text[at] !== ']'; first = false) {
        if (!first) { if (text[at] !== ',') fail(); at += 1; }
        result.push(value(depth + 1));
      }
      at += 1;
    } else result = text[at] === '"' ? well(take(string)) : take(word);
    space();
    return result;
  }
  const result = value(0);
  return at === text.length ? result : fail();
}

function items(body) {
  let value;
  try { value = parse(body); } catch { throw new Refusal(400, 'request'); }
  const jobs = value instanceof Map ? value.get('jobs') : undefined;
  const right = (item) => item instanceof Map && typeof item.get('job_id') === 'string'
    && item.get('job_id') !== ''
    && Object.entries(values).every(([name, is]) => !item.has(name) || is(item.get(name)));
  if (!Array.isArray(jobs) || !jobs.length || !jobs.every(right)) throw new Refusal(422, 'request');
  return jobs;
}

function judge(request, body) {
  const [path] = request.url.split('?');
  const read = /^\/policy\/([^/]+)$/.exec(path);
  if (read) return { fields: stored.get(decodeURIComponent(read[1])) ?? {} };
  const route = /^\/v3\/([^/]*)\/jobs\/batch-sync-policy$/.exec(path);
  if (!route) throw new Refusal(404, 'route');
  if (request.method !== 'POST') throw new Refusal(405, 'method', { Allow: 'POST' });
  const tenant = tenants.get(request.headers['x-auth-token'] ?? '');
  if (!tenant) throw new Refusal(401, 'token');
  let project = '';
  try { project = decodeURIComponent(route[1]); } catch { /* stays malformed */ }
  if (!/^[0-9A-Za-z_-]{1,64}$/.test(project)) throw new Refusal(400, 'request');
  if (project !== tenant.project) throw new Refusal(403, 'project');
  const media = (request.headers['content-type'] ?? '').toLowerCase().replaceAll(/[\s"]/g, '');
  if (!/^application\/json(;charset=utf-8)?$/.test(media)) throw new Refusal(415, 'media');
  const language = request.headers['x-language'];
  if (language !== undefined && !['en-us', 'zh-cn'].includes(language)) throw new Refusal(400, 'request');
  const results = items(body).map((item) => {
    const id = item.get('job_id');
    if (!tenant.jobs.includes(id)) return { id, status: 'failed', ...said('job', language) };
    const policy = { ...stored.get(id) };
    for (const name of Object.keys(values)) if (item.has(name)) policy[name] = item.get(name);
    if (fault !== 'stores-nothing') stored.set(id, policy);
    return { id, status: 'success' };
  });
  return { count: fault === 'count' ? results.length + 1 : results.length, results };
}

const said = (key, language) => ({
  error_code: `NODE.${key}`,
  error_msg: texts[key][language === 'zh-cn' ? 1 : 0],
});

createServer((request, response) => {
  const pieces = [];
  let size = 0;
  request.on('data', (piece) => {
    size += piece.length;
    if (size <= 2_000_000) pieces.push(piece);
  });
  request.on('end', () => {
    let status = 200;
    let headers = {};
    let answer;
    try {
      if (size > 2_000_000) throw new Refusal(413, 'size');
      answer = judge(request, Buffer.concat(pieces));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      ({ status, headers } = error);
      answer = said(error.key, request.headers['x-language']);
    }
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(answer));
  });
}).listen(Number(port), '127.0.0.1');
