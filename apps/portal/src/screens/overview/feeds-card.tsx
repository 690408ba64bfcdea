import { CheckmarkCircle16Filled, ErrorCircle16Filled, Info16Regular, QuestionCircle16Regular, Warning16Filled } from '@fluentui/react-icons';
import type { Overview } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { advisorySourcesQuery, connectionsQuery } from '../../api/queries.ts';
import { connectionName } from '../../parts/connection-name.ts';
import { type DataAge, dataAge } from '../../parts/data-age.ts';
import { usePreferences } from '../../preferences.tsx';

/** Names by which people know the feeds; a feed of another name stands under its own. */
const feedNames: Readonly<Record<string, string>> = { ubuntu: 'Ubuntu (OSV)', 'azure-linux-2': 'Azure Linux 2 (OVAL)', 'azure-linux-3': 'Azure Linux 3 (OVAL)', kubernetes: 'Kubernetes CVE', go: 'Go vulndb', kev: 'CISA KEV', epss: 'EPSS' };

type FeedRow = Overview['feeds'][number];

/** Connections whose feeds are the same share one list. */
function groupsOf(feeds: readonly FeedRow[], ageOf: (feed: FeedRow) => DataAge): readonly (readonly (readonly FeedRow[])[])[] {
  const byConnection = Map.groupBy(feeds, ({ connectionId }) => connectionId).values();
  return [...Map.groupBy(byConnection, (rows) => JSON.stringify(rows.map((feed) => [feed.state, feed.name, feed.newest, feed.checkedAt, feed.records, ageOf(feed)]))).values()];
}

const named = 2;

/** Advisory feeds by connection: whether their sources still answer, and the age of their newest record. */
export function FeedsCard({ overview: { feeds } }: { readonly overview: Overview }) {
  const { m, time } = usePreferences();
  const everyHours = useQuery(advisorySourcesQuery).data?.everyHours ?? null;
  const connections = useQuery(connectionsQuery).data?.connections ?? [];
  const ageOf = ({ connectionId, checkedAt }: FeedRow): DataAge => {
    const known = connections.find(({ id }) => id === connectionId);
    return known?.advisoryDatabase.purpose === 'sample' ? 'sample' : dataAge(checkedAt === null ? undefined : time.hoursSince(checkedAt), everyHours);
  };
  const groups = groupsOf(feeds, ageOf);
  const nameOf = ({ connectionId, connection }: FeedRow): string => {
    const known = connections.find(({ id }) => id === connectionId);
    return known === undefined ? connection : connectionName(m, known);
  };
  return (
    <section className="card col g4">
      <div className="row between wrap">
        <h2>{m.overview.feeds}</h2>
        <Link className="s12" to="/settings">{m.overview.showAll}</Link>
      </div>
      {groups.length === 0 && <p className="unk">{m.overview.noFeeds}</p>}
      {groups.map((lists) => {
        const names = lists.flatMap(([first]) => (first === undefined ? [] : [nameOf(first)]));
        const rows = lists[0] ?? [];
        return (
          <div key={names.join(' ')}>
            {(groups.length > 1 || rows.some(({ state }) => state === 'failed')) && <div className="lbl break" title={names.join(', ')}>{names.slice(0, named).join(', ')}{names.length > named && ` ${m.overview.moreConnections(names.length - named)}`}</div>}
            {rows.map((feed) => <Feed key={feed.name} feed={feed} age={ageOf(feed)} />)}
          </div>
        );
      })}
    </section>
  );
}

function Feed({ feed: { name, state, records, newest, checkedAt }, age }: { readonly feed: FeedRow; readonly age: DataAge }) {
  const { m, time } = usePreferences();
  const failed = state === 'failed';
  const isOld = age === 'old' && checkedAt !== null;
  return (
    <div className="feed">
      {failed ? <span className="bad"><ErrorCircle16Filled /></span> : <AgeMark age={age} checkedAt={checkedAt} />}
      <span className="grow break">{name === '' ? m.overview.noFeeds : (feedNames[name] ?? name)}</span>
      {failed ? <span className="bad s12">{m.overview.feedFailed}</span> : <Link className={`s12 ${isOld ? 'warn' : 'plain'}`} to="/settings">{isOld ? m.sources.checkedAgo(time.ago(checkedAt)) : m.overview.feedRecords(records)}</Link>}
      <span className="sub s12 r" title={newest === null ? undefined : time.date(newest)}>{newest === null ? m.unit.unknown : time.relative(newest)}</span>
    </div>
  );
}

/** Of a feed that can be used: its sign in words, for whoever cannot see it. */
function AgeMark({ age, checkedAt }: { readonly age: DataAge; readonly checkedAt: string | null }) {
  const { m, time } = usePreferences();
  const asked = checkedAt === null ? '' : m.sources.checkedAgo(time.relative(checkedAt));
  if (age === 'old') return <span className="warn" title={`${m.sources.old} ${asked}`}><Warning16Filled aria-label={m.sources.oldState} /></span>;
  if (age === 'unknown') return <span className="unk" title={m.sources.unknownAge}><QuestionCircle16Regular aria-label={m.sources.unknownAge} /></span>;
  if (age === 'sample') return <span className="dim" title={m.sources.sampleText}><Info16Regular aria-label={m.sources.sample} /></span>;
  return <span className="ok" title={asked}><CheckmarkCircle16Filled aria-label={m.sources.state.ok} /></span>;
}
