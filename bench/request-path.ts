// Gateway and one worker with the numpy softmax model on one core, against a bare node:http echo on the same core.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { templatesFolder } from '../emulator/common/assets.ts';
import { load } from './load.ts';
import { cpuSeconds } from './processes.ts';
import { compare, median, type Row } from './row.ts';
import { withServers } from './servers.ts';

const connections = 64;
const seconds = 5;
const rounds = 5;

export function requestPath(): Promise<Row[]> {
  return withServers(async (servers) => {
    const echo = await servers.script('echo-server.ts');
    const platform = await servers.platform();
    const template = join(templatesFolder, 'python');
    const url = servers.deploy(template);
    const body = readFileSync(join(template, 'samples', 'digit-7.raw'));
    const side = (server: number, at: string) => {
      const micros: number[] = [];
      const measure = async (): Promise<number> => {
        const before = cpuSeconds(server);
        const {
          requests,
          seconds: measured,
          requestsPerSecond,
          generatorBusy,
        } = await load({ url: at, body, expected: '7', connections, seconds });
        // The generator's warm-up is a part of what the server did: shares of the whole time are equal.
        micros.push(((cpuSeconds(server) - before) / (requests * (1 + warmUpShare(measured)))) * 1e6);
        if (generatorBusy > 0.95)
          console.error(`  the load generator used ${(generatorBusy * 100).toFixed(0)}% of its core`);
        return requestsPerSecond;
      };
      return { measure, micros };
    };
    const ours = side(platform.pid, url);
    const theirs = side(echo.pid, echo.url);
    const row = await compare('request-path', 'requests/s', { ours: ours.measure, theirs: theirs.measure }, rounds);
    const [ourMicros, theirMicros] = [median(ours.micros), median(theirs.micros)];
    console.error(
      `  CPU a request: ours ${ourMicros.toFixed(1)} µs, theirs ${theirMicros.toFixed(1)} µs, ratio ${(theirMicros / ourMicros).toFixed(3)}`,
    );
    return [row];
  });
}

function warmUpShare(measuredSeconds: number): number {
  return 0.5 / measuredSeconds;
}
