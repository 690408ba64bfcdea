import { Checkbox, Field, Input, Radio, RadioGroup, Textarea } from '@fluentui/react-components';
import { useMessages } from '../../preferences.tsx';
import { type DraftFieldsProps, faultProps } from './draft-field.ts';

const ways = ['file', 'cluster', 'pasted'] as const;

/** A file first; a pasted kubeconfig only after somebody has said that it may be stored. */
export function KubernetesFields(props: DraftFieldsProps) {
  const { draft, faults, change } = props;
  const { connect } = useMessages();
  return (
    <>
      <Field label={connect.access}>
        <RadioGroup value={draft.access} onChange={(_, { value }) => change({ access: ways.find((way) => way === value) ?? 'file' })}>
          {ways.map((way) => <Radio key={way} value={way} label={connect.accessOf[way]} />)}
        </RadioGroup>
      </Field>
      {draft.access === 'file' && (
        <Field label={connect.path} required hint={connect.pathHint} {...faultProps(faults, 'path', connect.pathNeeded)}>
          <Input value={draft.path} onChange={(_, { value }) => change({ path: value })} />
        </Field>
      )}
      {draft.access === 'cluster' && <p className="sub">{connect.clusterText}</p>}
      {draft.access === 'pasted' && <Pasted {...props} />}
      {draft.access !== 'cluster' && (
        <>
          <Field label={connect.context} hint={connect.contextHint}><Input value={draft.context} onChange={(_, { value }) => change({ context: value })} /></Field>
          <p className="sub s12">{connect.execText}</p>
        </>
      )}
      <div className="fields wide">
        <Field label={connect.poolLabel} hint={connect.poolLabelHint} {...faultProps(faults, 'poolLabel', connect.poolLabelBad)}><Input value={draft.poolLabel} onChange={(_, { value }) => change({ poolLabel: value })} /></Field>
        <Field label={connect.sourceNames} hint={connect.sourceNamesHint}><Input value={draft.sourceNames} onChange={(_, { value }) => change({ sourceNames: value })} /></Field>
      </div>
    </>
  );
}

function Pasted({ draft, faults, change }: DraftFieldsProps) {
  const { connect, unit } = useMessages();
  return (
    <>
      <div>
        <Checkbox checked={draft.store} label={connect.storeIt} onChange={(_, { checked }) => change(checked === true ? { store: true } : { store: false, kubeconfig: '' })} />
        <p className="sub s12">{connect.storeText}{unit.gap}{connect.storeNot.kubernetes}</p>
      </div>
      {draft.store ? (
        <Field label={connect.pasted} required={!draft.kept} {...(draft.kept ? { hint: connect.keptKubeconfig } : {})} {...faultProps(faults, 'kubeconfig', connect.pastedNeeded)}>
          <Textarea value={draft.kubeconfig} rows={8} spellCheck={false} autoComplete="off" resize="vertical" onChange={(_, { value }) => change({ kubeconfig: value })} />
        </Field>
      ) : (
        faults.some(({ field }) => field === 'kubeconfig') && <span role="alert" className="bad s12">{connect.pastedNeeded}</span>
      )}
    </>
  );
}
