import type { RecommendationDetails } from '@nodeward/api';
import { Link } from 'react-router';
import { useMessages } from '../../preferences.tsx';
import { targetPath } from '../../paths.ts';

/** The vulnerability situation of this pool in sentences, and who patches what. */
export function Description({ details }: { readonly details: RecommendationDetails }) {
  const m = useMessages();
  const { recommendation: row, counts } = details;
  const assessed = row.nodes - row.notAssessedNodes;
  return (
    <div className="cards two" style={{ gap: 24 }}>
      <div>
        <h2>{m.details.description}</h2>
        <p className="sub">
          {row.openVulnerabilities === null && m.details.describeUnknown(row.notAssessedNodes, row.nodes)}
          {row.openVulnerabilities === 0 && row.state === 'healthy' && m.details.describeHealthy(assessed)}
          {row.openVulnerabilities !== null && row.openVulnerabilities > 0 && m.details.describe(assessed, row.openVulnerabilities, counts.rebootRequired)}{m.unit.gap}
          {row.exploitedVulnerabilities !== null && row.exploitedVulnerabilities > 0 && m.details.describeExploited(row.exploitedVulnerabilities)}{m.unit.gap}
          {row.noFixVulnerabilities !== null && row.noFixVulnerabilities > 0 && m.details.describeNoFix(row.noFixVulnerabilities)}{m.unit.gap}
          {row.openVulnerabilities !== null && row.notAssessedNodes > 0 && m.details.describeUnknown(row.notAssessedNodes, row.nodes)}{m.unit.gap}
          {row.bestAction !== null && row.bestAction.fixed > 0 && <Link to={targetPath(row.poolId, row.bestAction)}>{m.details.actionFixes[row.bestAction.kind](row.bestAction.fixed)}</Link>}
        </p>
      </div>
      <div>
        <h2>{m.details.responsibility}</h2>
        <p className="sub">{m.details.responsibilityText}</p>
      </div>
    </div>
  );
}
