// Runs a command with a private Docker Engine that has the tests' base image: with-docker.ts COMMAND ARGUMENT…
import { spawn } from 'node:child_process';
import { baseImage, pythonBase } from './docker-base.ts';
import { DockerEngine } from './docker-engine.ts';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) throw new Error('which command?');
const engine = await DockerEngine.start();
try {
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${engine.socket}`,
    SLIPWAY_BENCH_BASE_IMAGE: await baseImage(engine.docker, pythonBase),
  };
  const child = spawn(program, args, { stdio: 'inherit', env });
  process.exitCode = await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
} finally {
  await engine.close();
}
