// Reads {credential, key: {id, controller, publicKeyMultibase, secretKeyMultibase}, created, contexts} on stdin;
// prints the signed credential.
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {loaderOver, readInput} from './loader.mjs';

const input = await readInput();
const keyPair = await Ed25519Multikey.from({type: 'Multikey', ...input.key});
const suite = new DataIntegrityProof({signer: keyPair.signer(), date: input.created, cryptosuite});
const signed = await vc.issue({credential: input.credential, suite, documentLoader: loaderOver(input)});
console.log(JSON.stringify(signed));
