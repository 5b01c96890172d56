// Names by convention: the vendor's spelling where there is one, and these forms everywhere.
import { isCondition, message } from './message.js';

const CAMEL = /^[a-z][a-z0-9]*([A-Z][a-z0-9]*)*$/;
const PASCAL = /^([A-Z][a-z0-9]*)+$/;
const SNAKE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const TRAIN = /^[A-Z][A-Za-z0-9]*(-[A-Z][A-Za-z0-9]*)*$/;
const SEGMENT = /^([a-z0-9]+([.-][a-z0-9]+)*|\{[a-z][a-z0-9]*(_[a-z0-9]+)*\})$/;

const nameOfOperation = () => ({
  Operation(operation, { report, location }) {
    if (CAMEL.test(operation.operationId ?? '')) return;
    report({
      message: message(`The operationId \`${operation.operationId}\` is not lowerCamelCase.`, [
        'operationId: batchSetPolicy',
      ]),
      location: location.child('operationId'),
    });
  },
});

const nameOfComponent = () => ({
  Components(components, { report, location }) {
    for (const section of ['schemas', 'responses', 'requestBodies']) {
      for (const name of Object.keys(components[section] ?? {})) {
        if (PASCAL.test(name)) continue;
        report({
          message: message(`The name \`${name}\` in \`${section}\` is not UpperCamelCase.`, [
            `${section}:`,
            `  ${section === 'responses' ? 'TooManyRequests' : 'SyncPolicyReq'}:`,
          ]),
          location: location.child([section, name]).key(),
        });
      }
    }
  },
});

const nameOfProperty = () => ({
  Schema(schema, { report, location }) {
    if (isCondition(location)) return;
    for (const name of Object.keys(schema.properties ?? {})) {
      if (SNAKE.test(name)) continue;
      report({
        message: message(`The property \`${name}\` is not snake_case.`, ['properties:', '  job_id:']),
        location: location.child(['properties', name]).key(),
      });
    }
  },
});

const nameOfParameter = () => ({
  Parameter(parameter, { report, location }) {
    const [form, style, example] =
      parameter.in === 'header'
        ? [TRAIN, 'Train-Case', 'X-Language']
        : [SNAKE, 'snake_case', 'project_id'];
    if (form.test(parameter.name)) return;
    report({
      message: message(`The ${parameter.in} parameter \`${parameter.name}\` is not ${style}.`, [
        `- name: ${example}`,
      ]),
      location: location.child('name'),
    });
  },
});

const nameOfHeader = () => ({
  Header(_header, { report, location, key }) {
    if (TRAIN.test(String(key))) return;
    report({
      message: message(`The response header \`${key}\` is not Train-Case.`, ['X-Request-Id:']),
      location: location.key(),
    });
  },
});

const nameOfPath = () => ({
  PathItem(_item, { report, location, key }) {
    const segments = String(key).split('/').slice(1);
    const wrong = segments.find((segment) => !SEGMENT.test(segment));
    if (wrong === undefined) return;
    report({
      message: message(
        `The segment \`${wrong}\` of the path \`${key}\` is neither kebab-case nor a ` +
          '`{snake_case}` parameter.',
        ['/v3/{project_id}/jobs/batch-sync-policy:'],
      ),
      location: location.key(),
    });
  },
});

export const names = {
  'name-of-operation': nameOfOperation,
  'name-of-component': nameOfComponent,
  'name-of-property': nameOfProperty,
  'name-of-parameter': nameOfParameter,
  'name-of-header': nameOfHeader,
  'name-of-path': nameOfPath,
};
