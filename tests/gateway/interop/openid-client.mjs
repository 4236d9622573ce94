// The whole life of a client with openid-client: register, sign in a person (PAR, PKCE, DPoP), use, refresh, ask, end.
import * as client from "openid-client";
import { Browser, answer, given } from "./browser.mjs";

const { issuer, redirectUri, person, resource } = await given();
const server = new URL(issuer);
const found = {};

const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
const jwk = { ...(await crypto.subtle.exportKey("jwk", keys.publicKey)), kid: "signing", alg: "ES256", use: "sig" };

const config = await client.dynamicClientRegistration(
  server,
  {
    client_name: "openid-client",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [{ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, kid: jwk.kid, alg: jwk.alg, use: jwk.use }] },
    scope: "openid profile email credentials:issue",
    dpop_bound_access_tokens: true,
    require_pushed_authorization_requests: true,
  },
  client.PrivateKeyJwt({ key: keys.privateKey, kid: "signing" }),
);
found.registered = config.clientMetadata().client_id;

const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const start = await client.buildAuthorizationUrlWithPAR(
  config,
  {
    redirect_uri: redirectUri,
    scope: "openid profile email credentials:issue",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  },
  { DPoP },
);
found.pushed = start.searchParams.has("request_uri");

const back = await new Browser().allow(start, person);
found.iss = back.searchParams.get("iss");
const tokens = await client.authorizationCodeGrant(
  config,
  back,
  { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true, maxAge: 600 },
  undefined,
  { DPoP },
);
found.type = tokens.token_type;
found.scope = tokens.scope;
found.subject = tokens.claims().sub;

found.person = await client.fetchUserInfo(config, tokens.access_token, found.subject, { DPoP });
const used = await client.fetchProtectedResource(
  config, tokens.access_token, new URL(resource), "GET", undefined, undefined, { DPoP },
);
found.used = used.status;

const stolen = await fetch(resource, { headers: { authorization: `Bearer ${tokens.access_token}` } });
found.stolen = stolen.status;

const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
found.rotated = fresh.refresh_token !== tokens.refresh_token;
found.active = (await client.tokenIntrospection(config, fresh.access_token)).active;
await client.tokenRevocation(config, fresh.refresh_token);
found.activeAfterRevocation = (await client.tokenIntrospection(config, fresh.access_token)).active;

try {
  await client.refreshTokenGrant(config, fresh.refresh_token, undefined, { DPoP });
} catch (error) {
  found.afterRevocation = error.error;
}
answer(found);
