// The walkthrough: new, run, call, debug, split, dashboard, publish, each step with the command that does it and ends it.
import { commandId, type CommandName, type Words } from '../contributions.ts';

export interface WalkthroughStep {
  readonly id: string;
  readonly title: Words;
  readonly description: Words;
  readonly command: CommandName;
  /** Picture beside it. */
  readonly media: string;
}

const button = (words: Words, name: CommandName): Words => ({
  en: `[${words.en}](command:${commandId(name)})`,
  zh: `[${words.zh}](command:${commandId(name)})`,
});
const step = (id: string, command: CommandName, title: Words, text: Words, label: Words): WalkthroughStep => {
  const link = button(label, command);
  return {
    id,
    command,
    title,
    description: { en: `${text.en}\n${link.en}`, zh: `${text.zh}\n${link.zh}` },
    media: `media/walkthrough/${id}.svg`,
  };
};

export const walkthroughTitle: Words = {
  en: 'From a Python class to a served model',
  zh: '从 Python 类到在线模型服务',
};
export const walkthroughDescription: Words = {
  en: 'Batching, several replicas, failover and split traffic, on this machine and on a cluster alike.',
  zh: '批处理、多副本、故障转移与流量拆分，在本机与集群上完全一致。',
};

export const walkthroughSteps: readonly WalkthroughStep[] = [
  step(
    'new',
    'newService',
    { en: 'Make a service', zh: '新建服务' },
    {
      en: 'A service is a Python class with load_model and execute. A template brings a trained model and samples.',
      zh: '服务是一个带有 load_model 和 execute 的 Python 类。模板自带训练好的模型和样例。',
    },
    { en: 'New Service…', zh: '新建服务…' },
  ),
  step(
    'run',
    'runLocally',
    { en: 'Run it here', zh: '在本机运行' },
    {
      en: 'The whole platform starts on this machine and serves it. Save a file, and it is reloaded; a bad save leaves the last good version serving.',
      zh: '整个平台会在本机启动并提供服务。保存文件即会重新加载；出错的保存不会影响上一个可用版本。',
    },
    { en: 'Run Locally', zh: '本地运行' },
  ),
  step(
    'call',
    'callWithSample',
    { en: 'Call it', zh: '调用服务' },
    {
      en: 'Send a sample and see the answer, the version and the replica that gave it. All samples are in the Test view.',
      zh: '发送一个样例，查看答案以及作答的版本和副本。所有样例都在测试视图中。',
    },
    { en: 'Call with Sample', zh: '用样例调用' },
  ),
  step(
    'debug',
    'debugService',
    { en: 'Debug it', zh: '调试服务' },
    {
      en: 'Set a breakpoint in execute, press F5 and call it: data is the very batch of requests that waited together. The platform waits too.',
      zh: '在 execute 中设置断点，按 F5 并调用：data 就是一起等待的那一批请求。平台也会等待。',
    },
    { en: 'Debug', zh: '调试' },
  ),
  step(
    'split',
    'splitTraffic',
    { en: 'Try two versions', zh: '同时运行两个版本' },
    {
      en: 'Deploy a second version and give it a share of the traffic. The shares are in the Tasks view.',
      zh: '部署第二个版本并分给它一部分流量。流量占比会显示在任务视图中。',
    },
    { en: 'Split Traffic…', zh: '拆分流量…' },
  ),
  step(
    'dashboard',
    'openDashboard',
    { en: 'Watch it', zh: '观察运行情况' },
    {
      en: 'QPS, latency and batch sizes of each version, where its replicas are and why there are so many, its slow batches and its logs. Put it under load from there.',
      zh: '每个版本的 QPS、延迟和批大小，副本所在位置及其数量的原因，慢批次与日志。也可以从这里施加负载。',
    },
    { en: 'Open Dashboard', zh: '打开仪表板' },
  ),
  step(
    'publish',
    'publish',
    { en: 'Publish it', zh: '发布服务' },
    {
      en: 'The very same bundle goes to a platform for others: a cluster, or another machine.',
      zh: '同一个包可以直接发布到供他人使用的平台：集群或另一台机器。',
    },
    { en: 'Publish to Remote…', zh: '发布到远程…' },
  ),
];
