// `x-rules`: what a schema cannot state is written down completely, and once.
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

// Calls `check` with each rule and a function that reports a problem at one of its keys.
function eachRule(check) {
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
          check(rule, say, seen, operation.operationId);
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
    const keys = '`id`, `statement`, `origin` and `source`';
    say(`has a \`${key}\`, which has no meaning here; the keys are ${keys}.`, key);
  }
});

const ruleHasSource = eachRule((rule, say) => {
  if (blank(rule.source)) say('has no `source`: say where the rule can be read.', 'source');
});

const ruleOrigin = eachRule((rule, say) => {
  if (blank(rule.origin) || ORIGINS.includes(rule.origin)) return;
  const known = ORIGINS.map((origin) => `\`${origin}\``).join(', ');
  say(`has the origin \`${rule.origin}\`; valid origins are ${known}.`, 'origin');
});

const ruleStatement = eachRule((rule, say) => {
  if (blank(rule.statement) || rule.statement.trim().endsWith('.')) return;
  say('has a statement that does not end with a full stop.', 'statement');
});

const nameOfRule = eachRule((rule, say) => {
  if (blank(rule.id) || KEBAB.test(rule.id)) return;
  say('has an id that is not kebab-case.', 'id');
});

const ruleIdIsUnique = eachRule((rule, say, seen, operationId) => {
  if (blank(rule.id)) return;
  const before = seen.get(rule.id);
  if (before !== undefined) say(`is defined twice: operation \`${before}\` already has it.`, 'id');
  seen.set(rule.id, operationId);
});

export const rules = {
  'rule-is-complete': ruleIsComplete,
  'rule-has-source': ruleHasSource,
  'rule-origin': ruleOrigin,
  'rule-statement': ruleStatement,
  'name-of-rule': nameOfRule,
  'rule-id-is-unique': ruleIdIsUnique,
};
