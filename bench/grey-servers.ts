// Four replicas, one of them slower by a factor, behind a gateway and behind a round-robin front, which take turns in using
// them. Arguments: the service's folder and the factor. Prints both ports, with a space; ends with its input.
import { systemClock } from '../emulator/common/clock.ts';
import { silentLogger } from '../emulator/common/log.ts';
import { Gateway } from '../emulator/gateway/gateway.ts';
import { BenchEngine } from './engine.ts';
import { roundRobin } from './round-robin.ts';

const replicas = 4;
const [folder, factor] = process.argv.slice(2) as [string, string];
const engine = await BenchEngine.start({
  launch: 'direct',
  folder,
  python: process.env['SLIPWAY_PYTHON'] ?? 'python3',
});
for (let replica = 0; replica < replicas; replica++) await engine.oneMore(Buffer.from('x'), 'ok');
await engine.slow(Number(factor));
const gateway = new Gateway({
  routes: { subscribe: (listener) => (listener(engine.routes()), (): void => undefined) },
  clock: systemClock,
  log: silentLogger,
  idPrefix: 'bench',
  version: '0',
  host: '127.0.0.1',
  port: 0,
  exactPort: true,
  allowedHosts: [],
  allowedOrigins: [],
  showTracebacks: false,
  report: () => undefined,
  feedback: { take: () => true },
});
const ours = await gateway.start();
const theirs = await roundRobin(engine.addresses());
process.stdout.write(`${ours} ${theirs.port}\n`);
process.stdin
  .on('end', () => {
    theirs.server.closeAllConnections();
    theirs.server.close();
    void gateway
      .close()
      .then(() => engine.close())
      .finally(() => process.exit(0));
  })
  .resume();
