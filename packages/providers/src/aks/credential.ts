import type { TokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { ClientSecretCredential, DefaultAzureCredential } from '@azure/identity';
import type { Agent } from 'node:https';
import { InvalidConfigurationError } from '../errors.ts';
import type { Outbound } from '../network/outbound.ts';

export interface IdentitySettings {
  readonly tenantId?: string | undefined;
  readonly clientId?: string | undefined;
}

/**
 * A stored client secret, or whatever the machine has: workload identity, environment, managed identity, the Azure CLI.
 * Its own requests take the same way out as ours.
 */
export function openCredential({ tenantId, clientId }: IdentitySettings, clientSecret: string | undefined, transport: HttpClient): TokenCredential {
  if (clientSecret === undefined) {
    return new DefaultAzureCredential({ httpClient: transport, ...(tenantId === undefined ? {} : { tenantId }), ...(clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }) });
  }
  if (tenantId === undefined || clientId === undefined) throw new InvalidConfigurationError('connection', 0, 'a client secret needs tenantId and clientId');
  return new ClientSecretCredential(tenantId, clientId, clientSecret, { httpClient: transport });
}

export interface Transport {
  readonly client: HttpClient;
  close(): void;
}

/** One agent per origin. The metadata service of a machine (plain HTTP, link-local) is asked directly and never through a proxy. */
export function openTransport(outbound: Pick<Outbound, 'httpsAgent'>): Transport {
  const base = createDefaultHttpClient();
  const agents = new Map<string, Agent>();
  const agentOf = (url: URL): Agent => {
    const known = agents.get(url.origin) ?? outbound.httpsAgent(url);
    agents.set(url.origin, known);
    return known;
  };
  return {
    client: {
      sendRequest: async (request) => {
        const url = new URL(request.url);
        if (url.protocol === 'https:') request.agent = agentOf(url);
        else delete request.agent;
        return base.sendRequest(request);
      },
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}
