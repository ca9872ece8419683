// What `slipway doctor` looks at: one function a check, each with what was found and what to do.
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { DoctorCheck as Check } from '../../schemas/doctor.ts';
import { choosePython, chosenPython, discoverPythons, oldestPython } from '../bundle/python.ts';
import { findUv } from '../bundle/find-uv.ts';
import { findPlatform } from '../client/local-platform.ts';
import { randomHex } from '../common/random.ts';
import { toSlipwayError } from '../common/errors.ts';
import { showBytes } from './figures.ts';
import { gpuFindings } from './gpu-findings.ts';
import { probeGpus } from './gpu-probe.ts';
import type { Session } from './session.ts';

const oldestNode = 20;
/** A TensorFlow environment has 1.5 GiB. */
const roomBytes = 3 * 1024 ** 3;
/** The gateway holds a descriptor a connection and two a replica. */
const fewFiles = 1024;

/** All checks, in the order in which they are shown. */
export async function examine(session: Session): Promise<Check[]> {
  const [pythons, home, room, loopback, gpus, platform] = await Promise.all([
    checkPythons(session),
    checkHome(session),
    checkRoom(session),
    checkLoopback(),
    checkGpus(session),
    checkPlatform(session),
  ]);
  return [checkNode(), ...pythons, home, room, loopback, ...checkOpenFiles(), ...gpus, platform];
}

function checkNode(): Check {
  const { node } = process.versions;
  const state = Number(node.split('.', 1)[0]) >= oldestNode ? 'ok' : 'failed';
  return {
    name: 'node',
    state,
    found: node,
    ...(state === 'ok' ? {} : { hint: `Install Node ${oldestNode} or newer.` }),
  };
}

async function checkPythons(session: Session): Promise<Check[]> {
  const { env } = session.terminal;
  const discovery = await discoverPythons({ env: env, signal: session.signal });
  const uv = findUv(env);
  const chosen = chosenPython({ env: env });
  // Those that do not run matter only when the user chose one of them.
  const refused = (chosen === undefined ? [] : discovery.refused).map(({ command, why }): Check => {
    const hint = 'Correct SLIPWAY_PYTHON, or unset it.';
    return { name: 'chosen python', state: 'failed', found: `${command} ${why}`, hint };
  });
  let best;
  try {
    best = choosePython(discovery, oldestPython);
  } catch (error) {
    const { message, hint } = toSlipwayError(error);
    return [{ name: 'python', state: 'failed', found: message, hint }, ...refused];
  }
  const others = discovery.found.filter(({ path }) => path !== best.path).map(({ version }) => version);
  const also = others.length === 0 ? '' : `; also ${others.join(', ')}`;
  return [
    { name: 'python', state: 'ok', found: `${best.version} at ${best.path}${also}` },
    ...refused,
    uv !== undefined || best.venv
      ? { name: 'environments', state: 'ok', found: uv === undefined ? 'with venv and pip' : `with ${uv}` }
      : {
          name: 'environments',
          state: 'failed',
          found: `${best.path} has no venv or no ensurepip, and there is no uv`,
          hint: 'Install uv, or python3-venv of your distribution.',
        },
  ];
}

async function checkHome(session: Session): Promise<Check> {
  const { root } = session.home;
  const probe = join(root, `.probe-${randomHex(4)}`);
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await writeFile(probe, '');
    await rm(probe);
    return { name: 'home', state: 'ok', found: root };
  } catch (error) {
    const found = `${root} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    return { name: 'home', state: 'failed', found, hint: 'Set SLIPWAY_HOME to a folder that can be written.' };
  }
}

async function checkRoom(session: Session): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(session.home.root);
    const free = bavail * bsize;
    const found = `${showBytes(free)} free`;
    if (free >= roomBytes) return { name: 'disk', state: 'ok', found };
    return {
      name: 'disk',
      state: 'warning',
      found,
      hint: 'Free some; `slipway env prune` removes unused environments.',
    };
  } catch {
    return { name: 'disk', state: 'warning', found: 'unknown', hint: 'See what is said of the folder of Slipway.' };
  }
}

async function checkLoopback(): Promise<Check> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return { name: 'loopback', state: 'ok', found: 'ports can be opened on 127.0.0.1' };
  } catch (error) {
    const found = `no port can be opened on 127.0.0.1 (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    return { name: 'loopback', state: 'failed', found, hint: 'Look at the firewall, and at limits on processes.' };
  } finally {
    server.close();
  }
}

/** The limits stand in the process's own report, where the system has such limits. */
function checkOpenFiles(): Check[] {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  const soft = report.userLimits?.open_files?.soft;
  if (typeof soft !== 'number') return [];
  const found = `at most ${soft}`;
  if (soft >= fewFiles) return [{ name: 'open files', state: 'ok', found }];
  return [{ name: 'open files', state: 'warning', found, hint: 'Raise the limit: ulimit -n 4096.' }];
}

async function checkGpus({ home, terminal, signal }: Session): Promise<Check[]> {
  return gpuFindings(await probeGpus({ env: terminal.env, environments: home.environments, signal }));
}

async function checkPlatform(session: Session): Promise<Check> {
  try {
    const info = await findPlatform(session.home);
    if (info === undefined) return { name: 'platform', state: 'ok', found: 'not running' };
    const { client } = await session.connect();
    await client.call('getPlatform', {}, { signal: session.signal });
    return { name: 'platform', state: 'ok', found: `runs at ${info.inference}` };
  } catch (error) {
    const { message, hint } = toSlipwayError(error);
    return { name: 'platform', state: 'failed', found: message, hint };
  }
}
