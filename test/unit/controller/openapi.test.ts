import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openApiDocument } from '../../../emulator/controller/api/openapi.ts';
import { operations } from '../../../schemas/operations.ts';

interface Document {
  readonly paths: Record<string, Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

describe('the OpenAPI document', () => {
  const text = JSON.stringify(openApiDocument());
  const document = JSON.parse(text) as Document;

  it('holds every operation of the table, and nothing else', () => {
    const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    assert.deepEqual(described.map(({ operationId }) => operationId).sort(), Object.keys(operations).sort());
  });

  it('names a parameter for each variable part of a path', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const wanted = [...path.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name);
      for (const { parameters = [] } of Object.values(methods)) {
        const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
        assert.deepEqual(inPath, wanted, path);
      }
    }
  });

  it('refers only to schemas that it holds', () => {
    const names = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target!);
    assert.ok(names.length > 20);
    for (const target of names) {
      const name = target.replace('#/components/schemas/', '');
      assert.ok(name in document.components.schemas, target);
    }
  });

  it('is the same each time', () => {
    assert.equal(JSON.stringify(openApiDocument()), text);
  });
});
