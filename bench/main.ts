// `npm run bench`: picks the comparisons, runs them, prints them.
import { parseArgs } from 'node:util';
import { refuseBusyMachine } from './cores.ts';
import { requestPath } from './request-path.ts';
import type { Row } from './row.ts';
import { scale } from './scale.ts';

const benches: Readonly<Record<string, () => Promise<Row>>> = { 'request-path': requestPath };

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean' },
    force: { type: 'boolean' },
    scale: { type: 'boolean' },
  },
});
if (values.scale === true) {
  // Nothing is compared and nothing depends on the machine but the times of single steps.
  for (const [what, found] of scale()) console.log(`${what}: ${found}`);
  process.exit(0);
}
if (values.force !== true) refuseBusyMachine();
const names = values.only === undefined ? Object.keys(benches) : [values.only];
const rows: Row[] = [];
for (const name of names) {
  const bench = benches[name];
  if (bench === undefined) throw new Error(`there is no bench "${name}"; there are ${Object.keys(benches).join(', ')}`);
  const row = await bench();
  rows.push(row);
  if (values.json !== true) {
    console.log(
      `${row.name}: ours ${row.ours.toFixed(0)} ${row.unit}, theirs ${row.theirs.toFixed(0)}, ratio ${row.ratio.toFixed(3)} (${row.min.toFixed(3)}–${row.max.toFixed(3)})`,
    );
  }
}
if (values.json === true) console.log(JSON.stringify(rows));
