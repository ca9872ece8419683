// What the command line talks to: the standard streams, the environment, and whether colour is wanted.

export interface OutputStream {
  write(text: string | Uint8Array): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

export interface Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** https://no-color.org: any value but the empty one. */
export function wantsColour(stream: OutputStream, env: Terminal['env']): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

/** Columns to fill; what is no terminal has no limit. */
export function widthOf(stream: OutputStream): number {
  return stream.isTTY === true ? (stream.columns ?? 80) : Number.POSITIVE_INFINITY;
}

/** The terminal for a program elsewhere, which gets every key itself, Ctrl-C too; without one, bytes pass as they are. */
export function terminalStreams({ stdin, stdout, stderr }: Terminal): {
  readonly stdin: NodeJS.ReadableStream;
  readonly out: (bytes: Buffer) => void;
  readonly err: (bytes: Buffer) => void;
  readonly size: () => { readonly columns: number; readonly rows: number } | undefined;
  readonly onResize: (listener: () => void) => () => void;
  readonly close: () => void;
} {
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true;
  if (isTerminal) stdin.setRawMode?.(true);
  return {
    stdin,
    out: (bytes) => stdout.write(bytes),
    err: (bytes) => stderr.write(bytes),
    size: () => (isTerminal ? { columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 } : undefined),
    onResize: (listener) => {
      stdout.on?.('resize', listener);
      return () => stdout.off?.('resize', listener);
    },
    close: () => {
      if (isTerminal) stdin.setRawMode?.(false);
      stdin.pause();
    },
  };
}
