import type { Webhook } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { deliveriesQuery } from '../../api/queries.ts';
import { usePreferences } from '../../preferences.tsx';
import { QueryView } from '../../shell/query-view.tsx';

/** The newest deliveries of one webhook. */
export function Deliveries({ webhook }: { readonly webhook: Webhook }) {
  const { m, time } = usePreferences();
  const query = useQuery(deliveriesQuery(webhook.id));
  return (
    <QueryView query={query}>
      {({ deliveries }) =>
        deliveries.length === 0 ? (
          <span className="sub">{m.webhooks.nothingSent}</span>
        ) : (
          <ol className="events" tabIndex={0} aria-label={m.webhooks.deliveriesOf(webhook.name)}>
            {deliveries.map((delivery) => (
              <li key={delivery.id} style={{ gridTemplateColumns: '190px 90px minmax(0,1fr)' }}>
                <time dateTime={delivery.createdAt} className="dim">{time.full(delivery.createdAt)}</time>
                <span className={delivery.state === 'failed' ? 'bad' : delivery.state === 'waiting' ? 'warn' : 'ok'}>{m.webhooks.delivery[delivery.state]}</span>
                <span className="break">{m.webhooks.types[delivery.type]} <span className="dim">· {m.webhooks.attempts(delivery.attempts)}{delivery.lastStatus !== null && ` · HTTP ${delivery.lastStatus}`}{delivery.lastError !== null && ` · ${delivery.lastError}`}</span></span>
              </li>
            ))}
          </ol>
        )
      }
    </QueryView>
  );
}
