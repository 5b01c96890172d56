// `x-rules`: what a schema cannot state is written down completely, and once.
import { readFileSync } from 'node:fs';
import { mistyped } from './document.js';
import { message } from './message.js';

// Read when it is needed: `redocly diff` loads this file as well.
let numbers;
function decisions() {
  const file = new URL('../../docs/decisions.md', import.meta.url);
  numbers ??= new Set([...readFileSync(file, 'utf8').matchAll(/^## (\d+)\. /gm)].map((found) => found[1]));
  return numbers;
}

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

const operationHasRules = () => ({
  Operation(operation, { report, location }) {
    const rules = operation['x-rules'];
    if (Array.isArray(rules) && rules.length > 0) return;
    const typo = Object.keys(operation).find((key) => mistyped(key) === 'x-rules');
    const why = typo ? `\`${typo}\` is ignored; it must be \`x-rules\`` : 'nothing beyond the schemas would be checked';
    report({
      message: message(`The operation \`${operation.operationId}\` has no \`x-rules\`: ${why}.`, EXAMPLE),
      location: (typo ? location.child([typo]) : location).key(),
    });
  },
});

const toleratedStatuses = () => ({
  Operation(operation, { report, location }) {
    (operation['x-tolerated-statuses'] ?? []).forEach((status, at) => {
      const documented = String(status) in (operation.responses ?? {});
      if (Number.isInteger(status) && status >= 100 && status <= 599 && !documented) return;
      const why = documented ? 'is documented, so that it is no exception' : 'is not a number from 100 to 599';
      report({
        message: message(`The tolerated status \`${JSON.stringify(status)}\` ${why}.`, [
          'x-tolerated-statuses: [414, 431, 502]',
        ]),
        location: location.child(['x-tolerated-statuses', at]),
      });
    });
  },
});

const sharedRuleExists = () => {
  let known;
  return {
    Root(root) {
      const operations = Object.values(root.paths ?? {}).flatMap((item) => Object.values(item ?? {}));
      known = new Set(operations.flatMap((operation) => (operation?.['x-rules'] ?? []).map((rule) => rule.id)));
    },
    Operation(operation, { report, location }) {
      (operation['x-shared-rules'] ?? []).forEach((id, at) => {
        if (known.has(id)) return;
        report({
          message: message(`\`x-shared-rules\` names the rule \`${id}\`, which no operation has.`, [
            'x-shared-rules:', '  - answer-matches-schema',
          ]),
          location: location.child(['x-shared-rules', at]),
        });
      });
    },
  };
};

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

const statementIsUnique = eachRule((rule, say, seen) => {
  if (blank(rule.statement)) return;
  const words = `statement ${rule.statement.toLowerCase().split(/\s+/).join(' ').trim()}`;
  const before = seen.get(words);
  if (before !== undefined && before !== rule.id) {
    say(`says the same as the rule \`${before}\`: state it once.`, 'statement');
  }
  seen.set(words, rule.id);
});

const decisionExists = eachRule((rule, say) => {
  const named = [...String(rule.source ?? '').matchAll(/decisions? (\d+(?:(?:, | and )\d+)*)/g)];
  const missing = named.flatMap((found) => found[1].match(/\d+/g)).filter((number) => !decisions().has(number));
  if (missing.length > 0) {
    say(`names decision ${missing.join(', ')}, which docs/decisions.md does not have.`, 'source');
  }
});

// The names in backticks that look like fields: `jobs`, `status: failed`, `{error_code, error_msg}`.
function* namesIn(statement) {
  for (const [, code] of statement.matchAll(/`([^`]+)`/g)) {
    const inner = /^\{(.*)\}$/.exec(code)?.[1].split(',') ?? [code.split(':')[0]];
    for (const part of inner.flatMap((name) => name.trim().replaceAll('[]', '').split('.'))) {
      if (/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(part)) yield part;
    }
  }
}

// Everything that a statement may name: fields, parameters, values, and the words of JSON.
function known(node, found = new Set(['true', 'false', 'null'])) {
  if (Array.isArray(node)) node.forEach((entry) => known(entry, found));
  if (node === null || typeof node !== 'object') return found;
  if (node.properties && typeof node.properties === 'object') {
    Object.keys(node.properties).forEach((name) => found.add(name));
  }
  if (typeof node.name === 'string') found.add(node.name);
  if (Array.isArray(node.enum)) node.enum.forEach((value) => found.add(String(value)));
  if ('const' in node) found.add(String(node.const));
  Object.values(node).forEach((entry) => known(entry, found));
  return found;
}

const ruleNamesFields = () => {
  let names;
  return {
    Root(root) {
      names = known(root);
    },
    Operation(operation, { report, location }) {
      (operation['x-rules'] ?? []).forEach((rule, at) => {
        for (const name of blank(rule.statement) ? [] : new Set(namesIn(rule.statement))) {
          if (names.has(name)) continue;
          report({
            message: message(
              `The rule \`${rule.id}\` speaks of \`${name}\`, which is not a field, parameter or value of the contract.`,
              EXAMPLE,
            ),
            location: location.child(['x-rules', at, 'statement']),
          });
        }
      });
    },
  };
};

export const rules = {
  'operation-has-rules': operationHasRules,
  'tolerated-statuses': toleratedStatuses,
  'shared-rule-exists': sharedRuleExists,
  'rule-statement-is-unique': statementIsUnique,
  'rule-decision-exists': decisionExists,
  'rule-names-fields': ruleNamesFields,
  'rule-is-complete': ruleIsComplete,
  'rule-has-source': ruleHasSource,
  'rule-origin': ruleOrigin,
  'rule-statement': ruleStatement,
  'name-of-rule': nameOfRule,
  'rule-id-is-unique': ruleIdIsUnique,
};
