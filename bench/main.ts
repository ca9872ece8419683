// `npm run bench`: picks the comparisons, runs them, prints them.
import { parseArgs } from 'node:util';
import { refuseBusyMachine, surroundings } from './cores.ts';
import { batchingFixed, batchingOff } from './batching.ts';
import { capture } from './capture.ts';
import { dockerThroughput } from './docker-throughput.ts';
import { failover } from './failover.ts';
import { frameworkRows } from './frameworks.ts';
import { frameworksTable, writeFrameworksTable } from './frameworks-table.ts';
import { grey } from './grey.ts';
import { idle } from './idle.ts';
import type { BenchOptions } from './options.ts';
import { overload } from './overload.ts';
import { passThrough } from './pass-through.ts';
import { publish } from './publish.ts';
import { requestPath } from './request-path.ts';
import type { Row } from './row.ts';
import { scale } from './scale.ts';
import { scaling } from './scaling.ts';
import { singleConnection } from './single-connection.ts';
import { soak } from './soak.ts';
import { split } from './split.ts';
import { warmStart } from './warm-start.ts';

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Row[]>>> = {
  'request-path': requestPath,
  'single-connection': singleConnection,
  'batching-off': batchingOff,
  'batching-fixed': batchingFixed,
  'warm-start': warmStart,
  idle,
  grey,
  overload,
  failover,
  split,
  scaling,
  capture,
  'pass-through': passThrough,
  'docker-throughput': dockerThroughput,
  publish,
  soak,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean' },
    force: { type: 'boolean' },
    scale: { type: 'boolean' },
    short: { type: 'boolean' },
    minutes: { type: 'string' },
    frameworks: { type: 'boolean' },
    write: { type: 'boolean' },
  },
});
if (values.scale === true) {
  // Nothing is compared and nothing depends on the machine but the times of single steps.
  for (const [what, found] of scale()) console.log(`${what}: ${found}`);
  process.exit(0);
}
if (values.frameworks === true) {
  if (values.force !== true) refuseBusyMachine();
  console.error(surroundings());
  const options = { short: values.short ?? false, minutes: 0 };
  const rows = await frameworkRows(options, ({ framework, accuracy, rps }) => {
    console.error(`  ${framework}: accuracy ${accuracy.toFixed(3)}, ${rps.toFixed(0)} requests/s`);
  });
  console.log(values.json === true ? JSON.stringify(rows) : frameworksTable(rows));
  if (values.write === true) writeFrameworksTable(rows);
  process.exit(0);
}
// The soak is long: it runs when it is named.
const usual = Object.keys(benches).filter((name) => name !== 'soak');
const names = values.only === undefined ? usual : values.only.split(',');
for (const name of names) {
  if (benches[name] === undefined)
    throw new Error(`there is no bench "${name}"; there are ${Object.keys(benches).join(', ')}`);
}
if (values.force !== true) refuseBusyMachine();
console.error(surroundings());
const options: BenchOptions = { short: values.short ?? false, minutes: Number(values.minutes ?? 10) };
const rows: Row[] = [];
for (const name of names) {
  console.error(`${name} …`);
  const found = await benches[name]!(options);
  rows.push(...found);
  if (values.json !== true) for (const row of found) console.log(line(row));
}
if (values.json === true) console.log(JSON.stringify(rows));

function line({ name, ours, theirs, unit, ratio, min, max }: Row): string {
  return `${name}: ours ${figure(ours)} ${unit}, theirs ${figure(theirs)}, ratio ${ratio.toFixed(3)} (${min.toFixed(3)} to ${max.toFixed(3)})`;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
