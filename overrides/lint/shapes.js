// Shapes that this contract does not use, and why.
import { message } from './message.js';

const RESERVED = ['accept', 'authorization', 'content-type'];

const noFormatUuid = () => ({
  Schema(schema, { report, location }) {
    if (schema.format !== 'uuid') return;
    report({
      message: message(
        `\`${location.pointer.split('/').pop()}\` has \`format: uuid\`, but the ids of this API ` +
          'are opaque: the example on the vendor\'s own page is not a UUID.',
        ['type: string', 'minLength: 1'],
      ),
      location: location.child('format'),
    });
  },
});

const noReservedHeader = () => ({
  Parameter(parameter, { report, location }) {
    if (parameter.in !== 'header' || !RESERVED.includes(String(parameter.name).toLowerCase())) return;
    report({
      message: message(
        `OpenAPI ignores a header parameter named \`${parameter.name}\`: state it as the media ` +
          'type of a body or as a security scheme.',
        ['requestBody:', '  content:', '    application/json:'],
      ),
      location: location.child('name'),
    });
  },
});

const noOneOf = () => ({
  Schema(schema, { report, location }) {
    if (!Array.isArray(schema.oneOf)) return;
    report({
      message: message(
        '`oneOf` becomes a union of classes without fields in the generated client; ' +
          'tie fields to each other with `if`, `then` and `else`.',
        [
          'if: {properties: {status: {const: failed}}}',
          'then: {required: [error_code, error_msg]}',
        ],
      ),
      location: location.child('oneOf'),
    });
  },
});

// Calls `visit` once with each object schema that `schema` leads to, and the place where it stands.
// (Redocly's nested visitors stop at the first schema.) Conditions are left out: they close nothing.
function eachObject(schema, location, ctx, seen, visit) {
  const target = ctx.resolve(schema, location.source.absoluteRef);
  const node = target.node;
  const place = schema.$ref ? target.location : location;
  if (node === undefined || typeof node !== 'object' || seen.has(place.absolutePointer)) return;
  seen.add(place.absolutePointer);
  if (node.type === 'object' || node.properties !== undefined) visit(node, place);
  const next = (child, path) => eachObject(child, place.child(path), ctx, seen, visit);
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    next(property, ['properties', name]);
  }
  if (node.items) next(node.items, ['items']);
  for (const key of ['allOf', 'anyOf', 'oneOf', 'prefixItems']) {
    (node[key] ?? []).forEach((child, at) => next(child, [key, at]));
  }
}

function eachObjectIn(nodeType, visit) {
  return () => {
    const seen = new Set();
    return {
      Operation: {
        [nodeType]: {
          MediaType(media, ctx, parents) {
            if (media.schema && (nodeType !== 'Response' || parents.Operation['x-optional'] !== true)) {
              eachObject(media.schema, ctx.location.child('schema'), ctx, seen, (schema, place) =>
                visit(schema, place, ctx.report),
              );
            }
          },
        },
      },
    };
  };
}

const requestObjectIsOpen = eachObjectIn('RequestBody', (schema, place, report) => {
  const closing = ['additionalProperties', 'unevaluatedProperties'].find(
    (key) => schema[key] === false,
  );
  if (closing === undefined) return;
  report({
    message: message(
      `\`${closing}: false\` closes the request object \`${nameOf(schema, place)}\`, but fields ` +
        'that the contract does not know are accepted and ignored (some clients send them).',
      ['type: object', 'properties:', '  job_id:'],
    ),
    location: place.child(closing),
  });
});

// An optional operation describes a part of the vendor's fields: its responses are open.
const responseObjectIsClosed = eachObjectIn('Response', (schema, place, report) => {
  if (schema.additionalProperties === undefined && schema.unevaluatedProperties === false) return;
  report({
    message: message(
      `The response object \`${nameOf(schema, place)}\` is not closed: an undocumented field in ` +
        'a response is a violation. (Not by `additionalProperties: false`: the generated client ' +
        'would drop what it does not know.)',
      ['type: object', 'unevaluatedProperties: false'],
    ),
    location: place.key(),
  });
});

const nameOf = (schema, place) => schema.title ?? place.pointer.split('/').pop();

export const shapes = {
  'no-format-uuid': noFormatUuid,
  'no-reserved-header': noReservedHeader,
  'no-one-of': noOneOf,
  'request-object-is-open': requestObjectIsOpen,
  'response-object-is-closed': responseObjectIsClosed,
};
