// The same with oauth4webapi, step by step: a confidential client with a secret, and an organization's client with keys.
import * as oauth from "oauth4webapi";
import { Browser, answer, given } from "./browser.mjs";

const { issuer, redirectUri, person, initialToken, resource } = await given();
const server = new URL(issuer);
const found = {};

const as = await oauth.processDiscoveryResponse(server, await oauth.discoveryRequest(server, { algorithm: "oauth2" }));
const openid = await oauth.processDiscoveryResponse(server, await oauth.discoveryRequest(server, { algorithm: "oidc" }));
found.discovered = [as.issuer, openid.issuer];
const described = await oauth.processResourceDiscoveryResponse(server, await oauth.resourceDiscoveryRequest(server));
found.resource = described.authorization_servers;

async function register(metadata, options) {
  const response = await oauth.dynamicClientRegistrationRequest(as, metadata, options);
  return oauth.processDynamicClientRegistrationResponse(response);
}

// A DPoP nonce is asked for once, and then known.
async function twice(call) {
  try {
    return await call();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    found.nonceWasAskedFor = true;
    return call();
  }
}

const client = await register({
  client_name: "oauth4webapi",
  redirect_uris: [redirectUri],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "client_secret_basic",
  scope: "openid credentials:issue",
});
const auth = oauth.ClientSecretBasic(client.client_secret);
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("EdDSA"));

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const nonce = oauth.generateRandomNonce();
const parameters = new URLSearchParams({
  client_id: client.client_id,
  response_type: "code",
  redirect_uri: redirectUri,
  scope: "openid credentials:issue",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
const pushed = await twice(async () => {
  const response = await oauth.pushedAuthorizationRequest(as, client, auth, parameters, { DPoP });
  return oauth.processPushedAuthorizationResponse(as, client, response);
});
const start = new URL(as.authorization_endpoint);
start.searchParams.set("client_id", client.client_id);
start.searchParams.set("request_uri", pushed.request_uri);
const back = await new Browser().allow(start, person);
const came = oauth.validateAuthResponse(as, client, back, state);

const tokens = await twice(async () => {
  const response = await oauth.authorizationCodeGrantRequest(as, client, auth, came, redirectUri, verifier, { DPoP });
  return oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true });
});
found.type = tokens.token_type;
found.subject = oauth.getValidatedIdTokenClaims(tokens).sub;

const userinfo = await twice(() => oauth.userInfoRequest(as, client, tokens.access_token, { DPoP }));
found.person = await oauth.processUserInfoResponse(as, client, found.subject, userinfo);

// The access token is what RFC 9068 and RFC 9449 say, by this library's own check of a request.
const request = new Request(resource, {
  headers: { authorization: `DPoP ${tokens.access_token}`, dpop: await proof(tokens.access_token) },
});
const checked = await oauth.validateJwtAccessToken(as, request, issuer, { requireDPoP: true });
found.bound = typeof checked.cnf.jkt;

const fresh = await twice(async () => {
  const response = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, { DPoP });
  return oauth.processRefreshTokenResponse(as, client, response);
});
found.rotated = fresh.refresh_token !== tokens.refresh_token;

async function isActive(token) {
  const response = await oauth.introspectionRequest(as, client, auth, token);
  return (await oauth.processIntrospectionResponse(as, client, response)).active;
}
found.active = await isActive(fresh.access_token);
await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, fresh.access_token));
found.activeAfterRevocation = await isActive(fresh.access_token);

// A refresh token that comes again ends the family.
try {
  const response = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, { DPoP });
  await oauth.processRefreshTokenResponse(as, client, response);
} catch (error) {
  found.reused = error.error;
}
found.refreshActiveAfterReuse = await isActive(fresh.refresh_token);

// An organization's own client: registered with its token, authenticated by a key, acting for the organization.
const keys = await oauth.generateKeyPair("ES256", { extractable: true });
const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
const machine = await register(
  {
    client_name: "machine",
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [{ kty, crv, x, y, kid: "k1", alg: "ES256", use: "sig" }] },
    scope: "credentials:issue",
  },
  { initialAccessToken: initialToken },
);
const signed = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: "k1" });
const own = await oauth.processClientCredentialsResponse(
  as, machine, await oauth.clientCredentialsGrantRequest(as, machine, signed, { scope: "credentials:issue" }),
);
found.machine = [own.token_type, own.scope];

answer(found);

async function proof(token) {
  let seen;
  await oauth.protectedResourceRequest(token, "GET", new URL(resource), undefined, undefined, {
    DPoP,
    [oauth.customFetch]: async (_, options) => {
      seen = options.headers instanceof Headers ? options.headers.get("dpop") : options.headers.dpop;
      return new Response(null, { status: 204 });
    },
  });
  return seen;
}
