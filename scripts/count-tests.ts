// Reads vitest's JSON report and prints "passed failed skipped". A report that cannot be read is a failure.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const report = z.object({
  success: z.boolean(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

const { success, numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
/** A file that did not even load has no test that failed. */
const brokenFiles = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length;
const counted = numFailedTests + brokenFiles;
const failed = success ? counted : Math.max(counted, 1);
process.stdout.write(`${numPassedTests} ${failed} ${numPendingTests + numTodoTests}\n`);
