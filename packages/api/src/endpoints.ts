import * as z from 'zod';
import { findingList, findingQuery, vulnerabilityDetails } from './finding.ts';
import { assessmentSummary, connection, node } from './fleet.ts';
import { fixOverview } from './forecast.ts';
import { recommendationDetails, recommendationList } from './recommendation.ts';
import { plan, planChange, planName, reassessment, serverInformation } from './settings.ts';
import { ledgerRow, upgradeJob, upgradeJobRequest, upgradeJobSummary } from './upgrade-job.ts';
import { identifier } from './vocabulary.ts';

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** OpenAPI template: `/api/node-pools/{poolId}`. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 202;
  readonly response: z.ZodType;
}

const poolParameters = z.object({ poolId: identifier });
const nodeParameters = z.object({ nodeId: identifier });
const connectionParameters = z.object({ connectionId: identifier });
const jobParameters = z.object({ jobId: identifier });
const reassessmentParameters = z.object({ reassessmentId: identifier });

/** The whole API as data: the server registers it, the client is typed by it, OpenAPI is made from it. */
export const endpoints = {
  getServerInformation: { method: 'GET', path: '/api/server', summary: 'Version and database of this server', status: 200, response: serverInformation },
  listConnections: { method: 'GET', path: '/api/connections', summary: 'Connections with their advisory databases', status: 200, response: z.object({ connections: z.array(connection) }) },
  reassessConnection: { method: 'POST', path: '/api/connections/{connectionId}/reassessments', summary: 'Discover again and reassess every node', parameters: connectionParameters, status: 202, response: reassessment },
  listRecommendations: { method: 'GET', path: '/api/recommendations', summary: 'One recommendation per node pool, with the summary of the fleet', status: 200, response: recommendationList },
  getRecommendation: { method: 'GET', path: '/api/node-pools/{poolId}/recommendation', summary: 'One recommendation with its nodes and coverage', parameters: poolParameters, status: 200, response: recommendationDetails },
  listFindings: { method: 'GET', path: '/api/node-pools/{poolId}/findings', summary: 'Findings of one node pool', parameters: poolParameters, query: findingQuery, status: 200, response: findingList },
  getVulnerability: { method: 'GET', path: '/api/node-pools/{poolId}/vulnerabilities/{vulnerability}', summary: 'One vulnerability as it stands in one node pool', parameters: poolParameters.extend({ vulnerability: identifier }), status: 200, response: vulnerabilityDetails },
  getFix: { method: 'GET', path: '/api/node-pools/{poolId}/fix', summary: 'Candidates of one node pool with their forecasts', parameters: poolParameters, status: 200, response: fixOverview },
  listLedger: { method: 'GET', path: '/api/node-pools/{poolId}/ledger', summary: 'Predicted and actual effect of earlier upgrades', parameters: poolParameters, status: 200, response: z.object({ rows: z.array(ledgerRow) }) },
  startUpgradeJob: { method: 'POST', path: '/api/node-pools/{poolId}/upgrade-jobs', summary: 'Start an upgrade job', parameters: poolParameters, body: upgradeJobRequest, status: 201, response: upgradeJob },
  reassessPool: { method: 'POST', path: '/api/node-pools/{poolId}/reassessments', summary: 'Reassess every node of the pool', parameters: poolParameters, status: 202, response: reassessment },
  getNode: { method: 'GET', path: '/api/nodes/{nodeId}', summary: 'One node', parameters: nodeParameters, status: 200, response: node },
  listNodeAssessments: { method: 'GET', path: '/api/nodes/{nodeId}/assessments', summary: 'Assessments of one node, newest first', parameters: nodeParameters, status: 200, response: z.object({ assessments: z.array(assessmentSummary) }) },
  reassessNode: { method: 'POST', path: '/api/nodes/{nodeId}/reassessments', summary: 'Reassess one node', parameters: nodeParameters, status: 202, response: reassessment },
  listReassessments: { method: 'GET', path: '/api/reassessments', summary: 'Running and recent reassessments', status: 200, response: z.object({ reassessments: z.array(reassessment) }) },
  getReassessment: { method: 'GET', path: '/api/reassessments/{reassessmentId}', summary: 'Progress of one reassessment', parameters: reassessmentParameters, status: 200, response: reassessment },
  cancelReassessment: { method: 'POST', path: '/api/reassessments/{reassessmentId}/cancel', summary: 'Stop before the next node', parameters: reassessmentParameters, status: 200, response: reassessment },
  listUpgradeJobs: { method: 'GET', path: '/api/upgrade-jobs', summary: 'Upgrade jobs, newest first', status: 200, response: z.object({ jobs: z.array(upgradeJobSummary) }) },
  getUpgradeJob: { method: 'GET', path: '/api/upgrade-jobs/{jobId}', summary: 'One upgrade job with its nodes and events', parameters: jobParameters, status: 200, response: upgradeJob },
  retryUpgradeJob: { method: 'POST', path: '/api/upgrade-jobs/{jobId}/retry', summary: 'Run a failed job again as a new job', parameters: jobParameters, status: 201, response: upgradeJob },
  listPlans: { method: 'GET', path: '/api/plans', summary: 'The three plans with their switch', status: 200, response: z.object({ plans: z.array(plan) }) },
  changePlan: { method: 'PUT', path: '/api/plans/{plan}', summary: 'Switch agentless scanning for machines', parameters: z.object({ plan: planName }), body: planChange, status: 200, response: plan },
} as const satisfies Record<string, Endpoint>;

export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;
