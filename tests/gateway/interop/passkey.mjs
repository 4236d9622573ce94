// The pages' own script with a form and an authenticator that answers what it is given: what it asks, sends and says.

import vm from "node:vm";
import { given } from "./browser.mjs";

const { script, ceremony, options, answer, failure, known = true } = await given();
const buffer = (text) => Uint8Array.from(Buffer.from(text, "base64url")).buffer;
const text = (view) => Buffer.from(view).toString("base64url");

const credential = { value: "" };
const status = { textContent: "from before" };
const found = { submitted: false, prevented: false };
let listener;
const form = {
  dataset: { ceremony, options: JSON.stringify(options) },
  hidden: true,
  elements: { credential },
  querySelector: () => status,
  addEventListener: (_, handler) => {
    listener = handler;
  },
  submit: () => {
    found.submitted = true;
    found.done();
  },
};

async function authenticate({ publicKey }) {
  const { challenge, user, excludeCredentials, rpId } = publicKey;
  found.asked = { challenge: text(challenge), user: user && text(user.id), rpId, excluded: (excludeCredentials ?? []).map((one) => text(one.id)) };
  if (failure) throw Object.assign(new Error("refused"), { name: failure });
  const response = Object.fromEntries(Object.entries(answer.response).map(([name, value]) => [name, buffer(value)]));
  return { id: answer.id, rawId: buffer(answer.rawId), type: answer.type, response };
}

vm.runInNewContext(script, {
  document: { querySelectorAll: () => [form] },
  window: known ? { PublicKeyCredential: {} } : {},
  navigator: { credentials: { [ceremony]: authenticate } },
  atob,
  btoa,
});
if (listener) {
  const settled = new Promise((resolve) => {
    found.done = resolve;
    Object.defineProperty(status, "textContent", { set: (said) => ((found.said = said), said && resolve()) });
  });
  listener({ preventDefault: () => (found.prevented = true) });
  await settled;
}
const { done, ...shown } = found;
process.stdout.write(JSON.stringify({ ...shown, sent: credential.value, shown: !form.hidden }));
