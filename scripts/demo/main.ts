// `npm run demo`: a real MNIST service from template to two replicas under load, with an update and a crash on the way.
import { parseArgs } from 'node:util';
import { packageRoot } from '../../emulator/common/assets.ts';
import { toSlipwayError } from '../../emulator/common/errors.ts';
import { describeFailure, exitCode, exitCodeOf } from '../../emulator/cli/failure.ts';
import { noPaint } from '../../emulator/cli/paint.ts';
import { Demo } from './demo.ts';
import { Narration } from './narration.ts';
import { shortcomings } from './report.ts';

async function main(): Promise<number> {
  const flags = parseArgs({ options: { json: { type: 'boolean' }, keep: { type: 'boolean' } } }).values;
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const narration = new Narration((text) => void (flags.json === true ? process.stderr : process.stdout).write(text));
  const demo = new Demo({ root: packageRoot, narration, signal: interrupt.signal });
  let keep = false;
  try {
    const figures = await demo.run();
    keep = flags.keep === true;
    const wrong = shortcomings(figures);
    for (const one of wrong) narration.say(`not as it must be: ${one}`);
    if (!keep) await demo.close();
    const left = keep
      ? 'the platform stays up: stop it with `npx slipway down --home .build/demo-home`'
      : 'all is down';
    narration.say(`done; ${left}`);
    if (flags.json === true) process.stdout.write(`${JSON.stringify(figures)}\n`);
    return wrong.length === 0 ? exitCode.done : exitCode.user;
  } catch (error) {
    for (const line of describeFailure(error, 'plain', noPaint)) process.stderr.write(`${line}\n`);
    if (!keep) await demo.close().catch(() => undefined);
    return interrupt.signal.aborted ? exitCode.interrupted : exitCodeOf(toSlipwayError(error));
  }
}

process.exitCode = await main();
