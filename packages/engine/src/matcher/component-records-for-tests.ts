/** Pairs of bounds as the feeds' `events` give them: introduced, fixed. */
export type Bounds = readonly (readonly [introduced: string, fixed: string | null])[];

function eventsOf(bounds: Bounds): unknown[] {
  return bounds.flatMap(([introduced, fixed]) => [{ introduced }, ...(fixed === null ? [] : [{ fixed }])]);
}

/** A record of the shape of the Kubernetes feed. */
export function kubernetesRecord(cve: string, bounds: Bounds, name = 'k8s.io/kubelet'): unknown {
  return { id: cve, details: `About ${cve}.`, affected: [{ package: { ecosystem: 'kubernetes', name }, ranges: [{ type: 'SEMVER', events: eventsOf(bounds) }] }] };
}

/** A record of the shape of Go's vulnerability database. */
export function goRecord(id: string, cve: string, name: string, bounds: Bounds): unknown {
  return {
    id, aliases: [cve], details: `About ${cve}.`,
    affected: [{ package: { ecosystem: 'Go', name }, ranges: [{ type: 'SEMVER', events: eventsOf(bounds) }], ecosystem_specific: {} }],
  };
}

/** Facts of the Kubernetes feed. The last five hold on Windows nodes only, by their own text. */
export const kubeletRecords: readonly unknown[] = [
  kubernetesRecord('CVE-2023-2431', [['0', '1.24.14'], ['1.25.0', '1.25.10'], ['1.26.0', '1.26.5'], ['1.27.0', '1.27.2']]),
  kubernetesRecord('CVE-2021-25749', [['1.20.0', '1.22.14'], ['1.23.0', '1.23.11'], ['1.24.0', '1.24.5']]),
  kubernetesRecord('CVE-2023-3676', [['1.28.0', '1.28.1'], ['1.27.0', '1.27.5'], ['1.26.0', '1.26.8'], ['1.25.0', '1.25.13'], ['1.24.0', '1.24.17']]),
  kubernetesRecord('CVE-2023-3955', [['1.28.0', '1.28.1'], ['1.27.0', '1.27.5'], ['1.26.0', '1.26.8'], ['1.25.0', '1.25.13'], ['1.24.0', '1.24.17']]),
  kubernetesRecord('CVE-2023-5528', [['1.28.0', '1.28.4'], ['1.27.0', '1.27.8'], ['1.26.0', '1.26.11'], ['1.8.0', '1.25.16']]),
  kubernetesRecord('CVE-2024-5321', [['1.27.0', '1.27.16'], ['1.28.0', '1.28.12'], ['1.29.0', '1.29.7'], ['1.30.0', '1.30.3']]),
];
