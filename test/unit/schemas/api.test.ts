// The control API's table of operations, and the bodies of deploys and splits.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { CreateTask, Scale, StreamQuery, VersionRef } from '../../../schemas/api.ts';
import { operations, type Operation } from '../../../schemas/operations.ts';

const rows: readonly (readonly [string, Operation])[] = Object.entries(operations);
const bundle = `sha256:${'0'.repeat(64)}`;

describe('control API', () => {
  it('has each method and path once', () => {
    const seen = rows.map(([, { method, path }]) => `${method} ${path}`);
    assert.deepEqual(
      seen.filter((entry, index) => seen.indexOf(entry) !== index),
      [],
    );
  });

  it('changes state only by methods that a page of another site cannot send by a link', () => {
    for (const [name, { method, status }] of rows) {
      if (method === 'get' || method === 'head') assert.equal(status, 200, name);
    }
  });

  it('gives every posted body a schema that refuses unknown fields', () => {
    for (const [name, { method, body }] of rows) {
      if (method !== 'post') continue;
      assert.ok(body !== undefined, name);
      assert.equal(body.safeParse({ surprise: 1 }).success, false, name);
    }
  });

  it('F35 refuses numbers of replicas and canary shares that are negative, fractional or none', () => {
    const deploy = { task: 'mnist', bundle };
    assert.equal(CreateTask.safeParse({ ...deploy, replicas: 2, canary: 10 }).success, true);
    for (const value of [-1, 0.5, NaN, Infinity, '1', null]) {
      assert.equal(CreateTask.safeParse({ ...deploy, replicas: value }).success, false);
      assert.equal(CreateTask.safeParse({ ...deploy, canary: value }).success, false);
      assert.equal(Scale.safeParse({ replicas: value }).success, false);
    }
    assert.equal(CreateTask.safeParse({ ...deploy, canary: 0 }).success, false);
    assert.equal(CreateTask.safeParse({ ...deploy, canary: 100 }).success, false);
  });

  it('names a bundle by its whole digest in lower case only', () => {
    for (const digest of ['', 'sha256:', bundle.slice(0, -1), bundle.toUpperCase(), `${bundle}0`, `${bundle}/../x`]) {
      assert.equal(CreateTask.safeParse({ task: 'mnist', bundle: digest }).success, false, digest);
    }
  });

  it('refers to a version by its number or its name', () => {
    for (const ref of ['v1', 'v12', 'alpha', 'beta-2']) assert.equal(VersionRef.parse(ref), ref);
    for (const ref of ['', 'v0', 'V1', 'v01', '../v1', 'Alpha'])
      assert.equal(VersionRef.safeParse(ref).success, false, ref);
  });

  it('reads the numbers and switches of a stream from its query', () => {
    assert.deepEqual(StreamQuery.parse({ from: '7', follow: 'true', limit: '10' }), {
      from: 7,
      follow: true,
      limit: 10,
    });
    for (const query of [{ from: '-1' }, { from: 'x' }, { limit: '0' }, { limit: '1e9' }, { follow: 'maybe' }]) {
      assert.equal(StreamQuery.safeParse(query).success, false, JSON.stringify(query));
    }
  });
});
