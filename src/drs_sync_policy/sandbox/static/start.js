// Scalar, told to stay at home: calls go to the sandbox that serves this page, and nowhere else.
Scalar.createApiReference("#console", {
  url: "console/openapi.json",
  servers: [{ url: window.location.origin, description: "This sandbox" }],
  authentication: {
    securitySchemes: { "X-Auth-Token": { value: "{token of the first tenant}" } },
  },
  proxyUrl: "",
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true, hideAddApi: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
});
