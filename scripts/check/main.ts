// `npm run check`: all that can be told without running the platform, at the same time, each with its result and time.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot as root } from '../../emulator/common/assets.ts';
import { findStale, generateAll } from '../generate/stale.ts';
import { findForbiddenArrows } from './arrows.ts';
import { findFileCircles } from './circles.ts';
import { findBrokenLinks } from './doc-links.ts';
import { findLongFiles } from './file-lengths.ts';
import { findForbiddenText } from './forbidden-text.ts';
import { nodePrograms, pythonPrograms, runProgram, type Program } from './programs.ts';
import { listPaths, readTree } from './tree.ts';

interface Check {
  readonly name: string;
  /** @returns what is wrong, one entry a problem. */
  readonly run: () => Promise<readonly string[]> | readonly string[];
}

const files = readTree(root);
const typescript = files.filter(({ path }) => path.endsWith('.ts'));
const python = process.env['SLIPWAY_TOOLS_PYTHON'];
const programs = [...nodePrograms(root), ...(python === undefined ? [] : pythonPrograms(python))];
mkdirSync(join(root, '.build'), { recursive: true });

const checks: readonly Check[] = [
  ...programs.map((program) => ({ name: program.name, run: () => once(program) })),
  { name: 'import arrows', run: () => [...findForbiddenArrows(typescript), ...findFileCircles(typescript)] },
  { name: 'file lengths', run: () => findLongFiles(files) },
  { name: 'forbidden text', run: () => findForbiddenText(files) },
  { name: 'links in documents', run: () => findBrokenLinks(files, listPaths(root)) },
  { name: 'generated files', run: checkGenerated },
];

const running = new Map<string, Promise<readonly string[]>>();
let failed = 0;
await Promise.all(checks.map(runCheck));
if (python === undefined && existsSync(join(root, 'emulator', 'runtime'))) {
  console.log('- python (skipped: the Python tools are missing)');
  if (process.env['CI'] === 'true') failed++;
}
console.log(`${String(checks.length - failed)} passed, ${String(failed)} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function runCheck({ name, run }: Check): Promise<void> {
  const started = performance.now();
  let problems: readonly string[];
  try {
    problems = await run();
  } catch (error) {
    problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${problems.length === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
  for (const problem of problems) console.log(problem.replace(/^/gm, '    '));
  if (problems.length > 0) failed++;
}

/** Runs a program after those that it needs. What a failed one has cached may be wrong once another file is mended. */
function once(program: Program): Promise<readonly string[]> {
  const before = programs.find(({ name }) => name === program.after);
  const run = async (): Promise<readonly string[]> => {
    if (before !== undefined) await once(before);
    const problems = await runProgram(program, root);
    if (problems.length > 0 && program.cache !== undefined) rmSync(join(root, program.cache), { force: true });
    return problems;
  };
  const known = running.get(program.name) ?? run();
  running.set(program.name, known);
  return known;
}

async function checkGenerated(): Promise<readonly string[]> {
  const stale = findStale(root, await generateAll(root));
  return stale.map((path) => `${path} is stale: run \`npm run generate\``);
}
