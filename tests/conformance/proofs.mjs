// Operations of the independent implementation on credentials: {operation, cryptosuite, credential, key?, created?,
// mandatory?, selective?, controllers?, contexts} on stdin; or {operations: [...], controllers?, contexts}, which prints
// an array: what each prints, or {failed} with the reason.
//   sign: prints {signed, data}; `data` is what went to the signer, in hex.
//   derive: prints the credential as a holder shows it.
//   present: prints the credentials in a presentation, signed for a challenge and a domain.
//   verify: prints {verified, error}.
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as ecdsaRdfc from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as eddsaRdfc from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {loaderOver, readInput} from './loader.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';

const SUITES = {
  'eddsa-rdfc-2022': eddsaRdfc,
  'eddsa-jcs-2022': eddsaJcs,
  'ecdsa-rdfc-2019': ecdsaRdfc,
  'ecdsa-jcs-2019': ecdsaJcs,
  'ecdsa-sd-2023': ecdsaSd
};
const OPERATIONS = {sign, derive, present, verify};
const input = await readInput();
const documentLoader = loaderOver(input);
console.log(JSON.stringify(await (input.operations ? each(input.operations) : OPERATIONS[input.operation](input))));

async function each(operations) {
  const results = [];
  for(const asked of operations) {
    results.push(await OPERATIONS[asked.operation](asked).catch(({message}) => ({failed: message})));
  }
  return results;
}

async function signerOf(cryptosuite, key) {
  const Multikey = cryptosuite.startsWith('ecdsa') ? EcdsaMultikey : Ed25519Multikey;
  return (await Multikey.from({type: 'Multikey', ...key})).signer();
}

async function present({credentials, cryptosuite, key, created, challenge, domain, holder}) {
  const presentation = vc.createPresentation({verifiableCredential: credentials, holder, verify: false});
  presentation['@context'] = ['https://www.w3.org/ns/credentials/v2'];
  const signer = await signerOf(cryptosuite, key);
  const suite = new DataIntegrityProof({signer, date: created, cryptosuite: signing(cryptosuite)});
  return vc.signPresentation({presentation, suite, challenge, domain, documentLoader});
}

async function sign({credential, cryptosuite, key, created, mandatory}) {
  const signer = await signerOf(cryptosuite, key);
  let data;
  const recording = {...signer, sign: async options => {
    data = Buffer.from(options.data).toString('hex');
    return signer.sign(options);
  }};
  const suite = cryptosuite === 'Ed25519Signature2020' ?
    new Ed25519Signature2020({signer: recording, date: created}) :
    new DataIntegrityProof({signer: recording, date: created, cryptosuite: signing(cryptosuite, mandatory)});
  return {signed: await vc.issue({credential, suite, documentLoader}), data};
}

function signing(name, mandatoryPointers) {
  const {cryptosuite, createSignCryptosuite} = SUITES[name];
  return cryptosuite ?? createSignCryptosuite({mandatoryPointers});
}

async function derive({credential, selective}) {
  const cryptosuite = ecdsaSd.createDiscloseCryptosuite({selectivePointers: selective});
  return vc.derive({verifiableCredential: credential, suite: new DataIntegrityProof({cryptosuite}), documentLoader});
}

async function verify({credential, cryptosuite: name}) {
  const {cryptosuite, createVerifyCryptosuite} = SUITES[name];
  const suite = new DataIntegrityProof({cryptosuite: cryptosuite ?? createVerifyCryptosuite()});
  const checkStatus = async () => ({verified: true}); // only the proof matters here
  const {verified, error} = await vc.verifyCredential({credential, suite, documentLoader, checkStatus});
  return {verified, error: error ? (error.errors ?? [error]).map(({message}) => message).join('; ') : null};
}
