import type { Candidate, FixOverview, OperationKind } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearchParams } from 'react-router';
import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { connectionsQuery, fixQuery, recommendationQuery } from '../../api/queries.ts';
import { Essentials } from '../../parts/essentials.tsx';
import { Ledger } from '../../parts/ledger.tsx';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { jobPath, poolPath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { LoadingView, QueryView } from '../../shell/query-view.tsx';
import { AutoUpgradeFact, AutoUpgradeNote } from './auto-upgrade-note.tsx';
import { CandidateCard, EmptyImageCard } from './candidate-card.tsx';
import { CommandList } from './command-list.tsx';
import { type Figure, firstFigure, ForecastList } from './forecast-list.tsx';

/** The image first, then Kubernetes, then a restart where a fixed kernel waits for one. */
const kinds: readonly OperationKind[] = ['node-image', 'kubernetes', 'reboot'];

export function FixPage() {
  const m = useMessages();
  const { poolId = '' } = useParams();
  const query = useQuery(fixQuery(poolId));
  if (query.data !== undefined) return <Overview fix={query.data} />;
  return (
    <Page gray trail={[[m.shell.recommendations, '/recommendations'], [m.recommendation.fix]]} title={m.recommendation.fix}>
      <QueryView query={query}>{() => <LoadingView />}</QueryView>
    </Page>
  );
}

const targetsOf = (fix: FixOverview, kind: OperationKind): readonly Candidate[] => fix.candidates.filter((candidate) => candidate.kind === kind);

/** The candidate that the address names, else the newest. */
function chosenOf(candidates: readonly Candidate[], target: string | null): Candidate | undefined {
  return candidates.find((candidate) => candidate.target === target) ?? candidates.find(({ newest }) => newest) ?? candidates.at(-1);
}

/** Which operation, target and figure are looked at; all three live in the address. */
function useChoice(fix: FixOverview) {
  const [search, setSearch] = useSearchParams();
  const offered = kinds.filter((kind) => targetsOf(fix, kind).length > 0);
  const named = offered.find((kind) => kind === search.get('operation'));
  const targetFor = (one: OperationKind): string | null => search.get(one) ?? (one === named ? search.get('target') : null);
  const chosen = (one: OperationKind): Candidate | undefined => chosenOf(targetsOf(fix, one), targetFor(one));
  const primary = primaryOf(offered, chosen);
  const kind = named ?? primary ?? offered.find((one) => targetsOf(fix, one).some(({ counts }) => counts.fixed > 0)) ?? offered[0];
  const shown = kind === undefined ? undefined : chosen(kind);
  const figure: Figure | undefined = (['fixed', 'remaining', 'introduced'] as const).find((name) => name === search.get('show')) ?? (shown === undefined ? undefined : firstFigure(shown));
  const look = (one: OperationKind, changes: Readonly<Record<string, string>>) =>
    setSearch(
      (previous) => {
        const next = new URLSearchParams(previous);
        const before = targetFor(one);
        next.set('operation', one);
        next.delete('target');
        if (before !== null) next.set(one, before);
        if (changes.show === undefined) next.delete('show');
        for (const [name, value] of Object.entries(changes)) next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return { offered, kind, primary, chosen, shown, figure, look };
}

function Overview({ fix }: { readonly fix: FixOverview }) {
  const { m, time } = usePreferences();
  const choice = useChoice(fix);
  const readOnly = useReadOnly(fix.poolId);
  const { shown } = choice;
  const basis = [
    m.fix.unit,
    ...(fix.dataAsOf === null ? [] : [m.fix.dataOf(time.full(fix.dataAsOf))]),
    ...(shown?.grade == null || shown.unknown !== null ? [] : [m.fix.from(m.grade[shown.grade], m.confidence[shown.confidence])]),
  ].join(' · ');
  return (
    <Page
      gray
      trail={[[m.shell.recommendations, '/recommendations'], [`${fix.pool} · ${fix.cluster}`, poolPath(fix.poolId)], [m.recommendation.fix]]}
      title={m.fix.title(fix.pool)}
      subtitle={m.fix.subtitle(fix.cluster)}
      right={<span className="lbl">{basis}</span>}
    >
      {fix.activeJobId !== null && (
        <MessageBar intent="info"><MessageBarBody>{m.fix.jobRuns} <Link to={jobPath(fix.activeJobId)}>{m.details.openJob}</Link></MessageBarBody></MessageBar>
      )}
      {fix.notAssessedNodes > 0 && (
        <MessageBar intent="warning" layout="multiline"><MessageBarBody>{fix.notAssessedNodes === fix.nodes ? m.fix.notAssessed : m.details.partlyUnknown(fix.notAssessedNodes, fix.nodes)}</MessageBarBody></MessageBar>
      )}
      <Facts fix={fix} />
      <div className="cards candidates">
        {targetsOf(fix, 'node-image').length === 0 && <EmptyImageCard fix={fix} />}
        {choice.offered.map((kind) => {
          const candidate = choice.chosen(kind);
          return candidate === undefined ? null : (
            <CandidateCard
              key={kind}
              fix={fix}
              candidate={candidate}
              targets={targetsOf(fix, kind)}
              chosen={choice.kind === kind}
              primary={kind === choice.primary}
              figure={choice.kind === kind ? choice.figure : undefined}
              readOnly={readOnly}
              choose={(figure) => choice.look(kind, { show: figure })}
              aim={(target) => choice.look(kind, { [kind]: target })}
            />
          );
        })}
      </div>
      {!choice.offered.includes('kubernetes') && <p className="sub s12">{m.fix.noKubernetes}</p>}
      {shown !== undefined && !shown.executable && shown.commands.length > 0 && <CommandList candidate={shown} />}
      {shown !== undefined && choice.figure !== undefined && shown.unknown === null && <ForecastList poolId={fix.poolId} candidate={shown} figure={choice.figure} />}
      <Ledger poolId={fix.poolId} />
      <AutoUpgradeNote fix={fix} />
    </Page>
  );
}

/** One primary button: the first operation in order that fixes something and makes nothing worse. */
function primaryOf(offered: readonly OperationKind[], chosen: (kind: OperationKind) => Candidate | undefined): OperationKind | undefined {
  return offered.find((kind) => {
    const candidate = chosen(kind);
    return candidate !== undefined && (candidate.executable || candidate.commands.length > 0) && candidate.unknown === null && candidate.counts.fixed > 0 && candidate.counts.introduced === 0;
  });
}

/** Whether this pool's connection only reads; undefined until that is known. */
function useReadOnly(poolId: string): boolean | undefined {
  const connectionId = useQuery(recommendationQuery(poolId)).data?.recommendation.connectionId;
  const connection = useQuery(connectionsQuery).data?.connections.find(({ id }) => id === connectionId);
  return connection === undefined ? undefined : !connection.canUpgrade;
}

function Facts({ fix }: { readonly fix: FixOverview }) {
  const m = useMessages();
  return (
    <div className="card poolfacts" style={{ padding: '8px 16px' }}>
      <Essentials
        rows={[
          [m.details.nodes, m.details.nodesOf(fix.nodes, fix.notAssessedNodes)],
          [m.fix.currentImage, <span key="image" className="mono">{fix.currentImage}</span>],
          [m.details.evidence, <GradeTag key="grade" grade={fix.grade} />],
          [m.fix.currentKubernetes, <>{fix.kubernetesVersion ?? m.unit.unknown} <span className="dim">({m.fix.controlPlane} {fix.controlPlaneVersion ?? m.unit.unknown})</span></>],
          [m.autoUpgrade.title, <AutoUpgradeFact key="auto" fix={fix} />],
          [m.fix.database, fix.advisoryDatabaseRevision === null ? m.unit.unknown : <span key="revision" className="mono" title={fix.advisoryDatabaseRevision}>{fix.advisoryDatabaseRevision.slice(0, 12)}</span>],
        ]}
      />
    </div>
  );
}
