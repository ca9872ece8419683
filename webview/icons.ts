// How states look: the shape tells them apart, the colour helps. Drawn here, 16 by 16.

const shapes = {
  good: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-1 10L3.8 7.800l1-1L7 9l4.200-4.200 1 1L7 11Z',
  warning: 'M8 1 15 14H1L8 1Zm-.700 4.500v4.500h1.400V5.500H7.300Zm0 5.500v1.500h1.400V11H7.300Z',
  bad: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3 9-1 1-2-2-2 2-1-1 2-2-2-2 1-1 2 2 2-2 1 1-2 2 2 2Z',
  idle: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11Z',
  stopped: 'M3 3h10v10H3V3Z',
  paused: 'M4 3h3v10H4V3Zm5 0h3v10H9V3Z',
  over: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.500c1.200 0 2.300.400 3.200 1L3.500 11.200A5.500 5.500 0 0 1 8 2.500Zm4.500 2.300A5.500 5.500 0 0 1 4.800 12.500l7.700-7.700Z',
  coming: 'M8 1a7 7 0 1 1-7 7h1.500A5.500 5.500 0 1 0 8 2.500V1Z',
} as const;
type Shape = keyof typeof shapes;

const looks: Readonly<Record<string, Shape>> = {
  placing: 'coming',
  starting: 'coming',
  loading: 'coming',
  preparing: 'coming',
  deploying: 'coming',
  ready: 'good',
  active: 'good',
  degraded: 'warning',
  ejected: 'warning',
  cut: 'warning',
  failed: 'bad',
  lost: 'bad',
  idle: 'idle',
  stopped: 'stopped',
  paused: 'paused',
  draining: 'over',
  retired: 'over',
};
const namespace = 'http://www.w3.org/2000/svg';

/** A picture of a state; the word stands beside it. */
export function stateIcon(state: string): SVGElement {
  const shape = looks[state] ?? 'idle';
  const icon = document.createElementNS(namespace, 'svg');
  icon.setAttribute('viewBox', '0 0 16 16');
  icon.setAttribute('class', `icon ${shape}`);
  icon.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', shapes[shape]);
  path.setAttribute('fill-rule', 'evenodd');
  icon.append(path);
  return icon;
}
