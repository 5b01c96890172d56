// The document as a whole: its version, its own `x-` keywords, examples.
import { message } from './message.js';

const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;
const EXTENSIONS = [
  'x-rules', 'x-shared-rules', 'x-optional', 'x-tolerated-statuses', 'x-codeSamples', 'x-enumDescriptions',
];

// How many letters differ, roughly: enough to find a typing error.
function distance(one, two) {
  const row = Array.from({ length: two.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    let before = row[0];
    row[0] = i;
    for (let j = 1; j <= two.length; j += 1) {
      const next = Math.min(row[j] + 1, row[j - 1] + 1, before + (one[i - 1] === two[j - 1] ? 0 : 1));
      before = row[j];
      row[j] = next;
    }
  }
  return row[two.length];
}

export function mistyped(key) {
  if (EXTENSIONS.includes(key)) return undefined;
  return EXTENSIONS.find((known) => distance(key.toLowerCase(), known.toLowerCase()) <= 2);
}

const versionIsSemver = () => ({
  Info(info, { report, location }) {
    if (SEMVER.test(String(info.version ?? ''))) return;
    report({
      message: message(`The version \`${info.version}\` is not MAJOR.MINOR.PATCH.`, ['info:', '  version: 1.2.0']),
      location: location.child('version'),
    });
  },
});

const knownExtension = () => ({
  any(node, { report, location, type }) {
    if (!['Operation', 'Schema', 'PathItem', 'Root'].includes(type?.name)) return;
    for (const key of Object.keys(node ?? {})) {
      const known = key.startsWith('x-') ? mistyped(key) : undefined;
      // `operation-has-rules` reports a mistyped `x-rules` that is the only one.
      if (known === undefined || (known === 'x-rules' && node['x-rules'] === undefined)) continue;
      report({
        message: message(`\`${key}\` means nothing here and is ignored. Did you mean \`${known}\`?`, [`${known}:`]),
        location: location.child([key]).key(),
      });
    }
  },
});

const one = (node, { report, location }) => {
  if (node?.example === undefined || node.examples === undefined) return;
  report({
    message: message('`example` stands next to `examples`: tools show one and ignore the other.', [
      'examples:', '  one_job:', '    summary: One job', '    value:',
    ]),
    location: location.child('example').key(),
  });
};
const exampleOrExamples = () => ({ MediaType: one, Parameter: one, Header: one, Schema: one });

export const document = {
  'version-is-semver': versionIsSemver,
  'known-extension': knownExtension,
  'example-or-examples': exampleOrExamples,
};
