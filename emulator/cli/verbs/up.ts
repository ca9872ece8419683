// slipway up: starts the local platform, or finds the one that runs.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { z } from 'zod';
import { findPlatform, startPlatform, type StartedPlatform } from '../../client/local-platform.ts';
import { SlipwayError } from '../../common/errors.ts';
import { engineInput, engineOptions, engineStart, requireEngine } from '../engine-options.ts';
import { exitCode, type ExitCode } from '../failure.ts';
import type { Session } from '../session.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

const Port = WholeNumber.refine((port) => port <= 65_535, 'a port is at most 65535');
const Input = z.strictObject({
  port: Port.optional(),
  controlPort: Port.optional(),
  nodes: z.string().optional(),
  ...engineInput,
  fast: z.boolean().default(false),
  foreground: z.boolean().default(false),
  listen: z.string().optional(),
  listenName: z.string().optional(),
  listenInferencePort: Port.optional(),
  tlsCert: z.string().optional(),
  tlsKey: z.string().optional(),
  allowFaults: z.boolean().default(false),
});

export const up = defineVerb({
  name: 'up',
  summary: 'Start the local platform; it stays until `slipway down`',
  options: [
    ['--port <port>', 'port of the gateway (default: a free one)'],
    ['--control-port <port>', 'port of the control API (default: a free one)'],
    ['--nodes <spec>', 'emulated nodes: a number, or such as "2:cpu=4,memory=8Gi;1:cpu=16,gpu=1"'],
    ...engineOptions,
    ['--fast', 'fast mode: scaling windows and idle times are a tenth, to see in seconds what else takes minutes'],
    ['--listen <address>', 'be a remote for other machines, at this ADDRESS or ADDRESS:PORT (port 7443)'],
    ['--listen-name <name>', 'the name by which they know this machine (default: the address, or the host name)'],
    ['--listen-inference-port <port>', 'port of the gateway for them (default: 7444)'],
    ['--tls-cert <file>', 'certificate in PEM; needed to listen for other machines'],
    ['--tls-key <file>', 'its key in PEM'],
    ['--allow-faults', 'let administrators inject faults and rehearse here, although other machines use it'],
    ['--foreground', 'do not return; the platform ends with this command'],
  ],
  input: Input,
  async run(
    session,
    { foreground, fast, port, controlPort, nodes, engine, baseImage, keepImages, adoptWithin, ...remote },
  ): Promise<ExitCode> {
    const found = await findPlatform(session.home);
    if (found !== undefined && foreground) {
      throw new SlipwayError('platform_running', `A platform runs already (process ${found.pid}).`);
    }
    if (found !== undefined) {
      requireEngine(found, { engine });
      tell(session, found, 'runs already');
      return exitCode.done;
    }
    session.progress.step('Starting the local platform');
    const platform = await startPlatform({
      home: session.home,
      life: foreground ? 'tied' : 'detached',
      signal: session.signal,
      fast,
      ...(port === undefined ? {} : { port }),
      ...(controlPort === undefined ? {} : { controlPort }),
      ...(nodes === undefined ? {} : { nodes }),
      ...engineStart({ engine, baseImage, keepImages, adoptWithin }),
      flags: remoteFlags(session, remote),
    });
    tell(session, platform, 'is ready');
    return foreground ? stayWith(platform, session) : exitCode.done;
  },
});

type RemoteInput = Pick<
  z.output<typeof Input>,
  'listen' | 'listenName' | 'listenInferencePort' | 'tlsCert' | 'tlsKey' | 'allowFaults'
>;

/** Flags of the platform, whose working directory is another one. */
function remoteFlags(session: Session, input: RemoteInput): string[] {
  const { listen, listenName, listenInferencePort, tlsCert, tlsKey, allowFaults } = input;
  const path = (file: string): string => resolve(session.terminal.cwd, file);
  return [
    ...(listen === undefined ? [] : ['--listen', listen]),
    ...(listenName === undefined ? [] : ['--listen-name', listenName]),
    ...(listenInferencePort === undefined ? [] : ['--listen-inference-port', String(listenInferencePort)]),
    ...(tlsCert === undefined ? [] : ['--tls-cert', path(tlsCert)]),
    ...(tlsKey === undefined ? [] : ['--tls-key', path(tlsKey)]),
    ...(allowFaults ? ['--allow-faults'] : []),
  ];
}

function tell(session: Session, { control, inference, tokenFile, pid }: StartedPlatform, how: string): void {
  session.print({ control, inference, tokenFile, pid }, () => [
    `The local platform ${how}.`,
    `  inference  ${inference}`,
    `  control    ${control}`,
    `  token      ${tokenFile}`,
    `  process    ${pid}`,
  ]);
}

/** Until Ctrl-C, or until the platform ends by itself. */
async function stayWith(platform: StartedPlatform, session: Session): Promise<ExitCode> {
  const child = platform.child!;
  child.ref();
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  session.signal.addEventListener('abort', () => child.stdin?.end(), { once: true });
  if (session.signal.aborted) child.stdin?.end();
  const [code, signal] = await ended;
  if (session.signal.aborted) return exitCode.interrupted;
  if (code === 0) return exitCode.done;
  throw new SlipwayError('platform_unreachable', `The platform ended by itself (${signal ?? `exit code ${code}`}).`, {
    hint: `Look at the end of ${session.home.log}.`,
  });
}
