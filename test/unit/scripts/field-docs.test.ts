import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { fieldDocs } from '../../../scripts/generate/field-docs.ts';
import { jsonSchemas } from '../../../scripts/generate/json-schemas.ts';

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

function withoutWords(schema: Schema, prefix = ''): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    ...(field.description === undefined ? [prefix + name] : []),
    ...withoutWords(field, `${prefix}${name}.`),
  ]);
}

describe('words at the fields of a schema', () => {
  it('are those of the doc comments, also of the objects inside', () => {
    const source = `
      const Inner = z.strictObject({
        /** How
         * many. */
        count: z.int(),
        bare: z.string(),
      });
      export const Outer = z.strictObject({
        /** What is inside. */
        inner: Inner.prefault({}),
        'quoted': z.string(),
      });`;
    assert.deepEqual(
      [...fieldDocs(source, 'Outer')],
      [
        ['inner', 'What is inside.'],
        ['inner.count', 'How many.'],
      ],
    );
  });

  it('stand at every field of slipway.json, where an editor shows them', () => {
    const file = jsonSchemas().find(({ path }) => path === 'schemas/json/manifest.json')!;
    assert.deepEqual(withoutWords(JSON.parse(file.text) as Schema), []);
  });
});
