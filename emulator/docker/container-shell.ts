// A shell in a container that runs, on the terminal of whoever asks. Where that is none, commands come by its input.
import type { Duplex } from 'node:stream';
import { Writable } from 'node:stream';
import type Docker from 'dockerode';
import { dockerError } from './docker-error.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ShellStreams {
  readonly stdin: NodeJS.ReadableStream;
  readonly out: (bytes: Buffer) => void;
  readonly err: (bytes: Buffer) => void;
  /** Of the terminal now; undefined where it is none. */
  readonly size: () => TerminalSize | undefined;
  /** @returns a function that ends the listening */
  readonly onResize: (listener: () => void) => () => void;
}

/** What is there of the two: images without bash are common. */
const shell = ['/bin/sh', '-c', 'if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi'];

/** Resolves with the exit code of the shell. @throws docker_unreachable, docker_refused */
export async function containerShell(
  docker: Docker,
  container: string,
  streams: ShellStreams,
  signal: AbortSignal,
): Promise<number | null> {
  const isTerminal = streams.size() !== undefined;
  try {
    signal.throwIfAborted();
    const exec = await docker.getContainer(container).exec({
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
      Tty: isTerminal,
      Env: isTerminal ? [`TERM=${process.env['TERM'] ?? 'xterm-256color'}`] : [],
      Cmd: shell,
    });
    const stream = await exec.start({ hijack: true, stdin: true, Tty: isTerminal });
    const leave = (): void => void stream.destroy();
    signal.addEventListener('abort', leave, { once: true });
    const stopFollowing = isTerminal ? followSize(exec, streams) : (): void => undefined;
    try {
      await carry(docker, stream, streams, isTerminal);
    } finally {
      stopFollowing();
      signal.removeEventListener('abort', leave);
      streams.stdin.unpipe(stream);
      stream.destroy();
    }
    return (await exec.inspect()).ExitCode;
  } catch (error) {
    throw dockerError(error, 'open a shell');
  }
}

/** Until the shell ends. */
function carry(docker: Docker, stream: Duplex, streams: ShellStreams, isTerminal: boolean): Promise<void> {
  const { stdin, out, err } = streams;
  if (isTerminal) stream.on('data', out);
  else docker.modem.demuxStream(stream, sink(out), sink(err));
  stdin.pipe(stream);
  return new Promise((resolve) => {
    stream.on('error', () => undefined).once('end', resolve);
    stream.once('close', resolve);
  });
}

function sink(take: (bytes: Buffer) => void): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      take(chunk);
      done();
    },
  });
}

/** The Engine is told how large the terminal is, now and whenever that changes. */
function followSize(exec: Docker.Exec, { size, onResize }: ShellStreams): () => void {
  const tell = (): void => {
    const now = size();
    // A shell that has ended has no size.
    if (now !== undefined) exec.resize({ w: now.columns, h: now.rows }).catch(() => undefined);
  };
  tell();
  return onResize(tell);
}
