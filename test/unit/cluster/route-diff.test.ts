import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { applyMessage, lineOf, printsOf, type RoutePrints } from '../../../emulator/cluster/route-diff.ts';
import { RouteMessage } from '../../../schemas/cluster.ts';
import type { TaskName } from '../../../schemas/ids.ts';
import type { RouteTable, TaskRoute } from '../../../emulator/router/table.ts';

const tables = fc.array(
  fc.uniqueArray(fc.record({ task: fc.constantFrom('a', 'b', 'c', 'd'), weight: fc.integer({ min: 0, max: 3 }) }), {
    selector: ({ task }) => task,
  }),
  { minLength: 1, maxLength: 12 },
);

function tableOf(rows: readonly { task: string; weight: number }[], revision: number): RouteTable {
  const routes = rows.map(({ task, weight }): TaskRoute => {
    return { task: task as TaskName, split: [{ version: 'v1' as never, weight }], versions: [] };
  });
  return { revision, tasks: new Map(routes.map((route) => [route.task, route])) };
}

describe('the stream of routes', () => {
  it('brings a gateway to the very table of the controller, wherever it joins', () => {
    fc.assert(
      fc.property(tables, fc.nat(), (series, join) => {
        let prints: RoutePrints = new Map();
        let followed: RouteTable | undefined;
        const from = join % series.length;
        series.forEach((rows, index) => {
          const table = tableOf(rows, index);
          const now = printsOf(table);
          const line = lineOf(table, index === from ? undefined : prints, now);
          prints = now;
          if (index < from) return;
          followed = applyMessage(followed, RouteMessage.parse(JSON.parse(line)));
          assert.deepEqual(new Map([...followed.tasks].sort()), new Map([...table.tasks].sort()));
        });
      }),
    );
  });

  it('says nothing of tasks that did not change', () => {
    const before = printsOf(
      tableOf(
        [
          { task: 'a', weight: 1 },
          { task: 'b', weight: 1 },
        ],
        1,
      ),
    );
    const table = tableOf(
      [
        { task: 'a', weight: 1 },
        { task: 'c', weight: 2 },
      ],
      2,
    );
    const message = RouteMessage.parse(JSON.parse(lineOf(table, before, printsOf(table))));
    assert.deepEqual(
      message.changed.map(({ task }) => task),
      ['c'],
    );
    assert.deepEqual(message.removed, ['b']);
  });
});
