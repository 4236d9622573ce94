// Node's side of the benchmark. Reads lines of JSON on stdin: first the material, then {operation, seconds};
// answers each with a line {operations, seconds}, where seconds is the CPU time of this process.
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {createInterface} from 'node:readline';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

const answer = value => process.stdout.write(JSON.stringify(value) + '\n');
const lines = createInterface({input: process.stdin})[Symbol.asyncIterator]();
const next = async () => {
  const {value, done} = await lines.next();
  return done ? null : JSON.parse(value);
};

const material = await next();
const {unsigned, now} = material;
const documentLoader = async url => {
  const document = material.documents[url];
  if(!document) {
    throw new Error(`not among the given documents: ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document};
};
const checkStatus = async () => ({verified: true}); // the status list is nobody's work here
const keyPair = await Ed25519Multikey.from({type: 'Multikey', ...material.key});
const operations = {
  async issue() {
    const suite = new DataIntegrityProof({signer: keyPair.signer(), date: now, cryptosuite});
    return vc.issue({credential: structuredClone(unsigned), suite, documentLoader});
  },
  async verify() {
    const suite = new DataIntegrityProof({cryptosuite});
    const result = await vc.verifyCredential({credential: signed, suite, documentLoader, checkStatus, now: new Date(now)});
    if(!result.verified) {
      throw new Error(result.error?.errors?.map(({message}) => message).join('; ') ?? String(result.error));
    }
  }
};
const signed = await operations.issue();
answer({
  proofValue: signed.proof.proofValue,
  versions: {node: process.version, '@digitalbazaar/vc': material.packages['@digitalbazaar/vc']}
});

for(let task = await next(); task; task = await next()) {
  const operation = operations[task.operation];
  const began = process.cpuUsage();
  const spent = () => {
    const {user, system} = process.cpuUsage(began);
    return (user + system) / 1e6;
  };
  let count = 0;
  do {
    await operation();
    count++;
  } while(spent() < task.seconds);
  answer({operations: count, seconds: spent()});
}
