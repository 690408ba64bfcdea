import { z } from 'zod';
import type { Right, RightCheck, RightsPage } from '../provider.ts';
import type { ApiClient } from './api-client.ts';

const verbs = ['get', 'list', 'watch'] as const;
type Verb = (typeof verbs)[number];

/** Without `watch` every discovery is a list of its own; `get` is for whoever follows a finding back to its node. */
function rightOf(verb: Verb): Right {
  return { right: `nodes: ${verb}`, purpose: verb === 'watch' ? 'follow-nodes' : 'find-nodes', optional: verb !== 'list' };
}

const namespace = 'nodeward';

const manifest = `# Nodeward reads Node objects and nothing else.
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: nodeward
  namespace: ${namespace}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: nodeward-read-nodes
rules:
  - apiGroups: [""]
    resources: [nodes]
    verbs: [${verbs.join(', ')}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: nodeward-read-nodes
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: nodeward-read-nodes
subjects:
  - kind: ServiceAccount
    name: nodeward
    namespace: ${namespace}
`;

/** What somebody must grant: exactly this, to whichever identity the kubeconfig has. */
export function kubernetesRights(): RightsPage {
  return {
    rights: verbs.map(rightOf),
    files: [{ name: 'nodeward-rights.yaml', language: 'yaml', text: manifest, applyWith: 'kubectl apply -f nodeward-rights.yaml' }],
  };
}

const reviewSchema = z.object({ kind: z.literal('SelfSubjectAccessReview'), status: z.object({ allowed: z.boolean(), reason: z.string().optional() }) });

/** A review asks and changes nothing (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access). */
export async function checkRights(api: Pick<ApiClient, 'json'>, signal: AbortSignal): Promise<readonly RightCheck[]> {
  const checks: RightCheck[] = [];
  for (const verb of verbs) checks.push(await checkRight(api, verb, signal));
  return checks;
}

async function checkRight(api: Pick<ApiClient, 'json'>, verb: Verb, signal: AbortSignal): Promise<RightCheck> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { group: '', version: 'v1', resource: 'nodes', verb } } };
  const answer = reviewSchema.safeParse(await api.json({ path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', right: 'selfsubjectaccessreviews: create', review }, signal));
  if (!answer.success) return { ...rightOf(verb), state: 'unknown', detail: 'the server gave no review' };
  const { allowed, reason } = answer.data.status;
  return { ...rightOf(verb), state: allowed ? 'granted' : 'missing', ...(reason === undefined || reason === '' ? {} : { detail: reason.replaceAll(/\s+/g, ' ') }) };
}
