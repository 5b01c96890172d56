// Compares one pair of contracts after the other: to start Redocly takes longer than to compare.
// Its bundle exports nothing, so it is given a new command line for each pair that is asked for.
// node redocly.mjs BUNDLE CONFIG; a line of stdin is ["base", "revision", "reply"], each a file.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [node, , bundle, config] = process.argv;
const options = ['--format', 'json', '--fail-on', 'none', '--config', config];
const said = { stdout: '', stderr: '' };
const print = process.stdout.write.bind(process.stdout);
for (const name of ['stdout', 'stderr']) {
  process[name].write = (text) => { said[name] += text; return true; };
}
process.setMaxListeners(0); // each run of the bundle adds some

function isComplete() {
  try {
    return JSON.parse(said.stdout);
  } catch {
    return false;
  }
}

let number = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const [base, revision, file] = JSON.parse(line);
  const reply = () => writeFileSync(file, JSON.stringify(said));
  said.stdout = said.stderr = '';
  process.argv = [node, 'redocly', 'diff', base, revision, ...options];
  process.once('exit', reply); // where Redocly fails, nothing is left to wait for
  process.stdin.unref();
  await import(`${pathToFileURL(bundle)}?${number++}`);
  while (!isComplete()) await setTimeout(1, null, { ref: false });
  process.stdin.ref();
  process.off('exit', reply);
  reply();
  print('\n');
}
