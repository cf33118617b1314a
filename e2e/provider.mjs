// A real OpenID Connect provider (oidc-provider) on a port of this machine, with its own users, whose keys, answers and clock a test
// can change. It keeps nothing after it is closed.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

/** A new signing key. */
function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: Math.random().toString(36).slice(2) };
}

/**
 * Starts it at `issuer`, for JAC at `jac`. `people` are claims by user name; any password is correct.
 * `claimsInToken`: the ID token contains all claims; otherwise only the userinfo endpoint returns them, which is its default.
 */
export async function startProvider({ issuer, jac, secret, people, claimsInToken }) {
  /** What a test may change during the test. */
  const spoil = { tokenEndpointIsAway: false, clockMs: 0 };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "jac",
        client_secret: secret,
        redirect_uris: [`${jac}/api/v1/session/company/callback`],
        post_logout_redirect_uris: [`${jac}/sign-in`],
      },
    ],
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email"], groups: ["groups"] },
    conformIdTokenClaims: !claimsInToken,
    cookies: { keys: ["a test's"] },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_, id) => (people[id] === undefined ? undefined : { accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    jwks: { keys: [newKey()] },
    pkce: { required: () => true },
    ttl: { IdToken: 600, AccessToken: 600, Grant: 600, Interaction: 600, Session: 600 },
  });
  const answer = provider.callback();
  let hold = null;
  /** Returns the address of the redirect to the test, and does not redirect the browser. */
  const holdBack = (response) => {
    const { writeHead } = response;
    response.writeHead = function (...head) {
      const location = response.getHeader("location");
      if (hold === null || !location?.startsWith(`${jac}/`)) return writeHead.apply(response, head);
      hold(location);
      hold = null;
      response.removeHeader("location");
      return writeHead.call(response, 200);
    };
  };
  const server = createServer((request, response) => {
    if (spoil.tokenEndpointIsAway && request.url.startsWith("/token")) {
      response.writeHead(503, { "content-type": "text/plain" }).end("away");
      return;
    }
    // Only the tokens have a shifted time: what the browser does meanwhile is at the current time.
    if (spoil.clockMs !== 0 && request.url.startsWith("/token")) {
      const { now } = Date;
      Date.now = () => now() + spoil.clockMs;
      response.once("close", () => {
        Date.now = now;
      });
    }
    if (hold !== null) holdBack(response);
    answer(request, response);
  });
  await new Promise((done, failed) => server.once("error", failed).listen(Number(new URL(issuer).port), "127.0.0.1", done));
  return {
    spoil,
    /** The address to which the next browser that has finished here would be redirected; it stays here instead. */
    heldBack: () => new Promise((resolve) => (hold = resolve)),
    async close() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
