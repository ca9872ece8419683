// Progress lines of the bootstrap: what is being done, that it still is, and how long it took. On standard error,
// so that what a target prints for a script to read stays clean.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';

const heartbeatMs = 10_000;

/** Prints one line. */
export function say(line) {
  process.stderr.write(`slipway: ${line}\n`);
}

/** Prints why it cannot go on, and ends the process. */
export function fail(line, exitCode = 1) {
  say(line);
  process.exit(exitCode);
}

/** Runs `work` with a line before, one every ten seconds, and one after with the time it took. */
export async function step(title, work) {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  say(`${title} …`);
  const heartbeat = setInterval(() => say(`${title} … ${Math.round(seconds())} s`), heartbeatMs);
  try {
    const result = await work();
    say(`${title}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}

/** Runs a command without a shell. @returns its exit code (null: it could not be started) and all that it printed. */
export function command(file, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true, ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => (output += text));
    }
    child.on('error', (error) => resolve({ code: null, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
