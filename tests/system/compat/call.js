// Sends one call as the vendor's Node SDKs do: signed by their core, unmodified.
// Reads {url, ak, sk, projectId, body, language} from stdin, writes what came of it to stdout.
const core = (part) =>
  require(require.resolve(`@huaweicloud/huaweicloud-sdk-core/${part}`, { paths: [process.argv[2]] }));
const { BasicCredentials } = core("auth/BasicCredentials");
const { ClientBuilder } = core("ClientBuilder");

async function main() {
  const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const credential = new BasicCredentials()
    .withAk(asked.ak)
    .withSk(asked.sk)
    .withProjectId(asked.projectId);
  const client = new ClientBuilder((client) => client)
    .withCredential(credential)
    .withEndpoint(asked.url)
    .build();
  try {
    const answer = await client.sendRequest({
      method: "POST",
      url: "/v3/{project_id}/jobs/batch-sync-policy",
      contentType: "application/json",
      queryParams: {},
      pathParams: { project_id: asked.projectId },
      headers: asked.language ? { "X-Language": asked.language } : {},
      data: asked.body,
    });
    console.log(JSON.stringify(answer));
  } catch (error) {
    const { httpStatusCode, errorCode, errorMsg, requestId, message } = error;
    console.log(JSON.stringify({ httpStatusCode, errorCode, errorMsg, requestId, message }));
  }
}

main();
