import { type ServerEvent, serverEvent } from '@nodeward/api';
import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

/** Events come in bursts (a node after the other); what they touch is read again at most this often, in ms. */
const gathering = 300;

/** Which answers an event makes old. */
export function keysOf(event: ServerEvent): readonly QueryKey[] {
  switch (event.type) {
    case 'connection':
      return [['connections'], ['recommendations'], ['pool'], ['fleet']];
    case 'pool':
      return [['recommendations'], ['pool', event.poolId], ['fleet']];
    case 'assessment':
      return [['recommendations'], ['pool'], ['connections'], ['fleet']];
    case 'reassessment':
      return [['reassessments']];
    case 'job':
      return [['jobs'], ['job', event.jobId], ['recommendations'], ['pool', event.poolId], ['fleet']];
    case 'plans':
      return [['plans'], ['recommendations'], ['pool'], ['fleet']];
    case 'cluster':
      return [['cluster', event.clusterId], ['pool'], ['fleet']];
    case 'advisory-sources':
      return [['advisory-sources'], ['connections'], ['fleet', 'overview']];
    case 'webhooks':
      return [['webhooks']];
  }
}

function listen(client: QueryClient, told: (live: boolean) => void): () => void {
  const source = new EventSource('/api/events');
  const waiting = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    for (const queryKey of waiting.values()) void client.invalidateQueries({ queryKey });
    waiting.clear();
  };
  source.addEventListener('open', () => {
    told(true);
    // What happened while nobody listened is unknown: read what is shown once more.
    void client.invalidateQueries();
  });
  source.addEventListener('error', () => told(false));
  source.addEventListener('message', (message: MessageEvent<string>) => {
    const parsed = serverEvent.safeParse(JSON.parse(message.data));
    if (!parsed.success) return;
    for (const key of keysOf(parsed.data)) waiting.set(JSON.stringify(key), key);
    timer ??= setTimeout(flush, gathering);
  });
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** Listens to the server as long as the page is open; false while the connection is down. */
export function useLiveUpdates(): boolean {
  const client = useQueryClient();
  const [live, setLive] = useState(true);
  useEffect(() => listen(client, setLive), [client]);
  return live;
}
