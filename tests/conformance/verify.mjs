// Reads {credential, controllers, contexts, statusLists?} on stdin; prints {verified, error}.
// With statusLists the credential's status is checked too; a set status is an error.
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {loaderOver, readInput} from './loader.mjs';

const input = await readInput();
const result = await vc.verifyCredential({
  credential: input.credential,
  suite: new DataIntegrityProof({cryptosuite}),
  documentLoader: loaderOver(input),
  checkStatus: input.statusLists ? checkStatus : undefined,
  now: input.now ? new Date(input.now) : undefined
});
const set = result.statusResult?.results?.filter(({status}) => status) ?? [];
const error = result.verified ? set.map(() => 'status: set').join('; ') || null : describe(result);
console.log(JSON.stringify({verified: error === null, error}));

function describe({error, statusResult}) {
  const errors = [...error?.errors ?? [error], statusResult?.error].filter(Boolean);
  return errors.map(({message, details}) => details ? `${message} ${JSON.stringify(details)}` : message).join('; ');
}
