import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { type Endpoint, endpoints } from './endpoints.ts';
import { serverEvent } from './events.ts';
import { finding, vulnerabilityDetails } from './finding.ts';
import { connection } from './connection.ts';
import { assessmentSummary, coverageEntry, node } from './fleet.ts';
import { candidate, fixOverview, forecastRow } from './forecast.ts';
import { problem } from './problem.ts';
import { bestAction, fleetSummary, recommendation, recommendationDetails, severityCounts } from './recommendation.ts';
import { plan, reassessment } from './settings.ts';
import { jobEvent, ledgerRow, preflightCheck, upgradeJob, upgradeJobSummary } from './upgrade-job.ts';
import { coverageReason, coverageState, evidenceGrade, findingState, jobState, matchState, nodePhase, notEvaluatedCause, operationKind, severity, verdict } from './vocabulary.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** Schemas that are referred to by name instead of being written out at each place. */
const named = {
  Assessment: assessmentSummary,
  BestAction: bestAction,
  Candidate: candidate,
  Connection: connection,
  CoverageEntry: coverageEntry,
  CoverageReason: coverageReason,
  CoverageState: coverageState,
  EvidenceGrade: evidenceGrade,
  Finding: finding,
  FindingState: findingState,
  FixOverview: fixOverview,
  FleetSummary: fleetSummary,
  ForecastRow: forecastRow,
  JobEvent: jobEvent,
  JobState: jobState,
  LedgerRow: ledgerRow,
  MatchState: matchState,
  Node: node,
  NodePhase: nodePhase,
  NotEvaluatedCause: notEvaluatedCause,
  OperationKind: operationKind,
  Plan: plan,
  PreflightCheck: preflightCheck,
  Problem: problem,
  Reassessment: reassessment,
  Recommendation: recommendation,
  RecommendationDetails: recommendationDetails,
  Severity: severity,
  SeverityCounts: severityCounts,
  UpgradeJob: upgradeJob,
  UpgradeJobSummary: upgradeJobSummary,
  Verdict: verdict,
  VulnerabilityDetails: vulnerabilityDetails,
};

/** The OpenAPI 3.1 document of the whole contract, made from the schemas that type server and client. */
export function createOpenApiDocument(): OpenApiDocument {
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Nodeward', version: '0.1.0', description: 'Vulnerabilities of the virtual machines that Kubernetes nodes run on: findings, forecasts, upgrades.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/', description: 'This server' }],
    security: [{ session: [] }],
    components: { schemas: named, securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'nodeward_session', description: 'Set by the one-time entry link; its name carries a suffix of the installation.' } } },
    paths: { ...endpointPaths(), ...eventPath() },
  });
}

/** As it is committed: `openapi.json` beside this package's `package.json`. */
export function formatOpenApi(): string {
  return `${JSON.stringify(createOpenApiDocument(), null, 2)}\n`;
}

function endpointPaths(): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const [name, endpoint] of Object.entries<Endpoint>(endpoints)) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: describeOperation(name, endpoint) };
  }
  return paths;
}

function describeOperation(name: string, endpoint: Endpoint): ZodOpenApiOperationObject {
  const requestParams = {
    ...(endpoint.parameters === undefined ? {} : { path: endpoint.parameters }),
    ...(endpoint.query === undefined ? {} : { query: endpoint.query }),
  };
  return {
    operationId: name,
    summary: endpoint.summary,
    ...(Object.keys(requestParams).length === 0 ? {} : { requestParams }),
    ...(endpoint.body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: endpoint.body } } } }),
    responses: {
      [endpoint.status]: { description: 'Done', content: { 'application/json': { schema: endpoint.response } } },
      default: { description: 'A problem (RFC 9457)', content: { 'application/problem+json': { schema: problem } } },
    },
  };
}

function eventPath(): ZodOpenApiPathsObject {
  const description = 'Server-sent events; the data of each is one JSON object that says what has changed';
  return {
    '/api/events': {
      get: {
        operationId: 'followEvents',
        summary: 'What changes, as it changes',
        responses: { 200: { description, content: { 'text/event-stream': { schema: z.string().meta({ contentMediaType: 'application/json', contentSchema: z.toJSONSchema(serverEvent) }) } } } },
      },
    },
  };
}
