/** What one definition says, in the shape of Microsoft's documents. */
export interface OvalFacts {
  readonly cve: string;
  readonly source: string;
  /** Operation (empty: none is written) and version, as they stand in the document. */
  readonly bounds: readonly (readonly [operation: string, evr: string])[];
  readonly severity?: string;
  readonly patchable?: string;
  readonly date?: string;
  /** Undefined: its place in the document, from 1 on. */
  readonly number?: number;
  readonly criteria?: string;
  readonly check?: string;
  readonly test?: string;
  readonly datatype?: string;
  readonly extraState?: string;
  readonly extraReference?: string;
  readonly testReference?: string;
}

const prefix = 'oval:com.microsoft.azurelinux';

/** A document of these definitions: facts in an envelope of the schema's own names. */
export function ovalDocument(all: readonly OvalFacts[]): string {
  const numbered = all.map((facts, index) => ({ number: index + 1, ...facts }));
  const parts = numbered.flatMap((facts) => facts.bounds.map((bound, index) => ({ facts, bound, id: `${facts.number}${String(index * 3).padStart(3, '0')}` })));
  return `<?xml version="1.0" encoding="UTF-8"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:linux-def="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux">
<generator><oval:timestamp>2025-02-24T13:05:27Z</oval:timestamp></generator>
<definitions>${numbered.map(definition).join('\n')}</definitions>
<tests>${parts.map(({ facts: { check = 'at least one', test = 'rpminfo_test', extraReference = '' }, id }) => `<linux-def:${test} check="${check}" id="${prefix}:tst:${id}">
<linux-def:object object_ref="${prefix}:obj:${id}"/><linux-def:state state_ref="${prefix}:ste:${id}"/>${extraReference}</linux-def:${test}>`).join('\n')}</tests>
<objects>${parts.map(({ facts, id }) => `<linux-def:rpminfo_object id="${prefix}:obj:${id}"><linux-def:name>${facts.source}</linux-def:name></linux-def:rpminfo_object>`).join('\n')}</objects>
<states>${parts.map(({ facts: { datatype = 'evr_string', extraState = '' }, bound: [operation, evr], id }) => `<linux-def:rpminfo_state id="${prefix}:ste:${id}">
<linux-def:evr datatype="${datatype}"${operation === '' ? '' : ` operation="${operation}"`}>${evr}</linux-def:evr>${extraState}</linux-def:rpminfo_state>`).join('\n')}</states>
</oval_definitions>`;
}

function definition({ number, cve, source, bounds, severity = 'High', patchable = 'true', date = '2025-02-19T00:00:00Z', criteria = '<criteria operator="AND">', testReference }: OvalFacts & { readonly number: number }): string {
  const tests = bounds.map((_bound, index) => testReference ?? `${prefix}:tst:${number}${String(index * 3).padStart(3, '0')}`);
  return `<definition class="vulnerability" id="${prefix}:def:${number}" version="1">
<metadata><title>${cve} in ${source}</title><affected family="unix"><platform>Azure Linux</platform></affected>
<reference ref_id="${cve}" ref_url="https://example.org/${cve}" source="CVE"/><patchable>${patchable}</patchable>
<advisory_date>${date}</advisory_date><severity>${severity}</severity><description>About ${cve} &amp; ${source}.</description></metadata>
${criteria}${tests.map((test) => `<criterion comment="" test_ref="${test}"/>`).join('')}</criteria></definition>`;
}
