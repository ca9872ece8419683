// The dashboard: panels over one state, which the extension keeps. A snapshot sets it, deltas change it.
import { emptyDashboard, mergeDashboard, type DashboardState } from '../schemas/dashboard.ts';
import { showDuration, showNumber } from '../schemas/figures.ts';
import { BatchesPanel } from './batches-panel.ts';
import { bucketsOf, ranges, versionsIn } from './buckets.ts';
import { ChartPanel } from './chart-panel.ts';
import { onTheme } from './colours.ts';
import { DecisionsPanel } from './decisions-panel.ts';
import { element, setText } from './dom.ts';
import { ExperimentPanel } from './experiment-panel.ts';
import * as l10n from './l10n.ts';
import { chartKinds, type ChartKind } from './lines.ts';
import { LogsPanel } from './logs-panel.ts';
import { Port } from './port.ts';
import { ReplicasPanel } from './replicas-panel.ts';
import { SplitPanel } from './split-panel.ts';
import { registerComponents } from './toolkit.ts';
import { Toolbar } from './toolbar.ts';
import { namesOf } from './version-names.ts';
import './style.css';

const texts = document.getElementById('texts')?.textContent ?? '{}';
l10n.speak(JSON.parse(texts) as Record<string, string>);
registerComponents();

let state: DashboardState = emptyDashboard;
let paused = false;
let due = false;

const port = new Port((message) => {
  if (message.kind === 'snapshot') {
    state = message.state;
    paused = message.paused;
    port.keep({ place: state.place });
  } else {
    state = mergeDashboard(state, message.delta);
  }
  schedule();
});

const spoken = element('p', { class: 'said', role: 'status' });
const say = (text: string): void => setText(spoken, text);
const titles: Readonly<Record<ChartKind['id'], string>> = {
  qps: l10n.t('QPS'),
  latency: l10n.t('Latency'),
  batch: l10n.t('Batch size'),
  queue: l10n.t('Queue'),
  errors: l10n.t('Errors'),
};
const units: Readonly<Record<ChartKind['unit'], (value: number) => string>> = {
  qps: showNumber,
  ms: showDuration,
  requests: showNumber,
  '%': (value) => `${showNumber(value)}%`,
};
const charts = chartKinds.map(
  (kind) =>
    new ChartPanel({
      kind,
      title: titles[kind.id],
      show: units[kind.unit],
      asTable: port.state.tables.includes(kind.id),
      toggled: (asTable) => {
        const others = port.state.tables.filter((id) => id !== kind.id);
        port.keep({ tables: asTable ? [...others, kind.id] : others });
      },
    }),
);
const toolbar = new Toolbar({
  choose: (place) => port.send({ kind: 'choose', place }),
  version: (version) => keep({ version }),
  range: (seconds) => keep({ seconds }),
  pause: (wanted) => {
    paused = wanted;
    port.send({ kind: 'pause', paused });
    schedule();
  },
  command: (name) => port.send({ kind: 'command', name }),
});
const split = new SplitPanel({
  apply: async (weights) => (await port.ask({ kind: 'split', weights })).problem,
  say,
});
const batches = new BatchesPanel({
  rerun: async (batch) => {
    const { problem, rerun } = await port.ask({ kind: 'rerun', batch });
    return { ...(problem === undefined ? {} : { problem }), ...(rerun === undefined ? {} : { rerun }) };
  },
  debug: (batch) => port.send({ kind: 'debug', batch }),
  say,
});
const replicas = new ReplicasPanel();
const experiment = new ExperimentPanel();
const decisions = new DecisionsPanel();
const logs = new LogsPanel();
const run = element('section', { class: 'wide', 'aria-labelledby': 'panel-none' });
run.append(
  element('h2', { id: 'panel-none' }, l10n.t('No task to show')),
  element('p', {}, l10n.t('Run a service locally, or connect a remote platform that has tasks.')),
);

const panels = [split, replicas, decisions, experiment, batches, logs];
const roots = [...charts, ...panels].map(({ root }) => root);
const main = element('main', { class: 'panels' }, run, ...roots);
document.body.append(toolbar.root, spoken, main);
onTheme(() => {
  for (const chart of charts) chart.repaint();
});
port.send({ kind: 'ready' });
render();

function keep(change: Parameters<Port['keep']>[0]): void {
  port.keep(change);
  schedule();
}

/** Once a frame, however much came. */
function schedule(): void {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    render();
  });
}

function render(): void {
  const { seconds, version } = port.state;
  const range = ranges.find((one) => one.seconds === seconds) ?? ranges[0];
  const buckets = bucketsOf(state.points, range);
  const standing = state.task?.versions.filter(({ state }) => state !== 'retired') ?? [];
  const versions = versionsIn(buckets, new Set(standing.map(({ id }) => id)));
  const chosen = versions.includes(version) ? version : '';
  toolbar.update({ state, seconds: range.seconds, version: chosen, versions, paused });
  const none = state.task === null && state.place === null;
  run.hidden = !none;
  for (const root of roots) root.hidden = none;
  if (none) return;
  const names = namesOf(state.task);
  for (const chart of charts) chart.update({ buckets, versions: chosen === '' ? versions : [chosen], names });
  const now = Date.now();
  split.update(state);
  replicas.update(state, now);
  experiment.update(state);
  decisions.update(state);
  batches.update(state, now);
  logs.update(state);
}
