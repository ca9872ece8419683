// The lines of a requirements file, and of those that it includes with `-r`.
import { readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { RelativePath } from '../../schemas/manifest.ts';
import { SlipwayError } from '../common/errors.ts';

const maxFileBytes = 1024 * 1024;
/** More files than these were not written for one service. */
const maxFiles = 32;

/** What a line says, and where it stands, for messages. */
interface Line {
  readonly text: string;
  readonly where: string;
  /** From 1, in its own file. */
  readonly line: number;
}

const include = /^(?:-r\s*|--requirement(?:\s+|=))(.+)$/;

/**
 * Continued lines are joined, comments and empty lines left out; a file that is included again counts once.
 * @param path inside the folder, with `/`. @throws manifest_invalid, path_missing
 */
export function requirementLines(folder: string, path: string): Promise<Line[]> {
  return linesOfFile(folder, posix.normalize(path), new Set());
}

/** @param seen the files that were read, this one among them afterwards */
async function linesOfFile(folder: string, path: string, seen: Set<string>): Promise<Line[]> {
  seen.add(path);
  const lines: Line[] = [];
  for (const line of linesOf(await readText(folder, path), path)) {
    const included = include.exec(line.text)?.[1];
    if (included === undefined) {
      lines.push(line);
      continue;
    }
    const inner = insideOf(path, included, line);
    if (seen.has(inner)) continue;
    if (seen.size === maxFiles) throw refused(line, `at most ${maxFiles} files of requirements`);
    lines.push(...(await linesOfFile(folder, inner, seen)));
  }
  return lines;
}

/** An included path is relative to the file that includes it. */
function insideOf(path: string, included: string, line: Line): string {
  const inner = RelativePath.safeParse(posix.normalize(posix.join(posix.dirname(path), included)));
  if (inner.success && RelativePath.safeParse(included.replace(/^(?:\.\.?\/)+/, '')).success) return inner.data;
  throw refused(line, `a file inside the service folder, found "${included}"`);
}

function refused({ where }: Line, expected: string): SlipwayError {
  return new SlipwayError('manifest_invalid', `${where}: expected ${expected}`);
}

async function readText(folder: string, path: string): Promise<string> {
  const file = join(folder, path);
  try {
    const { size } = await stat(file);
    if (size > maxFileBytes) throw new SlipwayError('manifest_invalid', `${path} has ${size} bytes; expected a list`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    throw new SlipwayError('path_missing', `"requirements" names ${path}, which cannot be read.`, { cause: error });
  }
}

/** Of one file, its lines with `-r` among them. @param path for messages */
export function linesOf(text: string, path: string): Line[] {
  const lines: Line[] = [];
  let open = '';
  let start = 0;
  const physical = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  physical.forEach((line, index) => {
    if (open === '') start = index + 1;
    if (line.endsWith('\\') && index < physical.length - 1 && !/^\s*#/.test(line)) {
      open += `${line.slice(0, -1)} `;
      return;
    }
    const whole = `${open}${line}`.replace(/(^|\s)#.*$/, '').trim();
    open = '';
    if (whole !== '') lines.push({ text: whole, where: `${path}, line ${start}`, line: start });
  });
  return lines;
}
