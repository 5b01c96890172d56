// `node on_openapi_backend.mjs CONTRACT PORT`: openapi-backend's mock of the contract, on Express.
import express from "express";
import { OpenAPIBackend } from "openapi-backend";

const [, , contract, port] = process.argv;
const failed = (status, code) => (context, request, response) =>
  response.status(status).json({ error_code: code, error_msg: "rejected" });
const api = new OpenAPIBackend({
  definition: contract,
  handlers: {
    notFound: failed(404, "APIGW.0101"),
    methodNotAllowed: failed(405, "APIGW.0101"),
    validationFail: failed(400, "DRS.M00202"),
    unauthorizedHandler: failed(401, "APIGW.0301"),
    notImplemented: (context, request, response) => {
      const { status, mock } = context.api.mockResponseForOperation(context.operation.operationId);
      return response.status(status).json(mock);
    },
  },
});
api.registerSecurityHandler(
  "X-Auth-Token",
  (context) => context.request.headers["x-auth-token"] === process.env.DRS_TOKEN,
);
await api.init();
const application = express();
application.use(express.json());
application.use((request, response) => api.handleRequest(request, request, response));
application.listen(Number(port), "127.0.0.1");
