// Calls a VC-API as the W3C suites do: their HTTP client, over TLS, with OAuth2 client credentials.
// Reads {oauth2, calls: [{url, json?, scopes?}]} on stdin, oauth2 as in a suite's localConfig.cjs: `clientSecret` names a
// variable of the environment. A call without `json` is a GET, one without `scopes` goes without a token.
// Prints an array of {status, data}.
import {httpClient} from '@digitalbazaar/http-client';
import {readInput} from './loader.mjs';

const {oauth2, calls} = await readInput();
const tokens = new Map();
const answers = [];
for(const call of calls) {
  answers.push(await answered(call));
}
console.log(JSON.stringify(answers));

async function answered({url, json, scopes}) {
  const headers = {accept: 'application/json, application/ld+json, */*'};
  if(scopes) {
    headers.authorization = `Bearer ${await tokenFor(scopes.join(' '))}`;
  }
  return asked(url, {method: json ? 'post' : 'get', json, headers});
}

async function tokenFor(scopes) {
  if(!tokens.has(scopes)) {
    const {clientId, clientSecret, tokenEndpoint, tokenAudience} = oauth2;
    const body = new URLSearchParams({
      client_id: clientId,
      client_secret: process.env[clientSecret],
      grant_type: 'client_credentials',
      audience: tokenAudience,
      scopes // as they say it; OAuth's own name is `scope`, so that this asks for all that the client may
    });
    const {status, data} = await asked(tokenEndpoint, {method: 'post', body});
    if(status !== 200 || data.token_type !== 'Bearer') {
      throw new Error(`no token: ${status} ${JSON.stringify(data)}`);
    }
    tokens.set(scopes, data.access_token);
  }
  return tokens.get(scopes);
}

async function asked(url, options) {
  try {
    const {status, data} = await httpClient(url, options);
    return {status, data};
  } catch(error) {
    if(!error.status) {
      throw error;
    }
    return {status: error.status, data: error.data};
  }
}
