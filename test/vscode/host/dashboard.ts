// In the extension host: what the dashboard costs while somebody looks, and that it costs nothing while nobody does.
import assert from 'node:assert/strict';
import { commands, window } from 'vscode';
import type { SlipwayApi } from '../../../src/extension.ts';
import { eventually, inWorkspace, slipway } from './support.ts';

const lookMs = 2_500;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the dashboard in its host', () => {
  it('is told at most four times a second while it is seen, nothing while it is hidden, and goes on when it is seen', async () => {
    const { exports } = await slipway<SlipwayApi>();
    // It is over although nobody answers its notification.
    await commands.executeCommand('slipway.runLocally');
    await commands.executeCommand('slipway.openDashboard');
    await eventually(() => (exports.dashboardSent() > 0 ? true : undefined));
    const first = exports.dashboardSent();
    await eventually(() => (exports.dashboardSent() > first + 2 ? true : undefined));
    const before = exports.dashboardSent();
    await wait(lookMs);
    const told = exports.dashboardSent() - before;
    assert.ok(told >= 1 && told <= 1 + (4 * lookMs) / 1_000, String(told));

    await window.showTextDocument(inWorkspace('digits/slipway.json'), { preview: false });
    await wait(500);
    const hidden = exports.dashboardSent();
    await wait(lookMs);
    assert.equal(exports.dashboardSent(), hidden);

    await commands.executeCommand('slipway.openDashboard');
    await eventually(() => (exports.dashboardSent() > hidden + 2 ? true : undefined));
  });
});
