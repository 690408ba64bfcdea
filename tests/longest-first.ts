import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes longest, in that order. A clean checkout knows no durations, and a long file that begins last keeps one core
 * waiting for the other.
 */
const longest = [
  'apps/server/tests/crash.test.ts',
  'apps/portal/tests/screens.test.ts',
  'tests/founding-walk.e2e.test.ts',
  'tests/kubernetes-walk.e2e.test.ts',
  'apps/server/tests/azure-crash.test.ts',
  'tests/images-walk.e2e.test.ts',
  'tests/real-cluster-walk.e2e.test.ts',
  'tests/command-line-server.test.ts',
  'tests/connect.test.ts',
  'apps/server/tests/move-database.test.ts',
  'apps/server/tests/crash-group.test.ts',
  'tests/overview.e2e.test.ts',
  'apps/server/src/upgrade-job/upgrade-job.test.ts',
  'apps/server/src/assessment/assess-fleet.test.ts',
  'apps/server/src/connection/real-cluster.test.ts',
  'tests/command-line.test.ts',
  'tests/parity.test.ts',
  'tests/node-components.test.ts',
  'tests/rescan.e2e.test.ts',
  'tests/azure-walk.e2e.test.ts',
  'apps/server/tests/serve.test.ts',
  'apps/server/src/database/proof/connections.test.ts',
  'apps/server/src/which-image/which-image.test.ts',
  'tests/which-image.test.ts',
  'packages/engine/src/assessment/parity.test.ts',
];

/** The files of `longest` first, everything else by its size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files);
    return bySize.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
  return place < 0 ? longest.length : place;
}
