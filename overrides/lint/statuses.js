// Every operation says how it fails, in one shape, with an example of each.
import { message } from './message.js';

const ALWAYS = ['400', '401', '403', '404', '405', '429', '500', '503'];
const WITH_BODY = ['413', '415', '422'];
const RESPONSES = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  413: 'ContentTooLarge',
  415: 'UnsupportedMediaType',
  422: 'UnprocessableContent',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
};

const operationErrorStatuses = () => ({
  Operation(operation, { report, location }) {
    const needed = operation.requestBody ? [...ALWAYS, ...WITH_BODY] : ALWAYS;
    for (const status of needed) {
      if (status in (operation.responses ?? {})) continue;
      report({
        message: message(
          `The operation \`${operation.operationId}\` does not say what its ${status} looks like.`,
          ['responses:', `  '${status}':`, `    $ref: '#/components/responses/${RESPONSES[status]}'`],
        ),
        location: location.child('responses').key(),
      });
    }
  },
});

const REFERENCE = '#/components/schemas/ErrorResponse';

// An `ErrorResponse`, or a schema that has all its fields and more: its code is read in the same way.
function isError(media, ctx) {
  if (media?.schema?.$ref === REFERENCE) return true;
  const fields = (schema) => Object.keys(ctx.resolve(schema ?? {}).node?.properties ?? {});
  const own = fields(media?.schema);
  const shared = fields({ $ref: REFERENCE });
  return shared.length > 0 && shared.every((name) => own.includes(name));
}

const errorsShareOneShape = () => ({
  Response(response, ctx) {
    const { report, location, key } = ctx;
    const status = String(key);
    if (!/^[45]/.test(status)) return;
    const types = Object.entries(response.content ?? {});
    if (types.length === 1 && types[0][0] === 'application/json' && isError(types[0][1], ctx)) {
      return;
    }
    report({
      message: message(
        `The ${status} is not \`application/json\` with an \`ErrorResponse\`, as every error is.`,
        [
          'content:',
          '  application/json:',
          '    schema:',
          "      $ref: '#/components/schemas/ErrorResponse'",
        ],
      ),
      location: location.key(),
    });
  },
});

const responseExemplified = () => ({
  Response(response, { report, location, key }) {
    for (const [type, media] of Object.entries(response.content ?? {})) {
      if ('example' in media || Object.keys(media.examples ?? {}).length > 0) continue;
      report({
        message: message(`The response \`${key}\` has no example as \`${type}\`.`, [
          'examples:',
          '  missing_field:',
          '    summary: An item without `job_id`',
          '    value:',
          '      error_code: DRS.M00201',
          '      error_msg: Parameter jobs[0].job_id is empty.',
        ]),
        location: location.child(['content', type]).key(),
      });
    }
  },
});

export const statuses = {
  'operation-error-statuses': operationErrorStatuses,
  'errors-share-one-shape': errorsShareOneShape,
  'response-exemplified': responseExemplified,
};
