/** Where advisories and threat data come from. One name per file of the advisory database. */
export const advisorySourceNames = ['ubuntu', 'azure-linux-3', 'azure-linux-2', 'go', 'kubernetes', 'kev', 'epss'] as const;
export type AdvisorySourceName = (typeof advisorySourceNames)[number];

/** What a file begins with. */
export type FileShape = 'csv' | 'gzip' | 'json' | 'xml' | 'zip';

export interface AdvisorySource {
  readonly name: AdvisorySourceName;
  /** Of the publisher, or of who publishes it in its name. */
  readonly url: string;
  /** Names that its file may have in a mirror; the first is the one that we write about. */
  readonly mirrorNames: readonly string[];
  readonly shapes: readonly FileShape[];
  readonly maxBytes: number;
  /** Only these entries of the archive are records of the feed. */
  readonly entries?: RegExp;
}

const megabyte = 1024 * 1024;

export const advisorySources: readonly AdvisorySource[] = [
  {
    name: 'ubuntu',
    // Canonical's own export is one tar.xz of 64,000 files; osv.dev republishes the same records as a ZIP archive, with a checksum.
    url: 'https://osv-vulnerabilities.storage.googleapis.com/Ubuntu/all.zip',
    mirrorNames: ['ubuntu-osv.zip'],
    shapes: ['zip'],
    maxBytes: 1024 * megabyte,
  },
  {
    name: 'azure-linux-3',
    url: 'https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/azurelinux-3.0-oval.xml',
    mirrorNames: ['azurelinux-3.0-oval.xml', 'azurelinux-3.0-oval.xml.gz'],
    shapes: ['xml', 'gzip'],
    maxBytes: 256 * megabyte,
  },
  {
    name: 'azure-linux-2',
    url: 'https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/cbl-mariner-2.0-oval.xml',
    mirrorNames: ['cbl-mariner-2.0-oval.xml', 'cbl-mariner-2.0-oval.xml.gz'],
    shapes: ['xml', 'gzip'],
    maxBytes: 256 * megabyte,
  },
  { name: 'go', url: 'https://vuln.go.dev/vulndb.zip', mirrorNames: ['go-osv.zip', 'vulndb.zip'], shapes: ['zip'], maxBytes: 128 * megabyte },
  {
    name: 'kubernetes',
    url: 'https://github.com/kubernetes-sigs/cve-feed-osv/archive/refs/heads/main.zip',
    mirrorNames: ['kubernetes-osv.zip'],
    shapes: ['zip', 'json'],
    maxBytes: 64 * megabyte,
    // The rest of that repository is its collector, with test data that looks like records.
    entries: /^(?:[^/]+\/vulns\/)?CVE-\d+-\d+\.json$/,
  },
  {
    name: 'kev',
    url: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
    mirrorNames: ['known_exploited_vulnerabilities.json', 'kev.json'],
    shapes: ['json'],
    maxBytes: 64 * megabyte,
  },
  {
    name: 'epss',
    url: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz',
    mirrorNames: ['epss_scores-current.csv.gz', 'epss.csv.gz'],
    shapes: ['gzip', 'csv'],
    maxBytes: 128 * megabyte,
  },
];

/** By the first bytes; a byte order mark and blanks may stand before text. */
export function hasShape(start: Buffer, shapes: readonly FileShape[]): boolean {
  const text = start.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  return shapes.some((shape) => {
    switch (shape) {
      case 'zip': return start.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004', 'latin1'));
      case 'gzip': return start[0] === 0x1f && start[1] === 0x8b;
      case 'json': return /^[[{]/.test(text);
      case 'xml': return /^<(\?xml|oval)/i.test(text);
      case 'csv': return /^(#model_version|cve,epss)/.test(text);
    }
  });
}
