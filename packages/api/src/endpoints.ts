import * as z from 'zod';
import { autoUpgrade, autoUpgradeSettings } from './auto-upgrade.ts';
import { explanation, explanationQuery } from './explanation.ts';
import { fleetVulnerabilityDetails, fleetVulnerabilityList, fleetVulnerabilityQuery } from './fleet-vulnerability.ts';
import { findingList, findingQuery, vulnerabilityDetails } from './finding.ts';
import { advisorySourceList, connection, connectionChange, connectionKind, connectionRequest, connectionRights, connectionSettings, connectionSettingsChange, connectionTest } from './connection.ts';
import { assessmentSummary, node } from './fleet.ts';
import { imageAnswer } from './image-answer.ts';
import { fixOverview } from './forecast.ts';
import { fleetPackageList, inventoryTree, nodeEvidence, nodeList, nodeQuery, packageList, packageQuery, searchHit } from './inventory.ts';
import { overview, overviewQuery } from './overview.ts';
import { recommendationDetails, recommendationList } from './recommendation.ts';
import { plan, planChange, planName, reassessment, serverInformation } from './settings.ts';
import { ledgerRow, upgradeJob, upgradeJobRequest, upgradeJobSummary } from './upgrade-job.ts';
import { count, identifier } from './vocabulary.ts';
import { webhook, webhookDelivery, webhookRequest, webhookWithSecret } from './webhook.ts';

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
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
const clusterParameters = z.object({ clusterId: identifier });
const webhookParameters = z.object({ webhookId: identifier });
const jobParameters = z.object({ jobId: identifier });
const reassessmentParameters = z.object({ reassessmentId: identifier });

/** The whole API as data: the server registers it, the client is typed by it, OpenAPI is made from it. */
export const endpoints = {
  getServerInformation: { method: 'GET', path: '/api/server', summary: 'Version and database of this server', status: 200, response: serverInformation },
  listConnections: { method: 'GET', path: '/api/connections', summary: 'Connections with their advisory databases', status: 200, response: z.object({ connections: z.array(connection) }) },
  createConnection: { method: 'POST', path: '/api/connections', summary: 'Connect an environment and discover it', body: connectionRequest, status: 201, response: connection },
  changeConnection: { method: 'PUT', path: '/api/connections/{connectionId}', summary: 'Rename, pause or resume', parameters: connectionParameters, body: connectionChange, status: 200, response: connection },
  getConnectionSettings: { method: 'GET', path: '/api/connections/{connectionId}/settings', summary: 'What a stored connection was made with, without its secret', parameters: connectionParameters, status: 200, response: connectionSettings },
  changeConnectionSettings: { method: 'PUT', path: '/api/connections/{connectionId}/settings', summary: 'Replace the settings of a stored connection and discover it anew; what was found through it stays', parameters: connectionParameters, body: connectionSettingsChange, status: 200, response: connection },
  deleteConnection: { method: 'DELETE', path: '/api/connections/{connectionId}', summary: 'Forget a connection, its secret and everything found through it', parameters: connectionParameters, status: 200, response: z.object({ id: identifier }) },
  testConnection: { method: 'POST', path: '/api/connections/{connectionId}/test', summary: 'Reach the environment and name every missing right', parameters: connectionParameters, status: 200, response: connectionTest },
  getConnectionRights: { method: 'GET', path: '/api/connection-kinds/{kind}/rights', summary: 'The rights that a connection needs, as files to apply', parameters: z.object({ kind: connectionKind }), status: 200, response: connectionRights },
  listAdvisorySources: { method: 'GET', path: '/api/advisory-sources', summary: 'Where advisories come from, their age and their errors', status: 200, response: advisorySourceList },
  updateAdvisorySources: { method: 'POST', path: '/api/advisory-sources/update', summary: 'Fetch what has changed, now', status: 202, response: advisorySourceList },
  whichImage: { method: 'GET', path: '/api/vulnerabilities/{vulnerability}/images', summary: 'Which node images carry the fix', parameters: z.object({ vulnerability: identifier }), status: 200, response: imageAnswer },
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
  listUpgradeJobs: { method: 'GET', path: '/api/upgrade-jobs', summary: 'Upgrade jobs, newest first', query: z.object({ state: z.enum(['active', 'failed', 'succeeded']).optional().meta({ description: 'failed: in its checks or later; a cancelled job is none of the three' }) }), status: 200, response: z.object({ jobs: z.array(upgradeJobSummary), total: count }) },
  getUpgradeJob: { method: 'GET', path: '/api/upgrade-jobs/{jobId}', summary: 'One upgrade job with its nodes and events', parameters: jobParameters, status: 200, response: upgradeJob },
  retryUpgradeJob: { method: 'POST', path: '/api/upgrade-jobs/{jobId}/retry', summary: 'Run a failed job again as a new job', parameters: jobParameters, status: 201, response: upgradeJob },
  listPlans: { method: 'GET', path: '/api/plans', summary: 'The three plans with their switch', status: 200, response: z.object({ plans: z.array(plan) }) },
  getOverview: { method: 'GET', path: '/api/overview', summary: 'The fleet in figures, each of which has a list', query: overviewQuery, status: 200, response: overview },
  getInventory: { method: 'GET', path: '/api/inventory', summary: 'Clusters and their node pools', status: 200, response: inventoryTree },
  listNodes: { method: 'GET', path: '/api/nodes', summary: 'Nodes over the fleet', query: nodeQuery, status: 200, response: nodeList },
  getNodeEvidence: { method: 'GET', path: '/api/nodes/{nodeId}/evidence', summary: 'What is known of one node, by fact class', parameters: nodeParameters, status: 200, response: nodeEvidence },
  listNodePackages: { method: 'GET', path: '/api/nodes/{nodeId}/packages', summary: 'Packages of one node', parameters: nodeParameters, query: packageQuery, status: 200, response: packageList },
  listFleetPackages: { method: 'GET', path: '/api/packages', summary: 'Packages over the fleet, by name and version', query: packageQuery, status: 200, response: fleetPackageList },
  listFleetVulnerabilities: { method: 'GET', path: '/api/vulnerabilities', summary: 'Vulnerabilities over the fleet', query: fleetVulnerabilityQuery, status: 200, response: fleetVulnerabilityList },
  getFleetVulnerability: { method: 'GET', path: '/api/vulnerabilities/{vulnerability}', summary: 'One vulnerability, pool by pool', parameters: z.object({ vulnerability: identifier }), status: 200, response: fleetVulnerabilityDetails },
  explainVulnerability: { method: 'GET', path: '/api/node-pools/{poolId}/explanations/{vulnerability}', summary: 'Why a vulnerability matches, or does not', parameters: poolParameters.extend({ vulnerability: identifier }), query: explanationQuery, status: 200, response: explanation },
  search: { method: 'GET', path: '/api/search', summary: 'Clusters, node pools, nodes, vulnerabilities and packages by name', query: z.object({ q: z.string().trim().min(1).max(200), limit: z.coerce.number().int().min(1).max(50).default(20) }), status: 200, response: z.object({ hits: z.array(searchHit), truncated: z.boolean() }) },
  getAutoUpgrade: { method: 'GET', path: '/api/clusters/{clusterId}/auto-upgrade', summary: 'What a cluster upgrades by itself, and when', parameters: clusterParameters, status: 200, response: autoUpgrade },
  changeAutoUpgrade: { method: 'PUT', path: '/api/clusters/{clusterId}/auto-upgrade', summary: 'Set channels and maintenance windows', parameters: clusterParameters, body: autoUpgradeSettings, status: 200, response: autoUpgrade },
  listWebhooks: { method: 'GET', path: '/api/webhooks', summary: 'Where notifications go', status: 200, response: z.object({ webhooks: z.array(webhook) }) },
  createWebhook: { method: 'POST', path: '/api/webhooks', summary: 'Add a webhook; the secret is shown once', body: webhookRequest, status: 201, response: webhookWithSecret },
  changeWebhook: { method: 'PUT', path: '/api/webhooks/{webhookId}', summary: 'Change a webhook; its secret stays', parameters: webhookParameters, body: webhookRequest, status: 200, response: webhook },
  deleteWebhook: { method: 'DELETE', path: '/api/webhooks/{webhookId}', summary: 'Remove a webhook with what waits for it', parameters: webhookParameters, status: 200, response: z.object({ id: identifier }) },
  testWebhook: { method: 'POST', path: '/api/webhooks/{webhookId}/test', summary: 'Send one test notification now and say what came back', parameters: webhookParameters, status: 200, response: webhookDelivery },
  listWebhookDeliveries: { method: 'GET', path: '/api/webhooks/{webhookId}/deliveries', summary: 'The newest deliveries', parameters: webhookParameters, status: 200, response: z.object({ deliveries: z.array(webhookDelivery) }) },
  changePlan: { method: 'PUT', path: '/api/plans/{plan}', summary: 'Switch agentless scanning for machines', parameters: z.object({ plan: planName }), body: planChange, status: 200, response: plan },
} as const satisfies Record<string, Endpoint>;

export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;
