// What the generator would silently get wrong: each construct, and what to write instead.
import { isCondition, message } from './message.js';

const HIDDEN = ['to_dict', 'from_dict', 'problems', 'first_doubtful', 'as_model', 'additional_properties'];
const TYPES = ['bool', 'date', 'datetime', 'dict', 'float', 'int', 'list', 'str'];
const TAKEN = [
  'Any', 'AuthenticatedClient', 'Client', 'Dict', 'Enum', 'Exception', 'False', 'Final', 'IntEnum',
  'Iterator', 'List', 'Literal', 'Mapping', 'None', 'Problem', 'Response', 'Rules', 'Self', 'Sequence',
  'Set', 'Struct', 'True', 'Type', 'Unreadable', 'Unset',
];
const ARGUMENTS = ['body', 'client', 'cookies', 'headers', 'kwargs', 'params', 'response', 'url'];
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9 _.:/+-]*$/;
const FORMATS = [
  'date', 'date-time', 'double', 'email', 'float', 'hostname', 'int32', 'int64', 'ipv4', 'ipv6',
  'password', 'uri',
];

const python = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, '_');

const noAllOfNextToProperties = () => ({
  Schema(schema, { report, location }) {
    if (!Array.isArray(schema.allOf) || schema.properties === undefined || isCondition(location)) return;
    report({
      message: message(
        '`allOf` stands next to `properties`: the generator drops one of them. Make the ' +
          'properties a part of the `allOf`.',
        ['allOf:', "  - $ref: '#/components/schemas/Policy'", '  - type: object', '    properties:', '      slot_name:'],
      ),
      location: location.child('allOf').key(),
    });
  },
});

const knownFormat = () => ({
  Schema(schema, { report, location }) {
    if (schema.format === undefined || schema.format === 'uuid' || FORMATS.includes(schema.format)) return;
    const bytes = ['binary', 'byte'].includes(schema.format);
    report({
      message: message(
        bytes
          ? `\`format: ${schema.format}\` has no form in JSON: a body of this API is text. Say how the bytes are written.`
          : `Nothing checks \`format: ${schema.format}\`; the formats are ${FORMATS.join(', ')}. Write a \`pattern\`.`,
        bytes ? ['type: string', 'contentEncoding: base64'] : ['type: string', 'pattern: ^[0-9]{4}-W[0-9]{2}$'],
      ),
      location: location.child('format'),
    });
  },
});

const enumIsPlain = () => ({
  Schema(schema, { report, location }) {
    if (!Array.isArray(schema.enum) || isCondition(location)) return;
    const say = (problem, place) =>
      report({ message: message(problem, ['enum:', '  - overwrite', '  - stop']), location: place });
    if (schema.enum.length === 0) {
      say('The enum has no values, so that no value is valid.', location.child('enum'));
    }
    const seen = new Map();
    schema.enum.forEach((value, at) => {
      const place = location.child(['enum', at]);
      if (value === null) return;
      const shown = JSON.stringify(value);
      if (typeof value !== typeof schema.enum[0]) {
        say(`The enum value ${shown} has another type than the first; an enum has one.`, place);
      } else if (typeof value === 'string' && !PLAIN.test(value)) {
        say(
          `The enum value ${shown} does not survive in generated code: write letters, digits, spaces and _ . : / + -, ` +
            'beginning with a letter or digit.',
          place,
        );
      } else if (seen.has(python(String(value)))) {
        say(`The enum values ${JSON.stringify(seen.get(python(String(value))))} and ${shown} get the same Python name.`, place);
      } else {
        seen.set(python(String(value)), value);
      }
    });
  },
});

const propertyNameIsFree = () => ({
  Schema(schema, { report, location }) {
    if (isCondition(location)) return;
    for (const name of Object.keys(schema.properties ?? {})) {
      if (![...HIDDEN, ...TYPES].includes(name)) continue;
      const what = HIDDEN.includes(name) ? 'a method of the generated class' : 'a type of Python';
      report({
        message: message(`The property \`${name}\` would hide ${what} of this name: choose a longer name.`, [
          'properties:', `  policy_${name}:`,
        ]),
        location: location.child(['properties', name]).key(),
      });
    }
  },
});

const schemaNameIsFree = () => ({
  Components(components, { report, location }) {
    const names = Object.keys(components.schemas ?? {});
    for (const name of names) {
      const derived = /^(.+)(Wire|Value)$/.exec(name);
      if (!TAKEN.includes(name) && !(derived && names.includes(derived[1]))) continue;
      report({
        message: message(`The generated code needs the name \`${name}\` for something else: choose a longer name.`, [
          'schemas:', `  Policy${name}:`,
        ]),
        location: location.child(['schemas', name]).key(),
      });
    }
  },
});

const parameterNameIsFree = () => ({
  Parameter(parameter, { report, location }) {
    if (!ARGUMENTS.includes(python(String(parameter.name)))) return;
    report({
      message: message(
        `The parameter \`${parameter.name}\` would become the argument \`${python(parameter.name)}\`, which every ` +
          'generated function has already.',
        [`- name: ${parameter.in === 'header' ? 'X-Policy' : 'policy'}`],
      ),
      location: location.child('name'),
    });
  },
});

const noPrefixItems = () => ({
  Schema(schema, { report, location }) {
    if (schema.prefixItems === undefined) return;
    report({
      message: message('The generator ignores `prefixItems`: describe an object with a name for each place.', [
        'type: object', 'properties:', '  begin:', '  end:',
      ]),
      location: location.child('prefixItems').key(),
    });
  },
});

const noExternalRef = () => ({
  ref(node, { report, location }) {
    if (String(node.$ref).startsWith('#/')) return;
    report({
      message: message(
        `\`$ref: ${node.$ref}\` leads out of this document. The contract is one file: move it to \`components\`.`,
        ["$ref: '#/components/schemas/ConflictPolicy'"],
      ),
      location: location.child('$ref'),
    });
  },
});

const oneMediaType = () => ({
  RequestBody(body, { report, location }) {
    const types = Object.keys(body.content ?? {});
    if (types.length === 1 && types[0] === 'application/json') return;
    report({
      message: message(
        `The request body has the media types ${types.map((type) => `\`${type}\``).join(', ')}; ` +
          'client and server know `application/json`, alone.',
        ['content:', '  application/json:', '    schema:'],
      ),
      location: location.child('content').key(),
    });
  },
});

// A property, or the items of one, that is an object with properties of its own.
const objectHasAName = () => ({
  Schema(schema, { report, location }) {
    if (isCondition(location)) return;
    const inline = (node) => node && node.$ref === undefined && node.properties !== undefined;
    const say = (place) =>
      report({
        message: message(
          'This object has no name, so that its class would have none that is stable. Move it to `components/schemas`.',
          ["$ref: '#/components/schemas/TimeWindow'"],
        ),
        location: place.key(),
      });
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (inline(property)) say(location.child(['properties', name]));
    }
    if (inline(schema.items)) say(location.child('items'));
  },
});

export const generated = {
  'no-all-of-next-to-properties': noAllOfNextToProperties,
  'known-format': knownFormat,
  'enum-is-plain': enumIsPlain,
  'property-name-is-free': propertyNameIsFree,
  'schema-name-is-free': schemaNameIsFree,
  'parameter-name-is-free': parameterNameIsFree,
  'no-prefix-items': noPrefixItems,
  'no-external-ref': noExternalRef,
  'one-media-type': oneMediaType,
  'object-has-a-name': objectHasAName,
};
