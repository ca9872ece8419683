// Import arrows: reads the imports of all files and names those that the table does not allow, and cycles of folders.
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { arrowTable, keptPackages, type ArrowRule } from './arrow-table.ts';
import { importsOf, type Import } from './imports.ts';
import type { SourceFile } from './tree.ts';

/** @param files TypeScript files with paths relative to the root. @returns one line a violation. */
export function findForbiddenArrows(files: readonly SourceFile[]): readonly string[] {
  const problems: string[] = [];
  const arrows = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    const from = unitOf(path);
    const rule = from === undefined ? undefined : arrowTable[from];
    if (from === undefined || rule === undefined) {
      // Settings files of the root belong to no folder.
      if (path.includes('/')) problems.push(`${path}: its folder has no row in scripts/check/arrow-table.ts`);
      continue;
    }
    for (const found of importsOf(path, text)) {
      const where = `${path}:${String(found.line)}`;
      if (!found.specifier.startsWith('.')) {
        const problem = judgePackage(from, rule, found.specifier);
        if (problem !== undefined) problems.push(`${where}: ${problem}`);
        continue;
      }
      const target = posix.join(posix.dirname(path), found.specifier);
      const to = unitOf(target);
      if (to === from) continue;
      if (to === undefined || !isAllowed(rule, to, found)) {
        problems.push(`${where}: ${from} may not import ${to ?? target}`);
        continue;
      }
      arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
    }
  }
  return [...problems, ...findCycles(arrows).map((cycle) => `folders import in a circle: ${cycle.join(' -> ')}`)];
}

/** The row of the table that a file belongs to. */
export function unitOf(path: string): string | undefined {
  const stem = path.replace(/\.tsx?$/, '');
  const units = Object.keys(arrowTable).filter((unit) => stem === unit || stem.startsWith(`${unit}/`));
  return units.sort((a, b) => b.length - a.length)[0];
}

function isAllowed(rule: ArrowRule, to: string, { typeOnly }: Import): boolean {
  return rule.units.includes('*') || rule.units.includes(to) || (typeOnly && (rule.types ?? []).includes(to));
}

function judgePackage(from: string, rule: ArrowRule, specifier: string): string | undefined {
  if (isBuiltin(specifier)) {
    if (rule.withoutNode === true) return `${from} may not import Node's ${specifier}`;
    return specifier.startsWith('node:') ? undefined : `write node:${specifier}`;
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const isKept = keptPackages[name] !== undefined && !keptPackages[name].includes(from);
  const isOutside = rule.packages !== undefined && !rule.packages.includes(name);
  return isKept || isOutside ? `${from} may not import the package ${name}` : undefined;
}

/** Circles of a graph, each once, beginning with its alphabetically first node. */
export function findCycles(arrows: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const cycles = new Map<string, readonly string[]>();
  const walk = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) {
      const loop = path.slice(start);
      const first = loop.indexOf([...loop].sort()[0]!);
      const turned = [...loop.slice(first), ...loop.slice(0, first)];
      cycles.set(turned.join(' '), [...turned, turned[0]!]);
      return;
    }
    for (const next of arrows.get(node) ?? []) walk(next, [...path, node]);
  };
  for (const node of arrows.keys()) walk(node, []);
  return [...cycles.values()];
}
