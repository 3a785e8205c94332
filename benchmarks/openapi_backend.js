// openapi-backend as a mock server: route, bearer token or api key, validation, the document's example. No journal.
//   node openapi_backend.js MODULE DOCUMENT PORT
const http = require("node:http");
const [, , module_path, definition, port] = process.argv;
const { OpenAPIBackend } = require(module_path);

const api = new OpenAPIBackend({ definition, quick: true });
const answer = (response, status, body) => {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
};
api.register({
  notImplemented: (context, request, response) => {
    const { status, mock } = context.api.mockResponseForOperation(context.operation.operationId);
    answer(response, status, mock);
  },
  notFound: (context, request, response) => answer(response, 404, { error: "no such operation" }),
  validationFail: (context, request, response) => answer(response, 400, { errors: context.validation.errors }),
  unauthorizedHandler: (context, request, response) => answer(response, 401, { error: { code: "UNAUTHORIZED" } }),
});
const bearer = (context) => /^Bearer sk_test_valid$|^Bearer t$/.test(context.request.headers.authorization ?? "");
const key = (context) => Boolean(context.request.headers.api_key);
for (const name of ["bearerAuth", "petstore_auth"]) api.registerSecurityHandler(name, bearer);
api.registerSecurityHandler("api_key", key);

http
  .createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const [path, query] = request.url.split("?");
      const body = parts.length ? Buffer.concat(parts).toString() : undefined;
      const asked = { method: request.method, path, query, body, headers: request.headers };
      api.handleRequest(asked, request, response);
    });
  })
  .listen(Number(port), "127.0.0.1");
