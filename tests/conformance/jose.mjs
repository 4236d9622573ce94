// Reads {sign: [{header, claims, jwk}], verify: [{token, jwk, alg, typ, now}]} on stdin; prints {signed: [token],
// verified: [{header, claims} or {error}]}, by the library jose.
import {CompactSign, importJWK, jwtVerify} from 'jose';
import {readInput} from './loader.mjs';

const input = await readInput();
const signed = [];
for(const {header, claims, jwk} of input.sign ?? []) {
  const payload = new TextEncoder().encode(JSON.stringify(claims));
  signed.push(await new CompactSign(payload).setProtectedHeader(header).sign(await importJWK(jwk, header.alg)));
}
const verified = [];
for(const {token, jwk, alg, typ, now} of input.verify ?? []) {
  try {
    const key = await importJWK(jwk, alg);
    const {protectedHeader, payload} = await jwtVerify(token, key, {algorithms: [alg], typ, currentDate: new Date(now)});
    verified.push({header: protectedHeader, claims: payload});
  } catch(error) {
    verified.push({error: error.code ?? String(error)});
  }
}
console.log(JSON.stringify({signed, verified}));
