// Reads {issue: {claims, frame, jwk, header?}, present: {text, frame, holder?, binding?}, verify: {text, jwk, holder?, nonce?}}
// on stdin, any of them; prints {issued, presented, verified: {payload, kb} or {error}}, by the library @sd-jwt/core.
import {createHash, randomBytes} from 'node:crypto';
import {FlattenedSign, flattenedVerify, importJWK} from 'jose';
import {SDJwtInstance} from '@sd-jwt/core';
import {readInput} from './loader.mjs';

const ALG = 'ES256';
const encoder = new TextEncoder();
const hasher = (data, alg) =>
  createHash(alg.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest();

// The library hands over the signing input as text; jose wants its two parts.
function signerOf(jwk) {
  return async text => {
    const [header, payload] = text.split('.');
    const claims = Buffer.from(payload, 'base64url');
    const made = await new FlattenedSign(claims)
      .setProtectedHeader(JSON.parse(Buffer.from(header, 'base64url'))).sign(await importJWK(jwk, ALG));
    if(made.protected !== header || made.payload !== payload) {
      throw new Error('another signing input');
    }
    return made.signature;
  };
}

function verifierOf(jwk) {
  return async (text, signature) => {
    const [header, payload] = text.split('.');
    try {
      await flattenedVerify({protected: header, payload, signature}, await importJWK(jwk, ALG), {algorithms: [ALG]});
      return true;
    } catch{
      return false;
    }
  };
}

const settings = {hasher, hashAlg: 'sha-256', saltGenerator: () => randomBytes(16).toString('base64url')};
const {issue, present, verify} = await readInput();
const output = {};
if(issue) {
  const instance = new SDJwtInstance({...settings, signer: signerOf(issue.jwk), signAlg: ALG});
  output.issued = await instance.issue(issue.claims, issue.frame, {header: issue.header ?? {typ: 'dc+sd-jwt'}});
}
if(present) {
  const instance = new SDJwtInstance({...settings, kbSigner: present.holder && signerOf(present.holder), kbSignAlg: ALG});
  const kb = present.binding && {payload: present.binding};
  output.presented = await instance.present(present.text, present.frame, kb && {kb});
}
if(verify) {
  const kbVerifier = verify.holder && (async (text, signature) => verifierOf(verify.holder)(text, signature));
  const instance = new SDJwtInstance({...settings, verifier: verifierOf(verify.jwk), kbVerifier});
  try {
    const {payload, kb} = await instance.verify(verify.text, {keyBindingNonce: verify.nonce});
    output.verified = {payload, kb: kb?.payload};
  } catch(error) {
    output.verified = {error: String(error)};
  }
}
console.log(JSON.stringify(output));
