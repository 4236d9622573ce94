// Plays a collection with newman: the collection on standard input; what every request was answered, on standard output.
import { text } from 'node:stream/consumers';
import newman from 'newman';

const collection = JSON.parse(await text(process.stdin));
const answers = [];

const run = newman.run({ collection, reporters: [], timeoutRequest: 30_000 }, (error, summary) => {
  if (error) throw error;
  const failures = summary.run.failures.map((each) => `${each.source?.name}: ${each.error.message}`);
  process.stdout.write(JSON.stringify({ answers, failures }));
});

run.on('request', (error, { item, response }) => {
  if (!item.name) return; // what a script sends, such as for a token, is no request of the collection
  answers.push({
    id: item.id,
    status: response?.code ?? 0,
    headers: Object.fromEntries(response?.headers.map(({ key, value }) => [key.toLowerCase(), value]) ?? []),
    problem: error ? String(error) : response.code < 400 ? '' : response.text(),
  });
});
