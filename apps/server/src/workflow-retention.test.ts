import { DBOS } from '@dbos-inc/dbos-sdk';
import { describe, expect, it } from 'vitest';
import { enginesOfRun } from './database/proof/engines.ts';
import { databaseForTest, dependenciesForTest, launchWorkflows } from './dependencies-for-tests.ts';
import { purgeFinishedWorkflows } from './workflow-retention.ts';

const quick = DBOS.registerWorkflow(async () => DBOS.runStep(async () => 1, { name: 'one' }), { name: 'retention-quick' });
const waiting = DBOS.registerWorkflow(async () => DBOS.recv('never', 600), { name: 'retention-waiting' });

describe.each(enginesOfRun)('finished workflows on $name', (engine) => {
  it('are removed with their steps once they are old, and none that runs is touched', async () => {
    const database = await databaseForTest(engine);
    await launchWorkflows(database, await dependenciesForTest(database, []));
    await (await DBOS.startWorkflow(quick, { workflowID: 'done' })()).getResult();
    await DBOS.startWorkflow(waiting, { workflowID: 'waits' })();
    const left = async () => (await DBOS.listWorkflows({})).map(({ workflowID }) => workflowID).toSorted();

    await purgeFinishedWorkflows(new Date(Date.now() - 60_000), new AbortController().signal);
    expect(await left()).toEqual(['done', 'waits']);
    await purgeFinishedWorkflows(new Date(Date.now() + 60_000), new AbortController().signal);
    expect(await left()).toEqual(['waits']);
    expect(await DBOS.listWorkflowSteps('done')).toBeUndefined();
    await DBOS.cancelWorkflow('waits');
  });
});
