// A document loader over what the caller passed in; nothing is fetched. Verification methods are cut out of their
// controller documents, as the proof suites ask for them by URL.
const MULTIKEY = 'https://w3id.org/security/multikey/v1';

export async function readInput() {
  const chunks = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

export function loaderOver({contexts = {}, controllers = {}, statusLists = {}}) {
  const documents = new Map(Object.entries({...contexts, ...controllers, ...statusLists}));
  return async url => {
    const document = documents.get(url) ?? methodOf(documents, url);
    if(!document) {
      throw new Error(`not among the given documents: ${url}`);
    }
    return {contextUrl: null, documentUrl: url, document};
  };
}

function methodOf(documents, url) {
  const controller = documents.get(url.split('#')[0]);
  const method = controller?.verificationMethod?.find(({id}) => id === url);
  return method && {'@context': MULTIKEY, ...method};
}
