// The platform's own log: one JSON object a line, on whatever stream the composition root gives.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** @param write takes one line with its line end; @param now milliseconds since the epoch. */
export function createLogger(
  write: (line: string) => void,
  now: () => number,
  least: LogLevel = 'info',
  base: LogFields = {},
): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (order.indexOf(level) < order.indexOf(least)) return;
      write(`${JSON.stringify({ at: new Date(now()).toISOString(), level, message, ...base, ...fields }, plain)}\n`);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLogger(write, now, least, { ...base, ...fields }),
  };
}

export const silentLogger: Logger = createLogger(
  () => undefined,
  () => 0,
  'error',
);

/** Errors have no enumerable fields of their own; show what matters of them. */
function plain(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, code: (value as { code?: unknown }).code, stack: value.stack };
}
