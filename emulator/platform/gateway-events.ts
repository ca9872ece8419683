// What gateways report, as events of the platform.
import type { EventBody } from '../../schemas/events.ts';
import type { TaskName, VersionId } from '../../schemas/ids.ts';
import type { GatewayReport } from '../gateway/report.ts';

export function eventOf(
  about: { readonly task: TaskName; readonly version: VersionId },
  report: GatewayReport,
): EventBody {
  switch (report.kind) {
    case 'quarantined':
      return { ...about, kind: 'request.quarantined', input: report.input, workers: report.workers };
    case 'ejected': {
      const { replica, until, times, reason } = report;
      return { ...about, kind: 'replica.ejected', replica, until, times, reason };
    }
    case 'readmitted':
      return { ...about, kind: 'replica.readmitted', replica: report.replica };
    case 'mismatch': {
      const [original, copy] = report.statuses;
      return {
        ...about,
        kind: 'mirror.mismatch',
        request: report.request,
        statuses: [original, copy],
        count: report.count,
      };
    }
  }
}
