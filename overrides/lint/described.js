// Everything that a reader meets is described, and shown by an example.
import { isCondition, message } from './message.js';

const text = (node) => typeof node?.description === 'string' && node.description.trim() !== '';
const shown = (node) =>
  node !== undefined &&
  ('example' in node || 'const' in node || Object.keys(node.examples ?? {}).length > 0);
// An object is shown by its own properties.
const isObject = (node) => node?.properties !== undefined;

// Calls `visit` with each property that is a schema of its own, what it refers to or is composed of, and its place.
function eachProperty(visit) {
  return () => ({
    Schema(schema, ctx) {
      if (isCondition(ctx.location)) return;
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        if (typeof property === 'boolean') continue;
        // A reference that leads nowhere, or out of the document, has a rule of its own.
        if (property.$ref && !(property.$ref.startsWith('#/') && ctx.resolve(property).node)) continue;
        const target = ctx.resolve(property).node ?? {};
        const parts = [target, ...(target.allOf ?? []).map((part) => ctx.resolve(part).node ?? {})];
        visit(name, property, parts, (text) =>
          ctx.report({ message: text, location: ctx.location.child(['properties', name]).key() }),
        );
      }
    },
  });
}

const propertyDescribed = eachProperty((name, property, parts, report) => {
  if (text(property) || parts.some(text)) return;
  report(
    message(`The property \`${name}\` has no description: say what it means to a caller.`, [
      `${name}:`,
      '  description: The name of the replication slot.',
    ]),
  );
});

const propertyExemplified = eachProperty((name, property, parts, report) => {
  if (shown(property) || parts.some(shown) || parts.some(isObject)) return;
  report(
    message(`The property \`${name}\` has no example: show a value as it travels.`, [
      `${name}:`,
      '  examples:',
      `    - ${parts[0].type === 'boolean' ? true : parts[0].type === 'integer' ? 1 : 'drs_slot_1'}`,
    ]),
  );
});

const parameterDescribed = () => ({
  Parameter(parameter, { report, location }) {
    if (text(parameter)) return;
    report({
      message: message(
        `The parameter \`${parameter.name}\` (in ${parameter.in}) has no description.`,
        [`- name: ${parameter.name}`, '  description: The project of the tenant in the region.'],
      ),
      location: location.child('name'),
    });
  },
});

const parameterExemplified = () => ({
  Parameter(parameter, { report, location, resolve }) {
    // The parameter itself must have it: fuzzers do not look further, and never reach a 200.
    const schema = parameter.schema ? resolve(parameter.schema).node : undefined;
    if (shown(parameter) || (parameter.in !== 'path' && shown(schema))) return;
    report({
      message: message(
        `The parameter \`${parameter.name}\` (in ${parameter.in}) has no example of its own.`,
        [`- name: ${parameter.name}`, '  example: 054ba152d480d55b2f5dc0069e7ddef0'],
      ),
      location: location.child('name'),
    });
  },
});

function eachHeader(visit) {
  return () => ({
    Header(header, { report, location, key }) {
      visit(String(key), header, (text) => report({ message: text, location: location.key() }));
    },
  });
}

const headerDescribed = eachHeader((name, header, report) => {
  if (text(header)) return;
  report(
    message(`The response header \`${name}\` has no description.`, [
      `${name}:`,
      "  description: The server's id of this request. May be absent.",
    ]),
  );
});

const headerExemplified = eachHeader((name, header, report) => {
  if (shown(header)) return;
  report(
    message(`The response header \`${name}\` has no example: show a value as it travels.`, [
      `${name}:`,
      "  example: '1'",
    ]),
  );
});

const enumValuesDescribed = () => ({
  Schema(schema, { report, location }) {
    if (!Array.isArray(schema.enum) || isCondition(location)) return;
    const texts = schema['x-enumDescriptions'] ?? {};
    for (const value of schema.enum) {
      if (typeof texts[value] === 'string' && texts[value].trim() !== '') continue;
      report({
        message: message(
          `The enum value \`${value}\` is not described: a reader cannot tell what it does.`,
          ['x-enumDescriptions:', `  ${value}: The existing row stays.`],
        ),
        location: location.child('enum'),
      });
    }
    for (const value of Object.keys(texts)) {
      if (schema.enum.map(String).includes(value)) continue;
      report({
        message: message(
          `\`x-enumDescriptions\` describes \`${value}\`, which is no value of this enum.`,
          ['enum:', ...schema.enum.map((known) => `  - ${known}`)],
        ),
        location: location.child(['x-enumDescriptions', value]).key(),
      });
    }
  },
});

export const described = {
  'property-described': propertyDescribed,
  'property-exemplified': propertyExemplified,
  'parameter-described': parameterDescribed,
  'parameter-exemplified': parameterExemplified,
  'header-described': headerDescribed,
  'header-exemplified': headerExemplified,
  'enum-values-described': enumValuesDescribed,
};
