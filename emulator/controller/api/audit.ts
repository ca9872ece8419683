// The audit log: one line for each change that somebody asked for, and for each refusal. Tokens are never in it.
import { appendFile, rename, stat } from 'node:fs/promises';
import type { Logger } from '../../common/log.ts';
import { Serial } from '../serial.ts';

export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Name of the token; null when it was not known. */
  readonly who: string | null;
  readonly role: string | null;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly requestId: string;
}

export type Audit = (entry: AuditEntry) => void;

/** The file and the one before it together take twice this. */
const maxBytes = 16 * 1024 * 1024;

/** Appends to a file, mode 0600; when it is large it becomes `<path>.1`. A full disk is logged, and stops nothing. */
export function auditFile(path: string, log: Logger): Audit {
  const serial = new Serial();
  return (entry) => {
    const line = `${JSON.stringify({ ...entry, at: new Date(entry.at).toISOString() })}\n`;
    void serial.run(async () => {
      try {
        const size = await stat(path).then(
          ({ size }) => size,
          () => 0,
        );
        if (size > maxBytes) await rename(path, `${path}.1`);
        await appendFile(path, line, { mode: 0o600 });
      } catch (error) {
        log.error('the audit log could not be written', { error });
      }
    });
  };
}
