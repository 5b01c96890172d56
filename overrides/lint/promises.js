// `x-rules`: what no schema can state is written down completely, and once.
import { message } from './message.js';

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const ORIGINS = ['page', 'vendor', 'decision'];
const EXAMPLE = [
  'x-rules:',
  '  - id: count-equals-results',
  '    statement: |',
  '      `count` is the number of entries in `results`.',
  '    origin: page',
  '    source: page, table 5; decision 12',
];

// Calls `judge` with each rule, a name to call it by, and a reporter at a key of it.
function eachRule(judge) {
  return () => {
    const seen = new Map();
    return {
      Operation(operation, { report, location }) {
        (operation['x-rules'] ?? []).forEach((rule, at) => {
          const place = location.child(['x-rules', at]);
          const name = rule.id ? `The rule \`${rule.id}\`` : `Rule ${at + 1} of the operation`;
          const say = (problem, key) =>
            report({
              message: message(`${name} ${problem}`, EXAMPLE),
              location: key in rule ? place.child(key) : place,
            });
          judge(rule, say, seen, operation.operationId);
        });
      },
    };
  };
}

const blank = (value) => typeof value !== 'string' || value.trim() === '';

const ruleIsComplete = eachRule((rule, say) => {
  for (const key of ['id', 'statement', 'origin']) {
    if (blank(rule[key])) say(`has no \`${key}\`.`, key);
  }
  for (const key of Object.keys(rule)) {
    if (['id', 'statement', 'origin', 'source'].includes(key)) continue;
    say(`has a \`${key}\`, which means nothing.`, key);
  }
});

const ruleHasSource = eachRule((rule, say) => {
  if (blank(rule.source)) say('has no `source`: say where the promise can be read.', 'source');
});

const ruleOrigin = eachRule((rule, say) => {
  if (blank(rule.origin) || ORIGINS.includes(rule.origin)) return;
  const known = ORIGINS.map((origin) => `\`${origin}\``).join(', ');
  say(`has the origin \`${rule.origin}\`; there are ${known}.`, 'origin');
});

const ruleStatement = eachRule((rule, say) => {
  if (blank(rule.statement) || rule.statement.trim().endsWith('.')) return;
  say('has a statement that is no sentence: it does not end with a full stop.', 'statement');
});

const nameOfRule = eachRule((rule, say) => {
  if (blank(rule.id) || KEBAB.test(rule.id)) return;
  say('has an id that is not kebab-case.', 'id');
});

const ruleIdIsUnique = eachRule((rule, say, seen, operationId) => {
  if (blank(rule.id)) return;
  const before = seen.get(rule.id);
  if (before !== undefined) say(`stands twice: operation \`${before}\` has it already.`, 'id');
  seen.set(rule.id, operationId);
});

export const promises = {
  'rule-is-complete': ruleIsComplete,
  'rule-has-source': ruleHasSource,
  'rule-origin': ruleOrigin,
  'rule-statement': ruleStatement,
  'name-of-rule': nameOfRule,
  'rule-id-is-unique': ruleIdIsUnique,
};
